"""Every crash sends one mail with its traceback to everybody who should know."""

import re

import pytest

from checks import expect

ADMINS = ["ada@example.org", "grace@example.org", "alan@example.org"]
LOG = "application.log"
FORGED = "2030-01-01 00:00:00,000 WARNING The safe is open"
MADE_THRICE = """
import sqlite3
from my_app import create_app
create_app()
create_app()
app = create_app()
with sqlite3.connect("instance/catalog.db") as database:
    database.execute("DROP TABLE IF EXISTS product")
app.test_client().get("/en/home")
"""


def with_mail(site, mail_server, **settings):
    """Tell the app where its mail server is, and whom to write to."""
    site.configure(
        MAIL_SERVER=mail_server.host,
        MAIL_PORT=mail_server.port,
        MAIL_USE_TLS=True,
        MAIL_USERNAME=mail_server.username,
        MAIL_PASSWORD=mail_server.password,
        MAIL_DEFAULT_SENDER="catalog@example.org",
        ADMINS=ADMINS,
    )
    site.configure(**settings)


def crash(site, path="/en/home"):
    """Visit a page whose table is gone, and see the answer 500."""
    site.start()
    site.execute("DROP TABLE IF EXISTS product")
    page = site.get(path)
    expect(page.status == 500, wanted="the answer 500 from a page whose table is gone", seen=page)
    return page


def arrived(mail_server, each=1):
    """Return the mails when every admin has `each` of them, or when no more come."""
    mails = mail_server.wait_for(1, 3)
    while mails and min(copies(mails).values()) < each:
        more = mail_server.wait_for(len(mails) + 1, 1)
        if len(more) == len(mails):
            break
        mails = more
    return mails


def copies(mails):
    """Count the mails that each admin got."""
    return {admin: sum(admin in mail.recipients for mail in mails) for admin in ADMINS}


@pytest.mark.points(2)
@pytest.mark.hint("A handler at ERROR on app.logger sees every crash that nothing catches before.")
def test_crash_is_mailed(site, mail_server):
    """A crash is mailed, through a server that wants STARTTLS and a log-in."""
    with_mail(site, mail_server)
    crash(site)
    expect(
        arrived(mail_server),
        wanted="a mail after a crash, sent with STARTTLS and log-in",
        seen="no mail that the server accepted",
    )


@pytest.mark.depends("test_crash_is_mailed")
@pytest.mark.hint("The handler takes a list of addresses.")
def test_every_admin_gets_each_crash_once(site, mail_server):
    """Each crash is one mail for everybody in ADMINS, from MAIL_DEFAULT_SENDER."""
    with_mail(site, mail_server)
    crash(site, "/en/home")
    crash(site, "/en/products")
    mails = arrived(mail_server, each=2)
    counts = copies(mails)
    expect(
        set(counts.values()) == {2},
        wanted="two mails for each of three admins, after two crashes",
        seen=", ".join(f"{admin}: {count}" for admin, count in counts.items()),
    )
    senders = {mail.sender for mail in mails}
    expect(
        senders == {"catalog@example.org"}, wanted="mails from catalog@example.org", seen=senders
    )


@pytest.mark.points(2)
@pytest.mark.depends("test_crash_is_mailed")
@pytest.mark.hint("Without a formatter of its own a handler writes the message, and little else.")
def test_mail_tells_what_happened(site, mail_server):
    """The mail says when, at which level and in which line it happened, with the traceback."""
    with_mail(site, mail_server)
    crash(site)
    text = "".join(mail.text for mail in arrived(mail_server)[:1])
    # A traceback is full of places; the place of the event stands apart from it.
    apart = re.sub(r'(?m)^ +File ".*$', "", text)
    expect("Traceback" in text and "no such table" in text, wanted="the traceback", seen=text)
    expect("/en/home" in text, wanted="the address that was asked for, /en/home", seen=text)
    expect(re.search(r"\d\d:\d\d", apart), wanted="the time of the error", seen=text)
    expect("ERROR" in apart, wanted="the level, ERROR", seen=text)
    expect(
        re.search(r"\.py\D{1,20}\d+", apart),
        wanted="the path and line of the event, apart from the traceback",
        seen=text,
    )


@pytest.mark.points(2)
@pytest.mark.depends("test_crash_is_mailed")
@pytest.mark.hint("A handler without a level takes whatever the logger lets through.")
def test_only_errors_are_mailed(site, mail_server):
    """A missing page and a missing product mail nobody; only the crash after them does."""
    with_mail(site, mail_server)
    for path in ("/en/no-such-page", "/en/product/424242", "/en/home"):
        site.get(path)
    crash(site, "/en/products")
    mails = arrived(mail_server)
    expect(
        set(copies(mails).values()) == {1} and "/en/products" in mails[0].text,
        wanted="one mail, about the crash",
        seen="\n---\n".join(mail.text for mail in mails),
    )


@pytest.mark.hint("Log it where the 404 page is made, and write what comes from outside with %r.")
def test_missing_page_is_a_warning(site):
    """A missing page leaves one WARNING line with its address, even with a line break in it."""
    page = site.get("/en/no-such-page")
    log = site.read(LOG)
    warnings = [line for line in log.splitlines() if "WARNING" in line]
    expect(
        any("/en/no-such-page" in line for line in warnings),
        wanted="a WARNING line with the address /en/no-such-page",
        seen=log or "no line in application.log",
    )
    expect(page.status == 404, wanted="still the answer 404", seen=page)
    site.get(f"/en/shop%0D%0A{FORGED}")
    new = site.read(LOG).splitlines()[len(log.splitlines()) :]
    expect(
        len(new) == 1 and "The safe is open" in new[0],
        wanted="one new line for an address with a line break in it",
        seen="\n".join(new) or "no new line",
    )


@pytest.mark.depends("test_crash_is_mailed")
@pytest.mark.hint("The next app finds the old handlers by their names, if they have any.")
def test_app_made_thrice_mails_once(site, mail_server):
    """A crash is mailed once, even when the app was made three times in one process."""
    with_mail(site, mail_server)
    done = site.python(MADE_THRICE)
    counts = copies(arrived(mail_server))
    seen = ", ".join(f"{admin}: {count}" for admin, count in counts.items())
    expect(
        set(counts.values()) == {1},
        wanted="one mail for each admin after one crash",
        seen=done if done.code else seen,
    )


@pytest.mark.depends("test_crash_is_mailed")
@pytest.mark.hint("Try once, with a short timeout: the log file has the error anyway.")
def test_shop_answers_without_mail_server(site, mail_server, refused_port):
    """When the mail server is down, the crash still answers 500 at once and is in the log."""
    with_mail(site, mail_server, MAIL_PORT=refused_port)
    page = crash(site)
    expect(
        page.seconds < 3,
        wanted="the answer 500 at once, although the mail server is down",
        seen=f"the answer 500 after {page.seconds:.1f} seconds",
    )
    log = site.read(LOG)
    expect(
        "ERROR" in log and "Traceback" in log,
        wanted="an ERROR line with the traceback in application.log",
        seen=log or "no line in application.log",
    )
