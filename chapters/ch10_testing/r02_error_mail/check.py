"""Every crash sends one mail with its traceback to everybody who should know."""

import html
import re

import pytest

from checks import expect
from checks.serving import eventually, fresh_number, fresh_word, serve

LOG = "application.log"
FORGED = "2030-01-01 00:00:00,000 WARNING The safe is open,"
# Seconds that a visitor may wait for a mail server; a busy machine may take one more.
DOWN, SILENT = 3, 8
FROM_PROBE = """
import importlib
from my_app import create_app
app = create_app()
importlib.import_module("{name}").log(app)
app.run()
"""


class Crash:
    """A page whose table is gone, with an error message that nobody can know beforehand."""

    def __init__(self, site, view="products"):
        self.table = fresh_word()
        self.path = (
            f"/en/{view}/{fresh_number(1000, 9999)}" if view == "products" else f"/en/{view}"
        )
        site.get("/")  # the database exists as soon as the app responds
        site.execute(
            f"ALTER TABLE product RENAME TO product_of_{self.table};"
            f"CREATE VIEW product AS SELECT * FROM {self.table};"
        )
        self.page = site.get(self.path)
        site.execute(f"DROP VIEW product; ALTER TABLE product_of_{self.table} RENAME TO product;")
        expect(
            self.page.status == 500,
            wanted=f"status 500 from {self.path}, whose table is gone",
            seen=self.page,
            hint="Let the exception pass: Flask logs it, then responds with 500.",
        )


def new_admins(count=3):
    """Return email addresses that did not exist before."""
    return [f"{fresh_word()}@example.org" for _ in range(count)]


@pytest.fixture(autouse=True)
def trust(site, mail_server):
    """Let a client that verifies the server's certificate find who signed it."""
    site.environ(SSL_CERT_FILE=site.readable("authority.pem", mail_server.authority))


def settings_for(mail_server, admins, **others):
    """Return the settings for a mail server and its recipients."""
    return {
        "MAIL_SERVER": mail_server.host,
        "MAIL_PORT": mail_server.port,
        "MAIL_USERNAME": mail_server.username,
        "MAIL_PASSWORD": mail_server.password,
        "ADMINS": admins,
        **others,
    }


def arrived(mail_server, admins, each=1, seconds=2.0):
    """Return the mails when every admin has `each` of them, or when time is over."""

    def enough(mails):
        return min((copies(mails, admin) for admin in admins), default=0) >= each

    eventually(lambda: mail_server.mails, enough, seconds)
    # One too many would follow at once.
    return mail_server.wait_for(len(mail_server.mails) + 1, 0.2)


def copies(mails, admin):
    """Count the mails that an admin got."""
    return sum(admin in mail.recipients for mail in mails)


def counts(mails, admins):
    """List how many mails each admin got."""
    listed = ", ".join(f"{admin}: {copies(mails, admin)}" for admin in admins)
    others = {to for mail in mails for to in mail.recipients} - set(admins)
    return listed + (f"; others: {', '.join(sorted(others))}" if others else "")


def text_of(mail):
    """Return a mail as its reader sees it: subject and text, HTML without its tags."""
    body = mail.text or html.unescape(re.sub(r"<[^>]*>", " ", mail.html))
    return f"{mail.subject}\n{body}"


def no_mail(site):
    """Describe what was seen instead of a mail: the error of the mail handler, if it had one."""
    if "Logging error" in site.output():
        return f"no mail that the server accepted; {site.note()}"
    return "no mail reached the server"


@pytest.mark.points(2)
@pytest.mark.hint("A handler at level ERROR on app.logger gets every crash that nothing catches.")
def test_crash_is_mailed(site, mail_server):
    """A crash is mailed, through a server that requires STARTTLS and a login."""
    admins = new_admins(1)
    site.configure(**settings_for(mail_server, admins))
    crash = Crash(site)
    mails = arrived(mail_server, admins)
    expect(
        mails,
        wanted="a mail after a crash, sent with STARTTLS and login",
        seen=no_mail(site),
        hint="SMTPHandler uses STARTTLS only if `secure` is a tuple; an empty one is enough."
        if "Logging error" in site.output()
        else "",
    )
    expect(
        crash.table in text_of(mails[0]),
        wanted=f"the error in the mail: no such table {crash.table}",
        seen=text_of(mails[0]),
    )
    sender = mails[0].sender
    expect(
        sender == "catalog@localhost",
        wanted="a mail from catalog@localhost, the default of MAIL_DEFAULT_SENDER",
        seen=sender,
        hint="The settings of the task have defaults.",
    )


