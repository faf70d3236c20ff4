"""Serve the app of a step, or a learner's, on loopback with a few sample products."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from workbook import terminal, tree
from workbook.errors import PASSED, UsageError, WorkbookError
from workbook.runner import environ
from workbook.series import Series


def serve(series: Series, app: Path, port: int) -> int:
    """Serve a copy of the app in a temporary folder until Ctrl-C."""
    _must_be_free(port)
    with tree.scratch(series) as place:
        folder = place / "app"
        tree.copy(app, folder)
        tree.compile_translations(series, folder)
        flask = [sys.executable, "-m", "flask", "--app", "my_app"]
        own = {name: value for name, value in os.environ.items() if name.startswith("FLASK_")}
        env = environ(series, folder, place) | own  # FLASK_BREAKPOINTS=true make app 4
        _add_samples([*flask, "add-samples"], folder, env)
        terminal.say(f"The catalog is at [bold]http://127.0.0.1:{port}/[/]. Ctrl-C stops it.")
        try:
            subprocess.run([*flask, "run", "--port", str(port)], cwd=folder, env=env, check=False)
        except KeyboardInterrupt:
            terminal.say("\nStopped.")
    return PASSED


def _add_samples(command: list[str], folder: Path, env: dict[str, str]) -> None:
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise WorkbookError(f"The samples could not be added:\n{ran.stderr.strip()}")


def _must_be_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be used ({error.strerror}); name another: make app PORT=5001"
            ) from None
