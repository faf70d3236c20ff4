"""The SMTP server, asked by a real client."""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from logging.handlers import SMTPHandler

import pytest

from workbook.servers import smtp
from workbook.servers.smtpd import LARGEST_MAIL


def letter(subject: str = "Grüße", text: str = "Fünf Bücher\nund ein Stift\n") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "shop@example.org"
    message["To"] = "ann@example.org, bob@example.org"
    message.set_content(text)
    return message


@contextmanager
def client(server: smtp.MailServer) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP(server.host, server.port, timeout=5) as connection:
        yield connection


def trusting(server: smtp.MailServer) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=server.authority)


def test_a_mail_arrives_with_envelope_subject_and_text() -> None:
    with smtp.running(starttls=False) as server, client(server) as connection:
        connection.send_message(letter())
        [mail] = server.wait_for(1)
    assert mail.sender == "shop@example.org"
    assert mail.recipients == ("ann@example.org", "bob@example.org")
    assert (mail.subject, mail.text, mail.html) == ("Grüße", "Fünf Bücher\nund ein Stift\n", "")
    assert (mail.tls, mail.user) == (False, None)
    assert "Subject: =?utf-8?" in mail.headers
    assert mail.header("to") == "ann@example.org, bob@example.org"
    assert mail.header("X-None") is None


def test_text_and_html_are_told_apart() -> None:
    message = letter()
    message.add_alternative("<b>Fünf</b>", subtype="html")
    message.add_attachment(b"\x00\x01", maintype="image", subtype="png")
    with smtp.running(starttls=False) as server, client(server) as connection:
        connection.send_message(message)
        [mail] = server.wait_for(1)
    assert "Bücher" in mail.text
    assert mail.html == "<b>Fünf</b>\n"


@pytest.mark.parametrize("charset", ["no-such-charset", "us-ascii", "utf-8"])
def test_a_badly_written_mail_is_kept_all_the_same(charset: str) -> None:
    raw = b"Subject: =?broken?=\r\nContent-Type: text/plain; charset=%s\r\n\r\n\xe9\xff\r\n"
    with smtp.running(starttls=False) as server, client(server) as connection:
        connection.sendmail("a@example.org", ["b@example.org"], raw % charset.encode())
        [mail] = server.wait_for(1)
    assert mail.raw.endswith(b"\xe9\xff\r\n")


def test_a_mail_before_starttls_is_refused() -> None:
    with smtp.running() as server, client(server) as connection:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            connection.send_message(letter())
        assert server.mails == []
    assert refused.value.smtp_code == 530
    assert b"STARTTLS" in refused.value.smtp_error


def test_a_mail_after_starttls_is_marked_as_encrypted() -> None:
    with smtp.running() as server, client(server) as connection:
        connection.starttls()
        connection.send_message(letter())
        assert server.wait_for(1)[0].tls


def test_a_client_that_verifies_the_certificate_is_content() -> None:
    with smtp.running() as server:
        for host in (server.host, "localhost"):
            with smtplib.SMTP(host, server.port, timeout=5) as connection:
                connection.starttls(context=trusting(server))
                connection.send_message(letter())
        assert len(server.wait_for(2)) == 2


