"""A small HTTP server in a thread, on a free loopback port: the ground of the stand-ins."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from workbook.servers.ports import HOST

LARGEST_BODY = 10_000_000
CLIENT_PATIENCE = 10.0


@dataclass(frozen=True)
class Request:
    """What a client asked: method, path without its query, query, headers, body."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the client gets."""

    status: int
    body: bytes
    content_type: str = "application/json"


Answerer = Callable[[Request], Answer | None]  # None: hang up without a word


def json_answer(status: int, content: Any) -> Answer:
    """Make an answer of JSON."""
    return Answer(status, json.dumps(content).encode())


@contextmanager
def serving(answerer: Answerer) -> Iterator[str]:
    """Serve requests by `answerer`, each in a thread, and give the URL without a last slash."""
    handler = type("Handler", (_Handler,), {"answerer": staticmethod(answerer)})
    server = _Server((HOST, 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client that holds its connection must not hold the end of the block.
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is the client's business."""


class _Handler(BaseHTTPRequestHandler):
    answerer: Answerer
    timeout = CLIENT_PATIENCE

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the output belongs to the snippet."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self._send(json_answer(413, {"detail": "The body is too large or has no length."}))
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(length))
        answer = self.answerer(Request(self.command, path, query, self.headers, body))
        if answer is None:
            self._hang_up()
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _hang_up(self) -> None:
        # Lingering for no time makes the end of the connection a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
