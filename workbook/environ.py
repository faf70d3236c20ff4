"""What a command takes over from the user's environment: a list of names, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

# What any program needs to find its files and to talk to its terminal.
MACHINE = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_*"),
    *("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"),
    *("LD_LIBRARY_PATH", "DYLD_*", "LOCPATH", "LOCALE_ARCHIVE", "NIX_*"),
)
# What pip needs to reach its index through the network of a company, a browser to open, our own.
COMMANDS = (
    *MACHINE,
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONFIG_FILE"),
    *("PIP_TRUSTED_HOST", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_DEFAULT_TIMEOUT"),
    *("PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_RETRIES"),
    *("XDG_*", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "BROWSER", "SUDO_UID"),
    *("CI", "WORKBOOK_*", "FLASK_*"),
)
# The app that the workbook serves has a database of its own, whatever other project is set up here.
FOREIGN = ("FLASK_SQLALCHEMY_*", "FLASK_APP", "FLASK_ENV", "FLASK_RUN_*")


def kept(environ: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Return the variables that match one of the names."""
    return {name: value for name, value in environ.items() if _matches(name, names)}


def clean(environ: Mapping[str, str], also: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the environment of a command of the workbook, with some more names than usual."""
    listed = kept(environ, (*COMMANDS, *also))
    own = {name: value for name, value in listed.items() if not _matches(name, FOREIGN)}
    if folder := own.get("TMPDIR"):
        own["TMPDIR"] = str(Path(folder).absolute())
    return own


def clean_own(also: tuple[str, ...] = ()) -> None:
    """Take what is not on the list out of this process's environment."""
    own = clean(os.environ, also)
    os.environ.clear()
    os.environ.update(own)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
