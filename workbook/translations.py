"""Compiles an app's translations: each .po file to the .mo file that Flask-Babel reads.

Run as a program, it compiles one .po from standard input to standard output. Babel reads a
submission's file in such a process, whose memory and time are limited.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

SOURCES = "my_app/translations/*/LC_MESSAGES/*.po"
_MEMORY = 512 << 20
_SECONDS = 5
_TOO_MUCH = "it takes too much time or memory."


class CannotCompile(Exception):
    """Tell in one line why a .po file cannot be compiled."""


def cache(build: Path) -> Path:
    """Return the folder of a workbook's compiled translations."""
    return build / "translations"


def compile_app(app: Path, kept: Path) -> None:
    """Compile the translations of an app; raise CannotCompile with the file's name."""
    for source in sorted(app.glob(SOURCES)):
        compiled = compile_po(source.read_bytes(), kept, source.relative_to(app))
        source.with_suffix(".mo").write_bytes(compiled)


def compile_po(content: bytes, kept: Path, name: str | Path) -> bytes:
    """Return a .po file's content compiled, from `kept` when it was compiled before."""
    from workbook.files import replace  # not where this runs as a program, apart from the package

    path = kept / f"{sha256(content).hexdigest()}.mo"
    if path.is_file():
        return path.read_bytes()
    command = [sys.executable, "-I", __file__]
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise CannotCompile(f"{name} cannot be compiled: {reason[-1] if reason else _TOO_MUCH}")
    replace(path, done.stdout)
    return done.stdout


def _main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    from babel.messages import mofile, pofile

    try:
        catalog = pofile.read_po(io.BytesIO(sys.stdin.buffer.read()), abort_invalid=True)
        # Without a date of its own the file would differ in every run.
        catalog.creation_date = datetime(1970, 1, 1, tzinfo=UTC)
        mofile.write_mo(sys.stdout.buffer, catalog)
    except pofile.PoFileError as error:
        print(f"line {error.lineno + 1}: {str(error).rpartition(' on ')[0]}.", file=sys.stderr)
        return 1
    except Exception as error:  # whatever Babel makes of a file that anybody may have written
        print(f"{str(error) or type(error).__name__}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
