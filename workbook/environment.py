"""Makes the virtual environment; run by the system's Python, so standard library only.

`python3 -m workbook.environment VENV NAME ...` installs requirements/NAME.txt, pinned and
hashed. A stamp with the hash of the pins says what is there; two runs at once are safe.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)


def main(venv: Path, names: list[str]) -> int:
    """Install what is missing; return an exit code."""
    version = sys.version_info[:2]
    if not OLDEST <= version <= NEWEST:
        print(
            f"This is Python {version[0]}.{version[1]}; the workbook needs 3.11, 3.12 or 3.13: "
            "make PYTHON=python3.12 ...",
            file=sys.stderr,
        )
        return 2
    root = Path(__file__).resolve().parent.parent
    try:
        venv.mkdir(parents=True, exist_ok=True)
        with (venv / "setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return _install(venv, [root / "requirements" / f"{name}.txt" for name in names])
    except OSError as error:
        print(f"{venv} cannot be made ({error.strerror}); make VENV=path ...", file=sys.stderr)
        return 1


def _install(venv: Path, pins: list[Path]) -> int:
    wanted = [path for path in pins if not _is_there(venv, path)]
    if wanted:
        words = " ".join(path.stem for path in wanted)
        print(f"Setting up {venv} ({words}; once, about a minute) ...", file=sys.stderr)
        if code := _make(venv) or _pip(venv, wanted):
            return code
    for path in pins:
        _stamp(venv, path).write_text(_hash(path))
    return 0


def _make(venv: Path) -> int:
    if (venv / "bin" / "pip").exists():
        return 0
    made = subprocess.run([sys.executable, "-m", "venv", str(venv)], check=False).returncode
    if made:
        print("On Debian and Ubuntu: sudo apt-get install python3-venv", file=sys.stderr)
    return made


def _pip(venv: Path, pins: list[Path]) -> int:
    files = [word for path in pins for word in ("-r", str(path))]
    command = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    begin = time.monotonic()
    code = subprocess.run(
        [*command, "--require-hashes", "--prefer-binary", *files], stdout=sys.stderr, check=False
    ).returncode
    if code:
        print("Not everything could be installed; is there a network?", file=sys.stderr)
    else:
        print(f"Set up in {time.monotonic() - begin:.0f} s.", file=sys.stderr)
    return code


def _is_there(venv: Path, path: Path) -> bool:
    stamp = _stamp(venv, path)
    return stamp.exists() and stamp.read_text() == _hash(path)


def _stamp(venv: Path, path: Path) -> Path:
    return venv / f"{path.stem}.stamp"


def _hash(path: Path) -> str:
    return sha256(path.read_bytes() + sys.version.encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
