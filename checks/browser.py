"""Send requests to the app as a browser does: with a hard deadline, a maximum size, cookies."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from checks.expect import CheckFailed
from checks.page import Page
from checks.verdict import SubmissionError
from workbook.text import clean

LARGEST_RESPONSE = 5 << 20
MOST_REDIRECTS = 10
REDIRECTS = (301, 302, 303, 307, 308)
# What a usual browser sends: an app must not be able to tell the grader from a visitor.
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "Upgrade-Insecure-Requests": "1",
}
# Those that ask for nothing which the plainest client would have to undo.
PLAIN = ("User-Agent", "Accept", "Accept-Language")


class NoResponse(Exception):
    """The connection broke, or what came over it was not HTTP."""


@contextmanager
def deadline(seconds: float, sentence: str) -> Iterator[None]:
    """Raise a timeout in the block when it takes longer, wherever it hangs.

    Only the main thread can be interrupted; in another one the timeouts of the sockets count.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

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
        self._session.headers = CaseInsensitiveDict(HEADERS)

    def send(self, base: str, method: str, path: str, **options: Any) -> Page:
        """Send one request and return the response without following it."""
        url = absolute(base, "/", path)
        if url is None:
            raise CheckFailed("a URL of the app itself", path)
        late = f"{method} {path} had no response within {self.seconds:g} seconds."
        start = time.perf_counter()
        with deadline(self.seconds, late):
            try:
                response = self._session.request(
                    method, url, allow_redirects=False, stream=True,
                    timeout=self.seconds + 1, **options,
                )  # fmt: skip
                with response:
                    content = _body(response, f"{method} {path}")
            except (requests.RequestException, ValueError, OSError, HTTPError) as error:
                raise NoResponse(_reason(error)) from None
        return _page(base, response, content, time.perf_counter() - start)

    def follow(self, base: str, page: Page) -> Page:
        """Follow redirects as long as they stay within the app."""
        for _ in range(MOST_REDIRECTS):
            url = absolute(base, page.url, page.location)
            if page.status not in REDIRECTS or not page.location or url is None:
                return page
            after = self.send(base, "GET", url)
            after.history = [*page.history, page]
            page = after
        raise CheckFailed(
            "a redirect that arrives somewhere", f"{MOST_REDIRECTS} redirects in a row"
        )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def absolute(base: str, page: str, target: str) -> str | None:
    """Return where a link on a page leads to; None when that is not within the app."""
    try:
        url = urljoin(urljoin(base, page), target)
    except ValueError:  # it is no URL
        return None
    return url if url.startswith(base) else None


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
                lines = [f"{name}: {value}" for name, value in HEADERS.items() if name in PLAIN]
                head = [f"GET {path} HTTP/1.0", f"Host: {host}:{port}", *lines, "", ""]
                connection.sendall("\r\n".join(head).encode())
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


def _body(response: requests.Response, what: str) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(1 << 16):
        content += chunk
        if len(content) > LARGEST_RESPONSE:
            raise SubmissionError("error", f"The response to {what} is larger than 5 MB.")
    return bytes(content)


def _page(base: str, response: requests.Response, content: bytes, seconds: float) -> Page:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if headers.get("location", "").startswith(base):
        headers["location"] = "/" + headers["location"].removeprefix(base).lstrip("/")
    parts = urlsplit(response.url)
    url = parts.path + (f"?{parts.query}" if parts.query else "")
    return Page(url, response.status_code, headers, content, response.encoding or "utf-8", seconds)


def _reason(error: Exception) -> str:
    """Find the innermost reason: requests wraps twice."""
    inner: Any = error
    while inner.args and isinstance(inner.args[-1], Exception):
        inner = inner.args[-1]
    return clean(str(inner) or type(inner).__name__, 200)
