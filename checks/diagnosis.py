"""Say in one sentence what went wrong in a submission's process."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from checks.sandbox.launcher import Exit
from checks.verdict import SubmissionError
from workbook.result import Verdict
from workbook.text import clean

TRACEBACK = "Traceback (most recent call last):"
FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
LAST_LINE = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*)(?:: (?P<text>.*))?$")
BARE_ERROR = re.compile(r"^(?P<kind>\w*(Error|Exception)): ")
# Outside of its folders a submission finds Python and the system's programs, and nothing else.
DENIED = re.compile(
    r"(Permission denied|Read-only file system|No such file or directory): '(?P<path>/[^']*)'"
)


@dataclass(frozen=True)
class Failure:
    """The last traceback of an output: the error and its place in the app."""

    kind: str
    error: str
    place: str

    def __str__(self) -> str:
        return f"{self.error} ({self.place})" if self.place else self.error


def last_failure(output: str, folder: Path) -> Failure | None:
    """Find the last traceback in an output; None when there is none."""
    start = output.rfind(TRACEBACK)
    if start < 0:
        return _bare_failure(output, folder)
    block, error = _split(output[start:].splitlines()[1:])
    if not error:
        return None
    return Failure(error.split(":")[0], clean(error, 300), _place("\n".join(block), folder))


def _bare_failure(output: str, folder: Path) -> Failure | None:
    """Find an error that came without a traceback, as a SyntaxError of the first file does."""
    lines = output.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("  File ") and (found := _split(lines[number:]))[1]:
            return Failure(found[1].split(":")[0], found[1], _place("\n".join(found[0]), folder))
    if lines and (match := BARE_ERROR.match(lines[-1])):
        return Failure(match["kind"], clean(lines[-1], 300), "")
    return None


def _split(lines: list[str]) -> tuple[list[str], str]:
    """Divide a traceback into its frames and its last line."""
    block: list[str] = []
    for line in lines:
        if line and not line[0].isspace() and LAST_LINE.match(line):
            return block, line
        block.append(line)
    return block, ""


def _place(block: str, folder: Path) -> str:
    """Name the last frame that lies in the submission."""
    own = [match for match in FRAME.finditer(block) if match["file"].startswith(f"{folder}/")]
    relative = [
        match for match in FRAME.finditer(block) if not match["file"].startswith(("/", "<"))
    ]
    for match in (own or relative)[-1:]:
        return f"{match['file'].removeprefix(f'{folder}/')}, line {match['line']}"
    return ""


def verdict_of(failure: Failure, folder: Path) -> Verdict:
    """Tell running out of memory and forbidden files from other errors."""
    if failure.kind == "MemoryError":
        return "memory"
    denied = DENIED.search(failure.error)
    if denied and not denied["path"].startswith(f"{folder.parent}/"):
        return "forbidden"
    return "error"


def explain(ended: Exit, output: str, folder: Path, when: str) -> SubmissionError:
    """Turn the end of a server into the verdict and the sentence that a learner reads."""
    if ended.code < 0:
        if ended.memory:
            return SubmissionError("memory", f"The app's processes used too much memory {when}.")
        return _explain_signal(-ended.code, when)
    failure = last_failure(output, folder)
    if ended.code and failure:
        verdict = verdict_of(failure, folder)
        outside = " It may use no file but its own." if verdict == "forbidden" else ""
        return SubmissionError(verdict, f"The app's process ended {when}: {failure}.{outside}")
    last = clean(output.strip().splitlines()[-1], 200) if output.strip() else ""
    printed = f" The last line that it printed: {last}" if last else ""
    return SubmissionError(
        "crashed", f"The app's process left by itself {when}, with exit code {ended.code}.{printed}"
    )


def _explain_signal(number: int, when: str) -> SubmissionError:
    name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
    if number == signal.SIGXCPU:
        return SubmissionError("timeout", f"The app used up its processor time {when}.")
    return SubmissionError("crashed", f"The app's process was killed by {name} {when}.")
