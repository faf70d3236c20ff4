"""A response of the app, as a check reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup

from checks.expect import CheckFailed
from checks.verdict import SubmissionError
from workbook.text import clean

# More of a page is not parsed for a message about it.
SHOWN = 100_000


@dataclass(repr=False)
class Page:
    """One HTTP response; `url` and `location` are paths within the app.

    page = site.get("/en/products")
    expect(page.status == 200, wanted="status 200", seen=page)
    """

    url: str
    status: int
    headers: dict[str, str]
    content: bytes
    encoding: str
    seconds: float
    history: list[Page] = field(default_factory=list)

    @cached_property
    def text(self) -> str:
        """The body as text; in UTF-8 when the app names an encoding that is none.

        expect("Teapot" in page.text, wanted="the name of the product", seen=page)
        """
        return _decoded(self.content, self.encoding)

    @property
    def location(self) -> str:
        """Where a redirect points to, "" when it is none.

        expect(page.location == "/en/home", wanted="a redirect to /en/home", seen=page)
        """
        return self.headers.get("location", "")

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The body as parsed HTML.

        prices = [cell.text for cell in page.soup.select("td.price")]
        """
        return _parsed(self.text, self.url)

    @property
    def words(self) -> str:
        """What a reader sees: the text without tags, its white space collapsed.

        expect("2 products" in page.words, wanted="the number of products", seen=page)
        """
        return " ".join(self.soup.get_text(" ").split())

    def json(self) -> Any:
        """Return the body read as JSON; a body that is none fails the check.

        expect(page.json() == {"price": 3}, wanted="the price as JSON", seen=page)
        """
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            raise CheckFailed(f"JSON from {self.url}", self) from None

    def __str__(self) -> str:
        body = _decoded(self.content[:SHOWN], self.encoding)
        if "html" in self.headers.get("content-type", ""):
            body = " ".join(_parsed(body, self.url).get_text(" ").split())
        target = f" to {self.location}" if self.location else ""
        return f"{self.status}{target} from {self.url}: {body}"

    def __repr__(self) -> str:
        return f"<{clean(str(self), 120)}>"


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding, "replace")
    except Exception:  # an encoding may be unknown, no text encoding, or fail in its own ways
        return content.decode("utf-8", "replace")


def _parsed(text: str, url: str) -> BeautifulSoup:
    try:
        return BeautifulSoup(text, "html.parser")
    except Exception as error:  # whatever the parser makes of HTML that is none
        told = f"The page {url} is no HTML that can be parsed: {clean(error, 200)}."
        raise SubmissionError("error", told) from None
