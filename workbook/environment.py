"""Make the virtual environment, then run the command in it: what `make` runs.

Standard library only: at first the system's Python runs this. It trusts no environment that it
finds: one that is half made, broken or of another Python is made again.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module, invalidate_caches, metadata, util
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
# What a command needs besides requirements/app.txt. A chapter may have a file of its own, too.
NEEDS = {
    "notebooks": ("notebooks",),
    "lab": ("notebooks",),
    "lint": ("test",),
    "test": ("test", "notebooks"),
}
ALL_CHAPTERS = ("test", "proof", "bench", "install")
NEEDED_MODULES = ("ctypes", "sqlite3", "ssl", "zlib", "venv", "ensurepip")


class SetUpError(Exception):
    """Say why there is no environment, and what to do."""


def main() -> int:
    """Set up what the command needs, then run it; return its exit code."""
    goals = os.environ.get("WORKBOOK_GOALS", "").split()
    venv = Path(os.environ.get("VENV", ".venv")).expanduser().absolute()
    verb = goals[0] if goals else ""
    names = ("app", *NEEDS.get(verb, ()), *_chapters(verb, goals[1:]))
    sys.path.insert(0, str(ROOT))
    from workbook import environ

    # What make was given is still to be read, perhaps by the environment's Python.
    environ.clean_own(("VENV", "PYTHON", *os.environ.get("WORKBOOK_GIVEN", "").split()))
    try:
        if not _is_inside(venv):
            _create(venv)
            _continue(venv)
        set_up(venv, [ROOT / "requirements" / f"{name}.txt" for name in names])
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        where = error.filename or venv
        print(f"{where}: {error.strerror}. Another folder: make VENV=path ...", file=sys.stderr)
        return 1
    return _run(venv)


def _chapters(verb: str, words: Sequence[str]) -> list[str]:
    """Return the chapters whose packages the command needs: those up to the named recipe."""
    with (ROOT / "chapters" / "series.toml").open("rb") as manifest:
        recipes = tomllib.load(manifest).get("recipe", [])
    places = [
        place
        for place, recipe in enumerate(recipes, 1)
        if str(place) in words or recipe.get("id") in words
    ]
    last = len(recipes) if verb in ALL_CHAPTERS else max(places, default=0)
    names = dict.fromkeys(str(recipe.get("chapter")) for recipe in recipes[:last])
    if verb in ("test", "install"):  # services are tested and installed before their recipes
        names |= {path.stem: None for path in sorted((ROOT / "requirements").glob("ch*.txt"))}
    return [name for name in names if (ROOT / "requirements" / f"{name}.txt").exists()]


def _run(venv: Path) -> int:
    from workbook import __main__ as command_line

    try:
        return command_line.from_make()
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] in ("workbook", "checks"):
            raise
        # Somebody has changed the environment by hand.
        for stamp in venv.glob("*.stamp"):
            stamp.unlink()
        print(f"{venv} lacks {error.name}; the next command installs it again.", file=sys.stderr)
        return 1


def _is_inside(venv: Path) -> bool:
    """Tell whether this is the environment's own Python, with its pip in place."""
    own = venv.is_dir() and Path(sys.prefix).samefile(venv)
    return own and util.find_spec("pip") is not None


def _continue(venv: Path) -> NoReturn:
    """Run this file again with the environment's Python."""
    python = str(venv / "bin" / "python")
    os.execv(python, [python, "-I", __file__])


