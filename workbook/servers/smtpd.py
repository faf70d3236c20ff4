"""What makes aiosmtpd the mail server of smtp.py: hooks, log-in, certificate, a sure end."""

from __future__ import annotations

import asyncio
import functools
import hmac
import logging
import socket
import ssl
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from workbook.servers.ports import HOST
from workbook.servers.smtp import Mail, MailServer, body, parse

if TYPE_CHECKING:
    import trustme

LARGEST_MAIL = 5_000_000


@contextmanager
def serving(server: MailServer, listener: socket.socket, *, starttls: bool) -> Iterator[None]:
    """Serve on the socket in a thread; at the end drop the clients that are still there."""
    controller = _OpenSocketController(
        listener,
        _Handler(server),
        hostname=HOST,
        port=server.port,
        server_hostname="localhost",
        tls_context=_tls_context() if starttls else None,
        require_starttls=starttls,
        auth_require_tls=starttls,
        authenticator=functools.partial(_log_in, server),
        auth_exclude_mechanism=["LOGIN", "PLAIN"] if server.username is None else None,
        data_size_limit=LARGEST_MAIL,
    )
    with _quiet():
        controller.start()
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(controller.hang_up(), controller.loop).result()
            controller.stop()


@functools.cache
def authority() -> trustme.CA:
    """Return the authority of this process, made at its first use."""
    import trustme

    return trustme.CA()


@functools.cache
def _certificate() -> trustme.LeafCert:
    return authority().issue_cert("localhost", HOST)


def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _certificate().configure_cert(context)
    return context


class _OpenSocketController(Controller):
    """aiosmtpd refuses port 0, so it gets a socket that has its port already."""

    def __init__(self, listener: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.listener = listener
        self.connections: weakref.WeakSet[SMTP] = weakref.WeakSet()

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self.listener)

    def factory(self) -> SMTP:
        """Make the server's side of one connection."""
        connection = SMTP(self.handler, **self.SMTP_kwargs)
        self.connections.add(connection)
        return connection

    async def hang_up(self) -> None:
        """Drop all clients: from Python 3.12 on, `stop` waits 30 s for an encrypted one."""
        for connection in list(self.connections):
            # Below the encryption: on Python 3.11.2 a closed encrypted transport has no abort.
            transport = connection._original_transport or connection.transport
            if transport is not None:
                cast(asyncio.WriteTransport, transport).abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=2)


class _Handler:
    """The hooks that aiosmtpd calls in its own thread."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    async def handle_MAIL(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        # Not aiosmtpd's auth_required: that one warns as soon as STARTTLS is off.
        if self.server.username is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.server.delay)
        if not self.server.keep(_mail(session, envelope)):
            return "452 4.2.2 Mailbox full"
        return "250 OK"


def _log_in(
    server: MailServer, smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
) -> AuthResult:
    right = hmac.compare_digest(given.login, (server.username or "").encode())
    right &= hmac.compare_digest(given.password, (server.password or "").encode())
    # handled=False lets aiosmtpd send the refusal: without it the client waits for 300 s.
    return AuthResult(success=right, handled=False, auth_data=server.username if right else None)


def _mail(session: Session, envelope: Envelope) -> Mail:
    raw = envelope.original_content or b""
    message = parse(raw)
    return Mail(
        sender=envelope.mail_from or "",
        recipients=tuple(envelope.rcpt_tos),
        subject=str(message["Subject"] or ""),
        text=body(message, "plain"),
        html=body(message, "html"),
        headers=raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace"),
        tls=session.ssl is not None,
        user=session.auth_data if session.authenticated else None,
        raw=raw,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the server's own talk (it warns of its own deprecated parts) out of the app's logs."""
    log = logging.getLogger("mail.log")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