@pytest.mark.hint("Give the handler the whole list of ADMINS, as app.config has it.")
def test_every_admin_gets_each_crash_once(site, mail_server):
    """Each crash is one mail for everybody in ADMINS, from MAIL_DEFAULT_SENDER."""
    admins, sender = new_admins(3), f"{fresh_word()}@example.org"
    serve(
        site,
        settings_for(mail_server, admins, MAIL_DEFAULT_SENDER=sender, MAIL_USE_TLS=True),
    )
    Crash(site)
    Crash(site, "home")
    mails = arrived(mail_server, admins, each=2)
    expect(
        [copies(mails, admin) for admin in admins] == [2, 2, 2],
        wanted="two mails for each of three admins after two crashes, "
        "with all settings in create_app({...})",
        seen=counts(mails, admins) if mails else no_mail(site),
    )
    senders = {mail.sender for mail in mails}
    expect(senders == {sender}, wanted=f"mails from {sender}", seen=senders)


@pytest.mark.points(2)
@pytest.mark.hint("Without a formatter of its own, a handler writes the message and the traceback.")
def test_mail_tells_what_happened(site, mail_server):
    """The mail shows time, level, file and line of the log record, the URL and the traceback."""
    admins = new_admins(1)
    site.configure(**settings_for(mail_server, admins))
    crash = Crash(site)
    mails = arrived(mail_server, admins)
    expect(mails, wanted="a mail after a crash", seen=no_mail(site))
    text = text_of(mails[0])
    expect(
        "Traceback" in text and crash.table in text,
        wanted=f"the traceback, to the last line with {crash.table}",
        seen=text,
    )
    expect(crash.path in text, wanted=f"the path of the request, {crash.path}", seen=text)
    mail_server.clear()
    name, line, message = fresh_word(), fresh_number(200, 900), fresh_word()
    body = f'def log(app):\n    app.logger.critical("%s", "{message}")\n'
    site.write(f"{name}.py", "\n" * (line - 2) + body)
    site.use_command("-c", FROM_PROBE.format(name=name))
    site.get("/")
    mails = arrived(mail_server, admins)
    expect(
        mails,
        wanted="a mail for app.logger.critical(...)",
        seen=no_mail(site),
        hint="A level is a lower limit: a handler at ERROR takes CRITICAL, too.",
    )
    text = text_of(mails[0])
    expect(message in text, wanted=f"the log message, {message}", seen=text)
    expect(re.search(r"\d\d?:\d\d", text), wanted="the time", seen=text)
    expect(re.search(r"\bCRITICAL\b", text), wanted="the level, CRITICAL", seen=text)
    place = f"{name}.py" in text and re.search(rf"\b{line}\b", text)
    wanted = f"the file and the line of the log record, {name}.py and {line}"
    expect(place, wanted=wanted, seen=text)


@pytest.mark.points(2)
@pytest.mark.hint("A handler without a level takes whatever the logger lets through.")
def test_only_errors_are_mailed(site, mail_server):
    """A missing page and a missing product send no mail; a crash after them does."""
    admins = new_admins(1)
    site.configure(**settings_for(mail_server, admins))
    for path in (f"/en/{fresh_word()}", "/en/product/424242", "/en/home"):
        site.get(path)
    crash = Crash(site)
    mails = arrived(mail_server, admins)
    expect(
        len(mails) == 1 and crash.table in text_of(mails[0]),
        wanted="one mail, about the crash",
        seen="\n---\n".join(map(text_of, mails)) if mails else no_mail(site),
    )


@pytest.mark.hint("Log it in the handler of the 404 page, and log untrusted input with %r.")
def test_missing_page_is_a_warning(site):
    """A missing page leaves a WARNING line with its path, on one line even with line breaks."""
    for path in (f"/en/{fresh_word()}", f"/{fresh_word()}", f"/uploads/{fresh_word()}.png"):
        page = site.get(path)
        log = eventually(lambda: site.read(LOG), lambda log, path=path: warnings(log, path), 1)
        wanted = f"a WARNING line with the path {path}"
        expect(warnings(log, path), wanted=wanted, seen=log or "no line in application.log")
        expect(page.status == 404, wanted="still status 404", seen=page)
    for line_break in ("%0D%0A", "%0A", "%0D"):
        word = fresh_word()
        site.get(f"/en/{word}{line_break}{FORGED}")
        log = eventually(lambda: site.read(LOG), lambda log, word=word: warnings(log, word), 1)
        expect(
            warnings(log, word),
            wanted=f"a WARNING line for a path with a line break, {word}",
            seen=log,
        )
        forged = [line for line in lines_of(log) if line.strip().startswith(FORGED)]
        wanted = "a path with a line break in it stays on one line"
        expect(not forged, wanted=wanted, seen="\n".join(forged))