def _create(venv: Path) -> None:
    with _alone():
        if _works(venv):
            return  # another command was faster
        _refuse_other_folder(venv)
        if missing := [name for name in NEEDED_MODULES if not _is_there(name)]:
            raise SetUpError(
                f"The Python at {sys.executable} has no {' and no '.join(missing)}. On Debian and "
                "Ubuntu `sudo apt-get install python3-venv python3-full` adds it; a Python that "
                "you compiled needs the libraries' -dev packages. Or name another Python: "
                "make PYTHON=python3.12 ..."
            )
        command = [sys.executable, "-I", "-m", "venv", "--clear", str(venv)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode or not _works(venv):
            raise SetUpError(f"{venv} cannot be made: {last_line(ran.stdout + ran.stderr)}")


def _works(venv: Path) -> bool:
    """Tell whether the environment's Python is this one, starts and finds its pip."""
    code = (
        "import pip, sys\n"
        f"sys.exit(sys.prefix == sys.base_prefix or sys.version != {sys.version!r})"
    )
    command = [str(venv / "bin" / "python"), "-I", "-c", code]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _refuse_other_folder(venv: Path) -> None:
    """Raise for a folder that holds something and is no environment: it would be deleted."""
    if not venv.is_dir() or not any(venv.iterdir()):
        return
    if not (venv / "pyvenv.cfg").exists() and not [*venv.glob("*.stamp")]:
        raise SetUpError(f"{venv} holds other files; name another folder: make VENV=path ...")


def _is_there(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def set_up(venv: Path, pins: Sequence[Path]) -> None:
    """Install the pinned packages that are not there yet; raise SetUpError."""
    if all(_is_done(venv, path) for path in pins):
        return
    with _alone():
        wanted = [path for path in pins if not _is_done(venv, path)]
        if not wanted:
            return
        names = ", ".join(path.stem for path in wanted)
        print(f"Setting up {venv} ({names}; once, about a minute) ...", file=sys.stderr)
        begin = time.monotonic()
        _pip(venv, wanted)
        for path in wanted:
            _stamp(venv, path).write_text(_key(path))
        print(f"Set up in {time.monotonic() - begin:.0f} s.", file=sys.stderr)


def _pip(venv: Path, pins: Sequence[Path]) -> None:
    log = venv / "setup.log"
    files = [word for path in pins for word in ("-r", str(path))]
    command = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "install"]
    command += ["--no-input", "--progress-bar=off", "--require-hashes", "--prefer-binary", *files]
    # An environment has no user's folder to install to, whatever pip.conf says.
    environ = os.environ | {"PIP_USER": "0"}
    code = _run_logged(command, environ, log)
    if code:
        said = last_line(log.read_text(errors="replace"))
        raise SetUpError(f"pip could not install everything. It said: {said}\nAll of it: {log}")
    if missing := [*_missing(pins)]:
        raise SetUpError(
            f"pip has not installed {missing[0]} into {venv}. Does your pip.conf name a `target` "
            "or a `prefix`? `pip config list` shows it; remove it, then run the command again."
        )


def _run_logged(command: Sequence[str], environ: Mapping[str, str], log: Path) -> int:
    """Run a program with its output in a file; a terminal shows where it is."""
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace",
        ) as process,
    ):  # fmt: skip
        for line in process.stdout or ():
            output.write(line)
            if sys.stderr.isatty():
                print(f"\r\x1b[K{line.strip()[:78]}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return process.returncode


def last_line(output: str) -> str:
    """Return the last line that names an error, else the last one."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["nothing"]
    errors = [line for line in lines if re.match(r"(?i)error\b|\w*Error:", line)]
    return (errors or lines)[-1]


def _missing(pins: Sequence[Path]) -> Iterator[str]:
    invalidate_caches()
    for path in pins:
        for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+) *\\?$", path.read_text()):
            try:
                if metadata.version(name) == version:
                    continue
            except metadata.PackageNotFoundError:
                pass
            yield f"{name} {version}"


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the workbook's folder: two commands at once set it up once."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_done(venv: Path, path: Path) -> bool:
    stamp = _stamp(venv, path)
    return stamp.exists() and stamp.read_text() == _key(path)


def _stamp(venv: Path, path: Path) -> Path:
    return venv / f"{path.stem}.stamp"


def _key(path: Path) -> str:
    return sha256(path.read_bytes() + sys.version.encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
