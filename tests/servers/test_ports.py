"""Free, answering, refusing and silent ports."""

from __future__ import annotations

import socket
import time

import pytest

from workbook.errors import WorkbookError
from workbook.servers import ports


def test_a_free_port_can_be_bound() -> None:
    with socket.create_server((ports.HOST, ports.free_port())):
        pass


def test_an_open_socket_keeps_its_port() -> None:
    with ports.listening_socket() as listener, pytest.raises(OSError, match="in use"):
        socket.create_server((ports.HOST, ports.port_of(listener)))


def test_waiting_ends_when_the_port_answers() -> None:
    with ports.listening_socket() as listener:
        ports.wait_for_port(ports.port_of(listener), name="The server", seconds=1)


def test_waiting_in_vain_says_who_did_not_answer_where() -> None:
    started = time.monotonic()
    with (
        ports.refused_port() as port,
        pytest.raises(WorkbookError, match=rf"^The cache did not answer on 127.0.0.1:{port} "),
    ):
        ports.wait_for_port(port, name="The cache", seconds=0.2)
    assert time.monotonic() - started < 20


def test_waiting_ends_when_the_server_is_gone() -> None:
    started = time.monotonic()
    with ports.refused_port() as port, pytest.raises(WorkbookError, match="stopped before"):
        ports.wait_for_port(port, name="The cache", seconds=30, alive=lambda: False)
    assert time.monotonic() - started < 20


def test_a_refused_port_refuses_and_nobody_else_gets_it() -> None:
    with ports.refused_port() as port:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((ports.HOST, port), timeout=1)
        with pytest.raises(OSError, match="in use"):
            socket.create_server((ports.HOST, port))


def test_a_silent_port_accepts_and_says_nothing() -> None:
    with (
        ports.silent_port() as port,
        socket.create_connection((ports.HOST, port), timeout=0.2) as client,
    ):
        client.sendall(b"hello\n")
        with pytest.raises(TimeoutError):
            client.recv(1)
