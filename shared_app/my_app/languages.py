"""The language of a page is the first part of its address: /fr/products."""

from babel import negotiate_locale
from flask import Flask, has_request_context, request
from flask_babel import get_locale

from my_app.extensions import babel

LANGUAGES = {"en": "English", "zh": "中文", "fr": "Français"}


def init_app(app: Flask) -> None:
    """Translate the app and give its templates what a language switch needs."""
    babel.init_app(app, locale_selector=select_locale)
    app.jinja_env.globals.update(
        LANGUAGES=LANGUAGES, get_locale=get_locale, in_language=in_language
    )


def select_locale() -> str | None:
    """Take the language of the address, else the one that the browser likes best."""
    if not has_request_context():
        return None
    wanted = request.accept_languages.values()
    return address_language() or negotiate_locale(wanted, LANGUAGES, sep="-")


def address_language() -> str | None:
    """Give the language in the address of this request, if there is one."""
    first = request.path.split("/")[1]
    return first if first in LANGUAGES else None


def in_language(language: str) -> str:
    """Give the address of the current page in another language."""
    current = address_language()
    if current is None:
        return f"/{language}/"
    rest = request.full_path.removeprefix(f"/{current}").removesuffix("?")
    return f"/{language}{rest}"
