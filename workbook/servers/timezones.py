"""A stand-in for a "timezone by IP" service: GET /<ip> -> {"ip": ..., "timezone": ...}.

It knows the addresses that are reserved for documentation and loopback, and it can be slow,
broken or gone when its `mode` says so. It knows nothing of real addresses.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from platform import python_version
from typing import Literal, get_args

from workbook.servers.arrivals import Arrivals
from workbook.servers.service import Life, Origin
from workbook.servers.web import Answer, Request, json_answer, serving

NAME = "timezones"
FIXTURE = "timezone_service"
LIFE: Life = "check function"

Mode = Literal["ok", "slow", "error", "garbage", "incomplete", "down"]

LOOPBACK_ZONE = "Europe/Lisbon"
ZONES = {
    "192.0.2.0/24": "Europe/Paris",
    "198.51.100.0/24": "Asia/Shanghai",
    "203.0.113.0/24": "America/New_York",
    "127.0.0.0/8": LOOPBACK_ZONE,
    "::1/128": LOOPBACK_ZONE,
}


class TimezoneService:
    """A running service; set `mode` and `delay` (seconds, for "slow") while it runs."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.url = ""
        self.delay = 2.0
        self._reply: Answer | None = None
        self._mode: Mode = "ok"
        self._zones = {ipaddress.ip_network(ip): zone for ip, zone in answers.items()}
        self._asked: Arrivals[str] = Arrivals()
        self._ended = threading.Event()

    @property
    def mode(self) -> Mode:
        """How the service behaves: ok, slow, error (500), garbage, incomplete or down."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"No such mode: {mode!r}. There are {', '.join(get_args(Mode))}.")
        self._mode = mode

    @property
    def requests(self) -> list[str]:
        """The IP addresses that were looked up, in order, whatever the response was."""
        return self._asked.all()

    def wait_for(self, count: int, seconds: float = 5.0) -> list[str]:
        """Return the IP addresses as soon as there are `count`; fewer when time is over."""
        return self._asked.wait_for(count, seconds)

    def reset(self) -> None:
        """Forget the requests so far, and respond as at first."""
        self.clear()
        self._mode, self.delay, self._reply = "ok", 2.0, None

    def clear(self) -> None:
        """Forget the requests so far."""
        self._asked.clear()

    def respond_with(self, status: int, body: bytes) -> None:
        """Send this response from now on, whatever the request, in the modes ok and slow."""
        self._reply = Answer(status, body)

    def end(self) -> None:
        """Let slow answers go at once."""
        self._ended.set()

    def answer(self, request: Request) -> Answer | None:
        """Answer one request as the mode says."""
        mode, ip = self._mode, request.path.strip("/")
        self._asked.add(ip)
        if mode == "down":
            return None
        if mode == "slow":
            self._ended.wait(self.delay)
        if mode == "error":
            return json_answer(500, {"error": "The service is out of order."})
        if mode == "garbage":
            return Answer(200, b"<html><h1>Welcome!</h1>", "text/html")
        if mode == "incomplete":
            return json_answer(200, {"ip": ip})
        return self._reply or self._look_up(ip)

    def _look_up(self, ip: str) -> Answer:
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return json_answer(400, {"error": f"Not an IP address: {ip}"})
        for network, zone in self._zones.items():
            if address in network:
                return json_answer(200, {"ip": ip, "timezone": zone})
        return json_answer(404, {"error": f"Nothing is known of {ip}."})


def origin() -> Origin:
    """Return Python: its library is all that this stand-in needs."""
    return Origin("workbook", "Python", python_version())


def missing() -> str:
    """Return "": nothing can be missing."""
    return ""


def install() -> None:
    """Do nothing: it is all here."""


@contextmanager
def running(answers: Mapping[str, str] | None = None) -> Iterator[TimezoneService]:
    """Run the service; `answers` maps addresses or networks to zones and goes before its own."""
    known = dict(answers or {})
    service = TimezoneService(known | {ip: z for ip, z in ZONES.items() if ip not in known})
    with serving(service.answer) as url:
        service.url = url
        try:
            yield service
        finally:
            service.end()
