"""The stand-in for a "timezone by IP" service, asked by a real client."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import pytest
import requests

from workbook.servers import timezones
from workbook.servers.timezones import Mode, TimezoneService


def ask(service: TimezoneService, ip: str, timeout: float = 5.0) -> requests.Response:
    return requests.get(f"{service.url}/{ip}", timeout=timeout)


@pytest.mark.parametrize(
    ("ip", "zone"),
    [
        ("192.0.2.44", "Europe/Paris"),
        ("198.51.100.1", "Asia/Shanghai"),
        ("203.0.113.255", "America/New_York"),
        ("127.0.0.1", timezones.LOOPBACK_ZONE),
        ("::1", timezones.LOOPBACK_ZONE),
    ],
)
def test_a_known_address_has_a_timezone(ip: str, zone: str) -> None:
    with timezones.running() as service:
        answer = ask(service, ip)
        assert (answer.status_code, answer.json()) == (200, {"ip": ip, "timezone": zone})
        assert service.requests == [ip]


@pytest.mark.parametrize(("ip", "status"), [("8.8.8.8", 404), ("nobody", 400), ("", 400)])
def test_an_unknown_address_is_an_error(ip: str, status: int) -> None:
    with timezones.running() as service:
        answer = ask(service, ip)
        assert answer.status_code == status
        assert "timezone" not in answer.json()


def test_own_answers_go_before_the_services_own() -> None:
    own = {"192.0.2.7": "Asia/Tokyo", "10.0.0.0/8": "Africa/Lagos", "127.0.0.0/8": "Asia/Tokyo"}
    with timezones.running(own) as service:
        zones = [
            ask(service, ip).json()["timezone"]
            for ip in ("192.0.2.7", "192.0.2.8", "10.1.2.3", "127.0.0.1")
        ]
    assert zones == ["Asia/Tokyo", "Europe/Paris", "Africa/Lagos", "Asia/Tokyo"]


def test_a_slow_service_lets_its_client_wait() -> None:
    with timezones.running() as service:
        service.mode, service.delay = "slow", 0.3
        started = time.monotonic()
        assert ask(service, "192.0.2.1").json()["timezone"] == "Europe/Paris"
        assert time.monotonic() - started >= 0.3
        with pytest.raises(requests.Timeout):
            ask(service, "192.0.2.1", timeout=0.1)


def test_a_slow_answer_does_not_hold_the_end() -> None:
    with timezones.running() as service:
        service.mode, service.delay = "slow", 60
        with pytest.raises(requests.Timeout):
            ask(service, "192.0.2.1", timeout=0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 1


def test_a_broken_service_answers_500() -> None:
    with timezones.running() as service:
        service.mode = "error"
        assert ask(service, "192.0.2.1").status_code == 500


def test_garbage_is_no_json() -> None:
    with timezones.running() as service:
        service.mode = "garbage"
        answer = ask(service, "192.0.2.1")
        assert answer.status_code == 200
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


def test_an_incomplete_answer_has_no_timezone() -> None:
    with timezones.running() as service:
        service.mode = "incomplete"
        assert ask(service, "192.0.2.1").json() == {"ip": "192.0.2.1"}


def test_a_response_can_be_given() -> None:
    with timezones.running() as service:
        service.respond_with(503, b"[]")
        answer = ask(service, "192.0.2.1")
        assert (answer.status_code, answer.content) == (503, b"[]")


def test_a_service_that_is_down_hangs_up_and_can_come_back() -> None:
    with timezones.running() as service:
        service.mode = "down"
        with pytest.raises(requests.ConnectionError):
            ask(service, "192.0.2.1")
        service.mode = "ok"
        assert ask(service, "192.0.2.2").ok
        assert service.requests == ["192.0.2.1", "192.0.2.2"]


@pytest.mark.parametrize("mode", ["ok", "slow", "error", "garbage", "incomplete", "down"])
def test_every_mode_keeps_what_was_asked(mode: Mode) -> None:
    with timezones.running() as service:
        service.mode, service.delay = mode, 0
        try:
            ask(service, "192.0.2.9")
        except requests.ConnectionError:
            assert mode == "down"
        assert service.wait_for(1) == ["192.0.2.9"]
        service.clear()
        assert service.requests == []


def test_an_unknown_mode_is_refused_with_the_modes_there_are() -> None:
    with timezones.running() as service, pytest.raises(ValueError, match=r"'odd'.*garbage"):
        service.mode = "odd"  # type: ignore[assignment]


def test_a_client_that_says_nothing_does_not_hold_the_end() -> None:
    with timezones.running() as service:
        port = urlsplit(service.url).port
        with socket.create_connection(("127.0.0.1", port)):
            assert ask(service, "192.0.2.1").ok
            started = time.monotonic()
    assert time.monotonic() - started < 1


def test_nothing_is_written_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with timezones.running() as service:
        ask(service, "192.0.2.1")
        service.mode = "slow"
        with pytest.raises(requests.Timeout):
            ask(service, "192.0.2.1", timeout=0.05)
    time.sleep(0.1)
    assert capfd.readouterr() == ("", "")
