"""Run one command of the workbook: translate what goes wrong into a sentence and an exit code."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from workbook import environ, terminal
from workbook.cli import ROOT, arguments_from_make, cli
from workbook.errors import FAILED, WRONG_USE, WorkbookError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_NO_ACCESS = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code: 0 passed, 1 failed, 2 wrong use."""
    return _translated(lambda: [*arguments])


def from_make() -> int:
    """Run the command that `make` was given."""
    return _translated(lambda: arguments_from_make(os.environ))


def _translated(read: Callable[[], list[str]]) -> int:
    # Being ended ends as Ctrl-C does: nothing that was started stays.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if path := foreign(ROOT / "build"):
            raise WorkbookError(
                f"{path} belongs to another user (insufficient permission); "
                "was there a `sudo make`? `sudo chown -R $(id -un) build .venv`, "
                "then run the same command again."
            )
        return _run(read())
    except WorkbookError as error:
        terminal.complain(str(error))
        return error.exit_code
    except click.ClickException as error:
        terminal.complain(_sentence(error))
        return WRONG_USE
    except KeyboardInterrupt:
        terminal.complain("Stopped.")
        return 130
    except OSError as error:
        if error.errno not in (*_NO_ROOM, *_NO_ACCESS):
            raise
        more = " Make room, then run the same command again." if error.errno in _NO_ROOM else ""
        terminal.complain(f"{error.filename or ROOT}: {error.strerror}.{more}")
        return FAILED


def _run(arguments: list[str]) -> int:
    try:
        with cli.make_context("workbook", arguments) as context:
            return int(cli.invoke(context) or 0)
    except click.exceptions.Exit as ended:  # --help was shown
        return ended.exit_code


def _sentence(error: click.ClickException) -> str:
    text = error.format_message().removesuffix(".")
    text = re.sub(r"'--([a-z-]+)'", lambda option: option[1].upper(), text)
    more = "; `make` lists the commands" if text.startswith("No such command") else ""
    return f"{text}{more}."


def foreign(build: Path) -> Path | None:
    """Return a folder inside our build folder that another user made, as a `sudo make` does."""
    if os.geteuid() == 0 or not build.is_dir() or build.stat().st_uid != os.geteuid():
        return None
    inside = (*build.glob("*"), *build.glob("*/*"), *build.glob("store.git/objects/*"))
    return next((path for path in inside if path.lstat().st_uid != os.geteuid()), None)


if __name__ == "__main__":
    environ.clean_own()
    sys.exit(main(sys.argv[1:]))
