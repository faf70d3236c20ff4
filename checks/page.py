"""An answer of the app, as a check reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup

from checks.expect import CheckFailed, shorten


@dataclass(repr=False)
class Page:
    """One HTTP answer; `url` and `location` are paths within the app."""

    url: str
    status: int
    headers: dict[str, str]
    content: bytes
    encoding: str
    seconds: float
    history: list[Page] = field(default_factory=list)

    @cached_property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(self.encoding, "replace")

    @property
    def location(self) -> str:
        """Where a redirect points to, "" when it is none."""
        return self.headers.get("location", "")

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The body as parsed HTML."""
        return BeautifulSoup(self.text, "html.parser")

    @property
    def words(self) -> str:
        """What a reader sees: the text without tags, its white space collapsed."""
        return " ".join(self.soup.get_text(" ").split())

    def json(self) -> Any:
        """Return the body read as JSON; an answer that is none fails the check."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise CheckFailed(f"JSON from {self.url}", shorten(str(self))) from None

    def __str__(self) -> str:
        body = self.words if "html" in self.headers.get("content-type", "") else self.text
        target = f" to {self.location}" if self.location else ""
        return f"{self.status}{target} from {self.url}: {body}"

    def __repr__(self) -> str:
        return f"<{shorten(str(self), 120)}>"
