"""The owner of a source file: the app, a framework or the standard library."""

from __future__ import annotations

import sys
import sysconfig
from functools import cache
from pathlib import Path

APP, FLASK, SQLALCHEMY, JINJA, LIBRARY = OWNERS = (
    "app",
    "Flask",
    "SQLAlchemy",
    "Jinja",
    "standard library",
)
_PACKAGES = {
    "sqlalchemy": SQLALCHEMY,
    "flask_sqlalchemy": SQLALCHEMY,
    "jinja2": JINJA,
    "markupsafe": JINJA,
}


def owner_of(file: str, app: str) -> str:
    """Return the owner of a source file; `app` is the folder of the app.

    Werkzeug and the extensions count as Flask, the templates of a package as Jinja.
    """
    short = short_name(file, app)
    if file.startswith(app + "/"):
        return APP
    if short == file or not _is_package(file):
        return LIBRARY
    if short.endswith(".html"):
        return JINJA
    return _PACKAGES.get(short.split("/")[0], FLASK)


def short_name(file: str, app: str) -> str:
    """Return a file's name without the folders that differ from machine to machine."""
    for folder in (app, *_folders()):
        if file.startswith(folder + "/"):
            return file[len(folder) + 1 :]
    return file if file.startswith(("<", "~")) else Path(file).name


def _is_package(file: str) -> bool:
    return "site-packages" in file or "dist-packages" in file


@cache
def _folders() -> tuple[str, ...]:
    """Return where packages and the standard library are, the longest first."""
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("purelib", "platlib", "stdlib", "platstdlib")}
    folders |= {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    return tuple(sorted(folders, key=len, reverse=True))