def lines_of(log):
    """Split a log where an editor would."""
    return re.split(r"[\r\n]+", log)


def warnings(log, text):
    """Return the WARNING lines with this text."""
    return [line for line in lines_of(log) if "WARNING" in line and text in line]


@pytest.mark.hint("All apps of a process share one logger: remove the earlier app's handler first.")
def test_later_app_has_its_own_mail_settings(site, mail_server):
    """However many apps were made before, a crash is mailed once, to the admins of its own app."""
    earlier, admins = new_admins(1), new_admins(1)
    serve(
        site,
        settings_for(mail_server, earlier),
        settings_for(mail_server, earlier),
        settings_for(mail_server, admins),
    )
    Crash(site)
    mails = arrived(mail_server, admins)
    expect(
        len(mails) == 1 and mails[0].recipients == tuple(admins),
        wanted="one mail, to the admin of the third app in the process",
        seen=counts(mails, [*admins, *earlier]) if mails else no_mail(site),
    )
    mail_server.clear()
    serve(site, settings_for(mail_server, earlier), {})
    Crash(site)
    mails = mail_server.wait_for(1, 0.3)
    expect(
        not mails,
        wanted="no mail from a second app without MAIL_SERVER and ADMINS",
        seen=counts(mails, earlier),
    )


@pytest.mark.mail_server(starttls=False)
@pytest.mark.hint("`secure` depends on MAIL_USE_TLS: None if it is off.")
def test_encryption_can_be_off(site, mail_server):
    """With MAIL_USE_TLS off, mail goes to a server without STARTTLS."""
    admins = new_admins(1)
    serve(site, settings_for(mail_server, admins, MAIL_USE_TLS=False))
    Crash(site)
    wanted = 'a mail with create_app({"MAIL_USE_TLS": False, ...})'
    expect(arrived(mail_server, admins), wanted=wanted, seen=no_mail(site))
    mail_server.clear()
    site.use_command()
    site.configure(**settings_for(mail_server, admins, MAIL_USE_TLS=False))
    Crash(site)
    wanted = "a mail with FLASK_MAIL_USE_TLS=false"
    expect(arrived(mail_server, admins), wanted=wanted, seen=no_mail(site))


@pytest.mark.hint("Add the handler only if there are both MAIL_SERVER and ADMINS.")
def test_without_server_or_admins_nothing_is_mailed(site, mail_server):
    """Without MAIL_SERVER or without ADMINS, a crash is in the log, and nothing tries to mail."""
    given = settings_for(mail_server, new_admins(1))
    for missing, settings in (
        ("ADMINS", {**given, "ADMINS": []}),
        ("MAIL_SERVER", {**given, "MAIL_SERVER": None}),
    ):
        serve(site, settings)
        crash = Crash(site)
        log = eventually(lambda: site.read(LOG), lambda log, crash=crash: crash.table in log, 1)
        expect(crash.table in log, wanted="the crash in the log file", seen=log or "no line")
        error = re.search(r"--- Logging error ---.*?\n\S*Error[^\n]*", site.output(), re.DOTALL)
        expect(
            not error and not mail_server.mails,
            wanted=f"no mail handler without {missing}",
            seen=error[0].splitlines()[-1] if error else "a mail",
        )
    # It is the settings that switch mail on, so here, too, a crash is mailed in the end.
    serve(site, given)
    Crash(site)
    mails = arrived(mail_server, given["ADMINS"])
    expect(mails, wanted="a mail as soon as both are set", seen=no_mail(site))


@pytest.mark.hint("Send once, with a short timeout: the log file has the error anyway.")
def test_visitor_does_not_wait_for_a_dead_mail_server(site, mail_server, refused_port, silent_port):
    """With a mail server that is down or silent, a crash still returns 500 soon and is logged."""
    for port, state, patience in ((refused_port, "down", DOWN), (silent_port, "silent", SILENT)):
        site.configure(**settings_for(mail_server, new_admins(1), MAIL_PORT=port))
        crash = Crash(site)
        expect(
            crash.page.seconds < patience + 1,
            wanted=f"status 500 within {patience} seconds, although the mail server is {state}",
            seen=f"status 500 after {crash.page.seconds:.1f} seconds",
        )
        log = eventually(lambda: site.read(LOG), lambda log, crash=crash: crash.table in log, 1)
        expect(
            crash.table in log and "ERROR" in log,
            wanted="an ERROR line with the traceback in application.log",
            seen=log or "no line in application.log",
        )
    admins = new_admins(1)
    site.configure(**settings_for(mail_server, admins))
    Crash(site)
    mails = arrived(mail_server, admins)
    expect(mails, wanted="a mail when the mail server is back", seen=no_mail(site))
