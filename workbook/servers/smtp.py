"""A real SMTP server (aiosmtpd) with STARTTLS and log-in, which keeps every mail it accepts."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from workbook.servers.arrivals import Arrivals
from workbook.servers.ports import HOST, listening_socket, port_of, refused_port, silent_port
from workbook.servers.service import Life, Origin, of_workbook

__all__ = [
    "FIXTURE",
    "LIFE",
    "NAME",
    "Mail",
    "MailServer",
    "body",
    "install",
    "missing",
    "origin",
    "parse",
    "refused_port",
    "running",
    "silent_port",
]

NAME = "smtp"
FIXTURE = "mail_server"
LIFE: Life = "check function"


@dataclass(frozen=True)
class Mail:
    """One accepted mail: `sender` and `recipients` are the envelope's, `headers` the raw block."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: str
    tls: bool
    user: str | None
    raw: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """Return the decoded value of a header, None when there is none."""
        value = parse(self.raw)[name]
        return None if value is None else str(value)


class MailServer:
    """A running server: where it listens, who may log in, and what it has accepted."""

    def __init__(self, port: int, username: str | None, password: str | None, delay: float) -> None:
        self.host = HOST
        self.port = port
        self.username = username
        self.password = password
        self.delay = delay
        self._arrivals: Arrivals[Mail] = Arrivals()

    @property
    def mails(self) -> list[Mail]:
        """The mails accepted so far."""
        return self._arrivals.all()

    @property
    def authority(self) -> str:
        """The PEM text of the authority that signed the certificate, for clients that verify."""
        from workbook.servers import smtpd

        return smtpd.authority().cert_pem.bytes().decode()

    def wait_for(self, count: int, seconds: float = 5.0) -> list[Mail]:
        """Return the mails as soon as there are `count`; fewer when the time is over."""
        return self._arrivals.wait_for(count, seconds)

    def clear(self) -> None:
        """Forget the mails accepted so far."""
        self._arrivals.clear()

    def reset(self) -> None:
        """Forget the mails accepted so far."""
        self.clear()

    def keep(self, mail: Mail) -> bool:
        """Keep one mail; False when the mailbox is full."""
        return self._arrivals.add(mail)


def origin() -> Origin | None:
    """Return the library behind this server."""
    return of_workbook("aiosmtpd")


def missing() -> str:
    """Return what is missing here, "" for nothing."""
    return "" if origin() else "The mail server needs aiosmtpd: `make install smtp` installs it."


def install() -> None:
    """Do nothing: requirements/app.txt brings it."""


@contextmanager
def running(
    *,
    starttls: bool = True,
    username: str | None = None,
    password: str | None = None,
    delay: float = 0.0,
) -> Iterator[MailServer]:
    """Run the server; `username` makes log-in compulsory, `delay` holds back every acceptance."""
    from workbook.servers import smtpd

    with listening_socket() as listener:
        server = MailServer(port_of(listener), username, password, delay)
        with smtpd.serving(server, listener, starttls=starttls):
            yield server


def parse(raw: bytes) -> EmailMessage:
    """Read a message as it came over the wire."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def body(message: EmailMessage, kind: str) -> str:
    """Return the message's text of a kind, plain or html; empty when it has none."""
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except LookupError:  # a character set that does not exist
        text = repr(part.get_payload())
    return text.replace("\r\n", "\n")
