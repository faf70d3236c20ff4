"""Ask the app by HTTP: with a hard deadline, a largest answer, cookies and real forms."""

from __future__ import annotations

import codecs
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any
from urllib.parse import urljoin, urlsplit

import mechanicalsoup  # type: ignore[import-untyped]
import requests
from bs4 import Tag

from checks.expect import CheckFailed, shorten
from checks.page import Page
from checks.verdict import SubmissionError

LARGEST_ANSWER = 5 << 20
MOST_REDIRECTS = 10
REDIRECTS = (301, 302, 303, 307, 308)
FORM_FIELDS = "input[name],select[name],textarea[name]"


class NoResponse(Exception):
    """The connection broke, or what came over it was not HTTP."""


@contextmanager
def deadline(seconds: float, sentence: str) -> Iterator[None]:
    """Raise a timeout in the block when it takes longer, wherever it hangs."""

    def over(number: int, frame: FrameType | None) -> None:
        raise SubmissionError("timeout", sentence)

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Browser:
    """Cookies and requests; `seconds` is the most that one request may take."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept"] = "text/html,application/xhtml+xml,*/*;q=0.8"

    def send(self, base: str, method: str, path: str, **options: Any) -> Page:
        """Send one request and return the answer without following it."""
        late = f"{method} {path} was not answered within {self.seconds:g} seconds."
        start = time.perf_counter()
        with deadline(self.seconds, late):
            try:
                response = self._session.request(
                    method, urljoin(base, path), allow_redirects=False, stream=True,
                    timeout=self.seconds + 1, **options,
                )  # fmt: skip
                with response:
                    content = _body(response, f"{method} {path}")
            except (requests.RequestException, ValueError) as error:
                raise NoResponse(_reason(error)) from None
        return _page(base, response, content, time.perf_counter() - start)

    def follow(self, base: str, page: Page) -> Page:
        """Follow redirects as long as they stay within the app."""
        for _ in range(MOST_REDIRECTS):
            outside = not page.location.startswith("/")
            if page.status not in REDIRECTS or outside:
                return page
            after = self.send(base, "GET", urljoin(page.url, page.location))
            after.history = [*page.history, page]
            page = after
        raise CheckFailed(
            "a redirect that arrives somewhere", f"{MOST_REDIRECTS} redirects in a row"
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()


def statuses(base: str, paths: Sequence[str], seconds: float) -> list[int]:
    """Send GET requests at the same moment, each on its own connection; return their statuses."""
    host, port = urlsplit(base).hostname, urlsplit(base).port
    late = f"{len(paths)} requests sent together had no response within {seconds:g} seconds."
    with deadline(seconds, late), ExitStack() as opened:
        try:
            connections = [
                opened.enter_context(socket.create_connection((host, port), seconds)) for _ in paths
            ]
            for connection, path in zip(connections, paths, strict=True):
                connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
            return [_status(connection) for connection in connections]
        except OSError as error:
            raise NoResponse(_reason(error)) from None


def _status(connection: socket.socket) -> int:
    with connection.makefile("rb") as stream:
        line = stream.readline(200).split()
        # The rest is read as well: a server may not write to a closed connection.
        while stream.read(1 << 16):
            continue
    if len(line) < 2 or not line[1].isdigit():
        raise NoResponse("what came over the connection was not HTTP")
    return int(line[1])


def filled_form(page: Page, fields: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Fill the page's form; return the method, the address and what a browser would send."""
    tag = _form_with(page, fields)
    files = {name: value for name, value in fields.items() if isinstance(value, tuple)}
    for name, value in fields.items():
        if name not in files:
            _fill(tag, name, value)
    options = mechanicalsoup.Browser.get_request_kwargs(tag, page.url)
    for name, (file_name, content) in files.items():
        options["files"][name] = (file_name, content)
    return options.pop("method").upper(), options.pop("url"), options


def _form_with(page: Page, fields: Mapping[str, Any]) -> Tag:
    """Choose the form that has all the fields."""
    named = [(form, _names(form)) for form in page.soup.find_all("form")]
    for form, names in named:
        if names >= set(fields):
            return form
    seen = "; ".join(", ".join(sorted(names)) for _, names in named)
    raise CheckFailed(
        f"a form with the fields {', '.join(fields)} on {page.url}",
        f"forms with: {seen}" if named else shorten(str(page), 300),
    )


def _names(form: Tag) -> set[str]:
    return {str(tag["name"]) for tag in form.select(FORM_FIELDS)}


def _fill(tag: Tag, name: str, value: Any) -> None:
    form = mechanicalsoup.Form(tag)
    select = tag.find("select", {"name": name})
    if isinstance(select, Tag):
        value = _option(select, name, str(value))
    elif isinstance(value, bool):
        field = tag.find(True, {"name": name})
        if isinstance(field, Tag) and field.get("type") != "checkbox":
            raise CheckFailed(f"a check box {name}", str(field))
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
    raise CheckFailed(
        f"an option {wish!r} in the field {name}", ", ".join(options.values()) or "none"
    )


def _body(response: requests.Response, what: str) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(1 << 16):
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise SubmissionError("error", f"{what} answered with more than 5 MB.")
    return bytes(content)


def _page(base: str, response: requests.Response, content: bytes, seconds: float) -> Page:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if headers.get("location", "").startswith(base):
        headers["location"] = "/" + headers["location"].removeprefix(base).lstrip("/")
    parts = urlsplit(response.url)
    url = parts.path + (f"?{parts.query}" if parts.query else "")
    return Page(url, response.status_code, headers, content, _encoding(response), seconds)


def _encoding(response: requests.Response) -> str:
    try:
        return codecs.lookup(response.encoding or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"


def _reason(error: Exception) -> str:
    """Find the innermost reason: requests wraps twice."""
    inner: Any = error
    while inner.args and isinstance(inner.args[-1], Exception):
        inner = inner.args[-1]
    return shorten(str(inner) or type(inner).__name__, 200)
