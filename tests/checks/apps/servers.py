"""The servers of the workbook, reached from within the sandbox."""

import pytest

pytestmark = pytest.mark.hint("Fix the grader.")
CONNECT = """
import socket
connection = socket.create_connection(("127.0.0.1", PORT), 3)
connection.settimeout(0.5)
print(connection.recv(3))
"""
FETCH = """
import requests
print(requests.get("URL").text)
"""


def connect(site, port):
    """Connect from the sandbox and read a little."""
    return site.python(CONNECT.replace("PORT", str(port)))


def test_the_mail_server_greets(site, mail_server):
    """The mail server greets."""
    assert "b'220'" in connect(site, mail_server.port).out


@pytest.mark.timezone_service({"192.0.2.9": "Mars/Base"})
def test_the_timezone_service_answers(site, timezone_service):
    """The timezone service answers what the marker says."""
    url = f"{timezone_service.url}/192.0.2.9"
    assert "Mars/Base" in site.python(FETCH.replace("URL", url)).out


def test_the_inbox_has_a_dsn(sentry_inbox):
    """The inbox has a DSN on loopback."""
    assert "@127.0.0.1" in sentry_inbox.dsn


def test_ports_that_do_not_answer(site, refused_port, silent_port):
    """A server can be down, and a server can hang."""
    assert "refused" in connect(site, refused_port).err
    assert "timed out" in connect(site, silent_port).err
