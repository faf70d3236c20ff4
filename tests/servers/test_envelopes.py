"""The endpoint for Sentry's SDK, asked by the real SDK in a process of its own."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Mapping

import pytest
import requests
from sentry_app import visit

from workbook.servers import envelopes
from workbook.servers.web import LARGEST_BODY


def url_of(inbox: envelopes.Inbox) -> str:
    return f"{inbox.url}/api/{envelopes.PROJECT}/envelope/"


def envelope(*items: tuple[Mapping[str, object], bytes]) -> bytes:
    lines = [b'{"event_id": "e1"}']
    for header, payload in items:
        lines += [json.dumps(header).encode(), payload]
    return b"\n".join(lines)


def post(inbox: envelopes.Inbox, body: bytes, **headers: str) -> requests.Response:
    key = {"X-Sentry-Auth": f"Sentry sentry_key={envelopes.PUBLIC_KEY}, sentry_version=7"}
    return requests.post(url_of(inbox), data=body, headers=key | headers, timeout=5)


def test_an_uncaught_error_arrives_with_its_request() -> None:
    with envelopes.running() as inbox:
        visit(inbox.dsn, "/crash")
        [event] = inbox.wait_for(1)
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("KeyError", "'pen'")
    assert error["mechanism"]["handled"] is False
    assert event["request"]["url"].endswith("/crash")
    assert event["transaction"] == "crash"


def test_a_handled_error_and_a_message_arrive() -> None:
    with envelopes.running() as inbox:
        visit(inbox.dsn, "/handled", "/message")
        handled, message = inbox.wait_for(2)
    assert handled["exception"]["values"][-1]["type"] == "FileNotFoundError"
    assert handled["exception"]["values"][-1]["mechanism"]["handled"] is True
    assert (message["message"], message["level"]) == ("No categories", "warning")


def test_what_is_no_event_is_told_by_its_kind_only() -> None:
    with envelopes.running() as inbox:
        visit(inbox.dsn, "/message", traces=1)
        assert len(inbox.wait_for(1)) == 1
        assert {"event", "transaction"} <= set(inbox.kinds)
        inbox.clear()
        assert (inbox.events, inbox.kinds) == ([], [])


def test_an_app_without_a_failure_sends_nothing() -> None:
    with envelopes.running() as inbox:
        visit(inbox.dsn, "/nothing-here")
        started = time.monotonic()
        assert inbox.wait_for(1, seconds=0.2) == []
        assert time.monotonic() - started < 1


@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
def test_every_compression_of_the_protocol_is_understood(encoding: str) -> None:
    body = envelope(({"type": "event"}, b'{"message": "hello"}'))
    packed = {"identity": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}
    with envelopes.running() as inbox:
        answer = post(inbox, packed[encoding], **{"Content-Encoding": encoding})
        assert (answer.status_code, answer.json()) == (200, {"id": "e1"})
        assert inbox.events == [{"message": "hello"}]


def test_items_with_a_length_may_hold_line_ends() -> None:
    event = b'{"message":\n"hello"}'
    items = (
        ({"type": "attachment", "length": 4}, b"\n{\n\n"),
        ({"type": "event", "length": len(event)}, event),
        ({"type": "session"}, b"{}"),
    )
    with envelopes.running() as inbox:
        assert post(inbox, envelope(*items)).ok
        assert inbox.kinds == ["attachment", "event", "session"]
        assert inbox.events == [{"message": "hello"}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b'{}\n{"type":"event","length":99}\n{}',
        b'{}\n{"type":"event","length":-1}\n{}',
        b'{}\n{"type":"event"}\n[]',
        b'{}\n{"type":"event"}\n\xff',
    ],
)
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    with envelopes.running() as inbox:
        assert post(inbox, body).status_code == 400
        assert inbox.events == []


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_what_cannot_be_unpacked_is_refused(encoding: str) -> None:
    with envelopes.running() as inbox:
        assert post(inbox, b"{}", **{"Content-Encoding": encoding}).status_code == 400


def test_a_compressed_bomb_is_refused() -> None:
    bomb = gzip.compress(b"{}\n" + b" " * LARGEST_BODY)
    with envelopes.running() as inbox:
        assert post(inbox, bomb, **{"Content-Encoding": "gzip"}).status_code == 400


def test_a_body_that_is_too_large_is_refused_unread() -> None:
    with envelopes.running() as inbox:
        answer = post(inbox, b"", **{"Content-Length": str(LARGEST_BODY + 1)})
        assert answer.status_code == 413


def test_a_wrong_key_is_refused() -> None:
    body = envelope(({"type": "event"}, b"{}"))
    with envelopes.running() as inbox:
        assert requests.post(url_of(inbox), data=body, timeout=5).status_code == 403
        assert post(inbox, body, **{"X-Sentry-Auth": "Sentry sentry_key=abc"}).status_code == 403
        assert inbox.events == []


def test_the_key_may_stand_in_the_query_or_in_the_envelope() -> None:
    item = b'\n{"type":"event"}\n{}'
    with envelopes.running() as inbox:
        url = f"{url_of(inbox)}?sentry_key={envelopes.PUBLIC_KEY}"
        assert requests.post(url, data=b"{}" + item, timeout=5).ok
        header = json.dumps({"dsn": inbox.dsn}).encode()
        assert requests.post(url_of(inbox), data=header + item, timeout=5).ok
        assert len(inbox.events) == 2


@pytest.mark.parametrize("path", ["/", "/api/2/envelope/", "/api/1/store/"])
def test_another_project_or_endpoint_is_not_found(path: str) -> None:
    with envelopes.running() as inbox:
        assert requests.post(inbox.url + path, data=b"{}", timeout=5).status_code == 404
