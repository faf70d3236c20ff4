"""Let the shop crash with a real mail server at hand, and read what the admins get."""

import logging
import re
import sqlite3
from pathlib import Path
from time import perf_counter

from flask import Flask
from flask.logging import default_handler

from my_app import create_app
from workbook.servers import smtp

ADMINS = ["ada@example.org", "grace@example.org"]
# Errors of the log handlers themselves would be printed on the terminal.
logging.raiseExceptions = False


def make_app(port: int) -> Flask:
    """Make an app that mails through a server on this machine."""
    config = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, "ADMINS": ADMINS}
    app = create_app({**config, "MAIL_USERNAME": "catalog", "MAIL_PASSWORD": "let-me-in"})
    app.logger.removeHandler(default_handler)
    return app


def crash(app: Flask) -> None:
    """Take the product table away, behind the app's back, and visit the home page."""
    with sqlite3.connect(Path(app.instance_path, "catalog.db")) as database:
        database.execute("DROP TABLE product")
    start = perf_counter()
    answer = app.test_client().get("/en/home")
    print(f"the visitor gets {answer.status}, after {perf_counter() - start:.2f} s")


with smtp.running(username="catalog", password="let-me-in") as server:
    app = make_app(server.port)
    print("== A missing page and a missing product ==")
    app.test_client().get("/en/nowhere")
    app.test_client().get("/en/product/999")
    print(f"mails: {len(server.mails)}\n")

    print("== A crash ==")
    crash(app)
    print(f"mails: {len(server.mails)}\n")
    mail = server.mails[0]
    print("To:    ", ", ".join(mail.recipients))
    print("Subject:", mail.subject, f"(encrypted: {mail.tls}, sent by: {mail.user})\n")
    head, _, traceback = re.sub(r"/.*/site-packages/", "", mail.text).partition("Traceback")
    print(head + "Traceback (only the app's own place and the last line are shown here)")
    shown = [line for line in traceback.splitlines() if re.search("/my_app/|^sqlalchemy", line)]
    print(*shown, sep="\n")

print("\n== A crash while the mail server is down ==")
with smtp.refused_port() as port:
    crash(make_app(port))
print("\n== The log file ==")
log = Path(app.instance_path, app.config["LOG_FILE"]).read_text(encoding="utf-8")
print(*[line for line in log.splitlines() if re.match(r"20\d\d-", line)], sep="\n")
