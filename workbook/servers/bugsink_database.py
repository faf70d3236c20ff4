"""Bugsink's settings and its empty database, which is made once and copied for each server."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from pathlib import Path

from workbook.servers import prepared, processes
from workbook.servers.ports import HOST

ADMIN = ("admin@example.org", "admin12345")
SETTINGS = """\
from bugsink.settings.default import *

SECRET_KEY = {secret!r}
DATABASES["default"]["NAME"] = {folder!r} + "/db.sqlite3"
DATABASES["snappea"]["NAME"] = {folder!r} + "/snappea.sqlite3"
SNAPPEA = {{"TASK_ALWAYS_EAGER": True}}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
TIME_ZONE = "UTC"
BUGSINK = {{
    "BASE_URL": {url!r},
    "INGEST_STORE_BASE_DIR": {folder!r} + "/ingestion",
    "PHONEHOME": False,
    "SINGLE_USER": True,
    "USER_REGISTRATION": "CB_NOBODY",
}}
"""
TOKEN = "token.txt"


def copy_template(template: Path, folder: Path, python: Path, requirements: Path) -> None:
    """Copy the migrated database: making it takes ten times as long as starting the server."""
    text = prepared.environment_key(requirements) + SETTINGS + str(ADMIN)
    key = hashlib.sha256(text.encode()).hexdigest()

    def make(made: Path, lock: int) -> None:
        _make_template(made, python, lock)

    with prepared.folder(template, key, make) as made:
        shutil.copytree(made, folder, dirs_exist_ok=True)


def _make_template(folder: Path, python: Path, lock: int) -> None:
    write_settings(folder, f"http://{HOST}")
    own = environ(folder) | {"CREATE_SUPERUSER": ":".join(ADMIN)}
    log = folder / TOKEN  # the last command prints the token
    for arguments in (
        ["migrate", "-v0"],
        ["migrate", "--database=snappea", "-v0"],
        ["prestart"],
        ["create_auth_token"],
    ):
        processes.run(
            [python, "-m", "bugsink.scripts.manage", *arguments],
            log=log,
            failure=f"Bugsink's database could not be made: {arguments[0]} failed.",
            seconds=120,
            cwd=folder,
            environ=own,
            pass_fds=[lock],
        )


def write_settings(folder: Path, url: str) -> None:
    text = SETTINGS.format(secret=secrets.token_hex(32), folder=str(folder), url=url)
    (folder / "bugsink_conf.py").write_text(text, encoding="utf-8")


def environ(folder: Path) -> dict[str, str]:
    """Make the whole environment of the server: nothing of the snippet's reaches it."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "bugsink_conf",
        "BUGSINK_SCRATCH": str(folder),
    }
