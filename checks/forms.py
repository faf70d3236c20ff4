"""Fill the forms of a page as a visitor does, and say what a browser would send then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mechanicalsoup  # type: ignore[import-untyped]
from bs4 import Tag

from checks.expect import CheckFailed
from checks.page import Page

FORM_FIELDS = "input[name],select[name],textarea[name]"
MOST_TOLD = 12


@dataclass(frozen=True)
class Filled:
    """What a browser would send: the method, the URL as the form gives it, and the fields."""

    method: str
    url: str
    options: dict[str, Any]


def filled_form(page: Page, fields: Mapping[str, Any]) -> Filled:
    """Fill the form of the page that has all the fields."""
    tag = _form_with(page, fields)
    files = {name: value for name, value in fields.items() if isinstance(value, tuple)}
    try:
        for name, value in fields.items():
            if name not in files:
                _fill(tag, name, value)
        options = mechanicalsoup.Browser.get_request_kwargs(tag, page.url)
        for name, (file_name, content) in files.items():
            options.setdefault("files", {})[name] = (file_name, content)
    except CheckFailed:
        raise
    except Exception as error:  # whatever MechanicalSoup makes of a form that is none
        raise CheckFailed(f"a form on {page.url} that a browser can send", f"{error}") from None
    method = "POST" if str(options.pop("method")).upper() == "POST" else "GET"
    return Filled(method, str(options.pop("url")), options)


def _form_with(page: Page, fields: Mapping[str, Any]) -> Tag:
    """Choose the form that has all the fields."""
    named = [(form, _names(form)) for form in page.soup.find_all("form")]
    for form, names in named:
        if names >= set(fields):
            return form
    seen = "; ".join(", ".join(sorted(names)[:MOST_TOLD]) for _, names in named[:MOST_TOLD])
    raise CheckFailed(
        f"a form with the fields {', '.join(fields)} on {page.url}",
        f"forms with: {seen}" if named else page,
    )


def _names(form: Tag) -> set[str]:
    return {str(tag["name"]) for tag in form.select(FORM_FIELDS)}


def _fill(tag: Tag, name: str, value: Any) -> None:
    form = mechanicalsoup.Form(tag)
    field = tag.find(True, {"name": name})
    select = tag.find("select", {"name": name})
    if isinstance(select, Tag):
        value = _option(select, name, str(value))
    elif isinstance(field, Tag) and field.get("type") == "file":
        raise CheckFailed(f"a field {name} for text", field)
    elif isinstance(value, bool):
        if isinstance(field, Tag) and field.get("type") != "checkbox":
            raise CheckFailed(f"a check box {name}", field)
    else:
        value = str(value)
    try:
        form.set(name, value)
    except mechanicalsoup.LinkNotFoundError as error:
        raise CheckFailed(f"a field {name} that can be filled", str(error)) from None


def _option(select: Tag, name: str, wish: str) -> str:
    """Find the option by its value or by the text that a reader sees."""
    options = {str(o.get("value", o.text)): o.text.strip() for o in select.find_all("option")}
    for value, text in options.items():
        if wish in (value, text):
            return value
    told = ", ".join([*options.values()][:MOST_TOLD]) or "none"
    raise CheckFailed(f"an option {wish!r} in the field {name}", told)
