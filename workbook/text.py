"""Clean and cut text that comes from a submission, before anything shows or keeps it."""

from __future__ import annotations

import unicodedata
from typing import Any

LONGEST = 600


def clean(thing: Any, longest: int = LONGEST) -> str:
    r"""Return foreign text without control characters, cut in its middle to `longest`.

    Escape sequences, bidirectional marks, lone surrogates and all else that a terminal could
    obey or hide become visible, as in a Python string: "\x1b[2J". Line breaks and tabs stay.
    """
    text = (thing if isinstance(thing, str) else _text(thing)).strip()
    if len(text) <= longest:
        text = _visible(text)
    if len(text) <= longest:
        return text
    half = longest // 2 - 3
    # Cleaning makes text longer: clean only what may be seen, then cut again.
    return f"{_visible(text[:half])[:half]} ... {_visible(text[-half:])[-half:]}"


def _text(thing: Any) -> str:
    try:
        return str(thing)
    except Exception as error:  # a huge integer, an object whose str() fails
        return f"<{type(thing).__name__} without a text: {type(error).__name__}>"


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
