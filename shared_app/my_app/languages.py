"""The language of a page is the first part of its URL: /fr/products."""

from babel import negotiate_locale
from flask import Flask, has_request_context, request
from flask_babel import get_locale

from my_app.extensions import babel

LANGUAGES = {"en": "English", "zh": "中文", "fr": "Français"}


def init_app(app: Flask) -> None:
    """Set up translation, and the template globals for the language switch."""
    babel.init_app(app, locale_selector=select_locale)
    app.jinja_env.globals.update(
        LANGUAGES=LANGUAGES, get_locale=get_locale, in_language=in_language
    )


def select_locale() -> str | None:
    """Return the language in the URL, or else the best match for the browser."""
    if not has_request_context():
        return None
    wanted = request.accept_languages.values()
    return url_language() or negotiate_locale(wanted, LANGUAGES, sep="-")


def url_language() -> str | None:
    """Return the language in the URL of this request, if there is one."""
    first = request.path.split("/")[1]
    return first if first in LANGUAGES else None


def in_language(language: str) -> str:
    """Return the URL of the current page in another language."""
    current = url_language()
    if current is None:
        return f"/{language}/"
    rest = request.full_path.removeprefix(f"/{current}").removesuffix("?")
    return f"/{language}{rest}"
