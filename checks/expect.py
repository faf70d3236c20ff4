"""The one assertion of a check: it says what was wanted and what was seen."""

from __future__ import annotations

from typing import Any

LONGEST = 600


class CheckFailed(AssertionError):
    """A wish of the check that the submission does not fulfil."""

    def __init__(self, wanted: str, seen: str = "", message: str = "") -> None:
        super().__init__(message or f"wanted: {wanted}; seen: {seen or 'nothing'}")
        self.wanted = wanted
        self.seen = seen
        self.message = message


def expect(condition: object, wanted: str, seen: Any = "", message: str = "") -> None:
    """Raise CheckFailed when the condition does not hold; `seen` is shortened for display."""
    __tracebackhide__ = True
    if not condition:
        raise CheckFailed(wanted, shorten(seen), message)


def shorten(thing: Any, longest: int = LONGEST) -> str:
    """Return a text for display: the whole, or its beginning and its end."""
    text = thing if isinstance(thing, str) else str(thing)
    text = "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text.strip())
    if len(text) <= longest:
        return text
    half = longest // 2 - 3
    return f"{text[:half]} ... {text[-half:]}"
