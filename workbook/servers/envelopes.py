"""An endpoint that takes what a Sentry SDK sends, for checks.

It is a stand-in: it speaks the ingestion half of Sentry's protocol for one project (envelopes,
their compression, the public key) and keeps the events as the SDK sent them. It has no database,
does not group events into issues, and has no page to look at. Bugsink (see bugsink.py) does.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from platform import python_version
from typing import Any
from urllib.parse import parse_qs

from workbook.servers.arrivals import Arrivals
from workbook.servers.service import Life, Origin
from workbook.servers.web import LARGEST_BODY, Answer, Request, json_answer, serving

NAME = "envelopes"
FIXTURE = "sentry_inbox"
LIFE: Life = "check function"

PROJECT = "1"
PUBLIC_KEY = "0123456789abcdef0123456789abcdef"

Event = dict[str, Any]


class Inbox:
    """A running endpoint: its DSN and the events that reached it."""

    def __init__(self) -> None:
        self.url = ""
        self._events: Arrivals[Event] = Arrivals()
        self._kinds: Arrivals[str] = Arrivals()

    @property
    def dsn(self) -> str:
        """The DSN to give to the SDK."""
        return self.url.replace("://", f"://{PUBLIC_KEY}@") + f"/{PROJECT}"

    @property
    def events(self) -> list[Event]:
        """The events that have arrived: errors and messages, in order, as the SDK wrote them."""
        return self._events.all()

    @property
    def kinds(self) -> list[str]:
        """The types of all envelope items that have arrived: event, transaction, session ..."""
        return self._kinds.all()

    def wait_for(self, count: int, seconds: float = 5.0) -> list[Event]:
        """Return the events as soon as there are `count`; fewer when the time is over."""
        return self._events.wait_for(count, seconds)

    def reset(self) -> None:
        """Forget what has arrived."""
        self.clear()

    def clear(self) -> None:
        """Forget what has arrived."""
        self._events.clear()
        self._kinds.clear()

    def answer(self, request: Request) -> Answer:
        """Take one request of the SDK."""
        if (request.method, request.path) != ("POST", f"/api/{PROJECT}/envelope/"):
            return json_answer(404, {"detail": f"No such endpoint: {request.path}"})
        try:
            header, items = parse_envelope(_decoded(request))
        except (ValueError, zlib.error) as error:
            return json_answer(400, {"detail": f"This is not an envelope: {error}"})
        if PUBLIC_KEY not in _keys(request, header):
            return json_answer(403, {"detail": "Bad sentry key"})
        for kind, payload in items:
            self._kinds.add(kind)
            if kind == "event":
                self._events.add(payload)
        return json_answer(200, {"id": header.get("event_id")})


def origin() -> Origin:
    """Return Python: its library is all that this stand-in needs."""
    return Origin("workbook", "Python", python_version())


def missing() -> str:
    """Return "": nothing can be missing."""
    return ""


def install() -> None:
    """Do nothing: it is all here."""


@contextmanager
def running() -> Iterator[Inbox]:
    """Run the endpoint on a free loopback port."""
    inbox = Inbox()
    with serving(inbox.answer) as url:
        inbox.url = url
        yield inbox


def parse_envelope(body: bytes) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Split an envelope into its header and its items: (type, JSON value, or bytes if not JSON)."""
    first, _, rest = body.partition(b"\n")
    header = _mapping(first)
    items: list[tuple[str, Any]] = []
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        about = _mapping(line)
        payload, rest = _payload(rest, about.get("length"))
        kind = str(about.get("type"))
        items.append((kind, _mapping(payload) if kind == "event" else payload))
    return header, items


def _payload(rest: bytes, length: Any) -> tuple[bytes, bytes]:
    if not isinstance(length, int):  # without a length the payload ends with its line
        payload, _, rest = rest.partition(b"\n")
        return payload, rest
    if not 0 <= length <= len(rest):
        raise ValueError(f"an item says {length} bytes and {len(rest)} follow")
    return rest[:length], rest[length:].removeprefix(b"\n")


def _mapping(text: bytes) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"an object was expected: {text[:40]!r}")
    return value


def _decoded(request: Request) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding == "identity":
        return request.body
    if encoding not in ("gzip", "deflate"):
        raise ValueError(f"its encoding {encoding!r} is not understood here")
    # 32 lets zlib see by itself whether gzip or zlib; the limit keeps a small bomb small.
    body = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS).decompress(request.body, LARGEST_BODY)
    if len(body) >= LARGEST_BODY:
        raise ValueError("it is too large")
    return body


def _keys(request: Request, header: dict[str, Any]) -> set[str]:
    """Collect the public key from the three places where the protocol allows it."""
    auth = request.headers.get("X-Sentry-Auth", "")
    found = re.findall(r"sentry_key=(\w+)", auth) + parse_qs(request.query).get("sentry_key", [])
    found += re.findall(r"//(\w+)@", str(header.get("dsn", "")))
    return set(found)