def test_a_client_that_does_not_know_the_authority_refuses_the_certificate() -> None:
    with (
        smtp.running() as server,
        client(server) as connection,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        connection.starttls(context=ssl.create_default_context())


@pytest.mark.parametrize("starttls", [True, False])
def test_a_mail_without_log_in_is_refused(starttls: bool) -> None:
    with smtp.running(starttls=starttls, username="shop", password="secret") as server:
        with client(server) as connection:
            if starttls:
                connection.starttls()
            with pytest.raises(smtplib.SMTPSenderRefused) as refused:
                connection.send_message(letter())
        assert server.mails == []
    assert refused.value.smtp_code == 530


@pytest.mark.parametrize("starttls", [True, False])
def test_a_mail_after_log_in_carries_the_name(starttls: bool) -> None:
    with smtp.running(starttls=starttls, username="shop", password="secret") as server:
        with client(server) as connection:
            if starttls:
                connection.starttls()
            connection.login("shop", "secret")
            connection.send_message(letter())
        [mail] = server.wait_for(1)
    assert (mail.user, mail.tls) == ("shop", starttls)


@pytest.mark.parametrize(("user", "password"), [("shop", "wrong"), ("x", "secret"), ("x", "")])
def test_a_wrong_log_in_is_refused_at_once(user: str, password: str) -> None:
    with smtp.running(username="shop", password="secret") as server, client(server) as connection:
        connection.starttls()
        started = time.monotonic()
        with pytest.raises(smtplib.SMTPAuthenticationError):
            connection.login(user, password)
        assert time.monotonic() - started < 20


def test_a_log_in_where_none_is_offered_is_the_clients_error() -> None:
    with smtp.running() as server, client(server) as connection:
        connection.starttls()
        with pytest.raises(smtplib.SMTPException, match="authentication"):
            connection.login("shop", "secret")


def test_the_handler_of_the_standard_library_delivers() -> None:
    with smtp.running(username="shop", password="secret") as server:
        handler = SMTPHandler(
            mailhost=(server.host, server.port),
            fromaddr="shop@example.org",
            toaddrs=["ann@example.org", "bob@example.org"],
            subject="The shop failed",
            credentials=("shop", "secret"),
            secure=(),
        )
        handler.handle(logging.makeLogRecord({"msg": "No more pens"}))
        [mail] = server.wait_for(1)
    assert (mail.subject, mail.text.strip()) == ("The shop failed", "No more pens")
    assert (mail.tls, mail.user, len(mail.recipients)) == (True, "shop", 2)


def test_a_slow_server_lets_its_client_wait() -> None:
    with smtp.running(starttls=False, delay=0.3) as server, client(server) as connection:
        started = time.monotonic()
        connection.send_message(letter())
        assert time.monotonic() - started >= 0.3
        server.delay = 0
        connection.send_message(letter())
        assert len(server.mails) == 2


def test_waiting_ends_as_soon_as_the_mails_are_there() -> None:
    with smtp.running(starttls=False) as server:

        def send_later() -> None:
            time.sleep(0.1)
            with client(server) as connection:
                connection.send_message(letter())

        thread = threading.Thread(target=send_later)
        thread.start()
        started = time.monotonic()
        assert len(server.wait_for(1, seconds=5)) == 1
        assert time.monotonic() - started < 4
        thread.join()


def test_waiting_in_vain_gives_what_there_is_when_time_is_over() -> None:
    with smtp.running(starttls=False) as server, client(server) as connection:
        connection.send_message(letter())
        started = time.monotonic()
        assert len(server.wait_for(2, seconds=0.2)) == 1
        assert time.monotonic() - started >= 0.2


def test_cleared_mails_are_forgotten() -> None:
    with smtp.running(starttls=False) as server, client(server) as connection:
        connection.send_message(letter())
        server.wait_for(1)
        server.clear()
        assert server.mails == []


def test_a_mail_that_is_too_large_is_refused() -> None:
    huge = letter(text="x" * 70 + "\n" + ("y" * 70 + "\n") * (LARGEST_MAIL // 70))
    with smtp.running(starttls=False) as server, client(server) as connection:
        with pytest.raises(smtplib.SMTPException):
            connection.send_message(huge)
        assert server.mails == []


def test_many_clients_at_once_are_served() -> None:
    with smtp.running() as server:

        def send() -> None:
            with client(server) as connection:
                connection.starttls()
                connection.send_message(letter())

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.wait_for(8)) == 8


def test_a_client_that_holds_its_connection_does_not_hold_the_end() -> None:
    with smtp.running(delay=60) as server:
        idle = socket.create_connection((server.host, server.port))
        encrypted = smtplib.SMTP(server.host, server.port, timeout=5)
        encrypted.starttls()
        waiting = smtplib.SMTP(server.host, server.port, timeout=5)
        waiting.starttls()
        waiting.mail("a@example.org")
        waiting.rcpt("b@example.org")
        waiting.putcmd("data")
        waiting.getreply()
        waiting.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
        time.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 20
    for end in (idle, encrypted, waiting):
        end.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), timeout=1)


def test_the_servers_own_talk_stays_out_of_the_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    test_a_mail_after_log_in_carries_the_name(True)
    assert [record for record in caplog.records if record.name == "mail.log"] == []


def test_two_servers_run_side_by_side() -> None:
    with smtp.running(starttls=False) as one, smtp.running(starttls=False) as two:
        assert one.port != two.port
        with client(two) as connection:
            connection.send_message(letter())
        assert (len(one.mails), len(two.wait_for(1))) == (0, 1)


def test_a_refused_port_refuses() -> None:
    with smtp.refused_port() as port, pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", port, timeout=5)


def test_a_silent_port_accepts_and_says_nothing() -> None:
    with smtp.silent_port() as port, pytest.raises(OSError, match="timed out"):
        smtplib.SMTP("127.0.0.1", port, timeout=0.3)
