"""Folders that are expensive to make: made once, by one process, and whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workbook.errors import WorkbookError
from workbook.servers import processes

# Makes the folder. Its children get the lock's descriptor (pass_fds): who is killed leaves them
# behind, and they hold the lock until they, too, have stopped writing.
Make = Callable[[Path, int], None]

COMPLETE = "complete.txt"  # written last, so an interrupted folder does not have it
PIP_INSTALL = (
    *("-m", "pip", "install", "--require-hashes", "--no-input", "-qq"),
    *("--disable-pip-version-check", "--retries=2"),
)


@contextmanager
def folder(path: Path, key: str, make: Make, *, seconds: float = 900.0) -> Iterator[Path]:
    """Hold the folder that `make` filled for this key; make it anew when the key has changed.

    Nobody replaces the folder while somebody holds it. `seconds` limits the wait for others.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        _lock(lock, fcntl.LOCK_SH, path, seconds)
        while not is_complete(path, key):
            _lock(lock, fcntl.LOCK_EX, path, seconds)
            if not is_complete(path, key):
                _make(path, key, make, lock)
            _lock(lock, fcntl.LOCK_SH, path, seconds)
        yield path
    finally:
        os.close(lock)


def is_complete(path: Path, key: str) -> bool:
    """Tell whether the folder was made for this key, to the end."""
    try:
        return (path / COMPLETE).read_text(encoding="utf-8") == key
    except OSError:
        return False


def environment_key(requirements: Path) -> str:
    """Return what decides an environment: its requirements and the Python under it."""
    text = requirements.read_bytes()
    python = f"\n{sys.version}\n{sys.base_prefix}".encode()
    return hashlib.sha256(text + python).hexdigest()


def install(
    path: Path, requirements: Path, lock: int, *, name: str, seconds: float = 600.0
) -> None:
    """Make a virtual environment in the folder and install the hashed requirements."""
    log = path.with_name(f"{path.name}.log")
    log.unlink(missing_ok=True)
    environ = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    processes.run(
        [sys.executable, "-m", "venv", path],
        log=log,
        failure=f"{name} could not be installed: this Python cannot make virtual environments; "
        "install the system's package for that (Debian, Ubuntu: python3-venv) and try again.",
        seconds=seconds,
        environ=environ,
        pass_fds=[lock],
    )
    processes.run(
        [python_of(path), *PIP_INSTALL, "-r", requirements.absolute()],
        log=log,
        failure=f"{name} could not be installed: pip failed with {requirements.name}. It needs "
        "the network this once; connect, then run the same command again.",
        seconds=seconds,
        cwd=path,
        environ=environ,
        pass_fds=[lock],
    )


def python_of(environment: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return environment / "bin" / "python"


def _make(path: Path, key: str, make: Make, lock: int) -> None:
    try:
        if path.exists():
            shutil.rmtree(path)
        path.mkdir()
    except OSError as error:
        raise WorkbookError(
            f"{path} cannot be made anew ({error.strerror}): delete it, then run the same command."
        ) from error
    make(path, lock)
    (path / COMPLETE).write_text(key, encoding="utf-8")


def _lock(lock: int, kind: int, path: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    said = False
    while True:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not said:
                print(f"Waiting for another process that uses {path}...", file=sys.stderr)
                said = True
            if time.monotonic() > deadline:
                raise WorkbookError(
                    f"Another process holds {path} for more than {seconds:g} s: "
                    "end it, or wait until it is done, and run the same command again."
                ) from None
        time.sleep(0.05)
