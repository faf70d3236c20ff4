"""A diff file of a recipe as it is read: why it is, its trailers, its files and hunks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbook.errors import WorkbookProblems

_FILE = re.compile(r"^diff --git a/(?P<old>.+) b/(?P<new>.+)$")
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_TRAILER = re.compile(r"^(?P<key>[A-Z][A-Za-z]*(?:-[A-Za-z]+)*): (?P<value>\S.*)$")
_MODES = re.compile(r"^(?:old|new|deleted)(?: file)? mode (\d+)$")


@dataclass(frozen=True)
class Hunk:
    """One `@@` part of a file's diff; lines begin with ' ', '+', '-' or a backslash."""

    number: int
    old_start: int
    new_start: int
    lines: tuple[str, ...]

    @property
    def header(self) -> str:
        """Return the `@@` line."""
        return self.lines[0]


@dataclass(frozen=True)
class FileDiff:
    """What a diff does to one file of the app; kind is 'changed', 'added' or 'deleted'."""

    path: str
    kind: str
    head: tuple[str, ...]
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True)
class Diff:
    """A parsed diff file. `body` is the git diff exactly as it is in the file."""

    path: Path
    why: str
    trailers: dict[str, str]
    body: str
    files: tuple[FileDiff, ...]

    @property
    def preamble(self) -> str:
        """Return everything before the git diff: the paragraphs of why, and the trailers."""
        text = self.path.read_text(encoding="utf-8")
        return text[: len(text) - len(self.body)]


def read(path: Path, name: str) -> Diff:
    """Read a diff file, called `name` in messages; raise WorkbookProblems with all its problems."""
    text = _text_of(path, name)
    start = _start_of_body(text)
    preamble, body = text[:start], text[start:]
    problems = list(_problems(body, name))
    if problems:
        raise WorkbookProblems(problems)
    why, trailers = _why_and_trailers(preamble)
    return Diff(path, why, trailers, body, tuple(_files(body)))


def files_of(body: str) -> tuple[FileDiff, ...]:
    """Return the files of a git diff that git itself made."""
    return tuple(_files(body))


def lines_of(text: str) -> list[str]:
    """Split a text as git does, at LF alone; each line keeps its end."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _text_of(path: Path, name: str) -> str:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise WorkbookProblems(
            [f"{name}, line {line}: not UTF-8 text; save the file as UTF-8."]
        ) from None
    except OSError as error:
        raise WorkbookProblems([f"{name}: cannot be read ({error.strerror})."]) from None
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        raise WorkbookProblems(
            [f"{name}, line {line}: has CRLF line endings; save the file with LF only."]
        )
    return text


def _start_of_body(text: str) -> int:
    if text.startswith("diff --git "):
        return 0
    found = text.find("\ndiff --git ")
    return len(text) if found < 0 else found + 1


def _why_and_trailers(preamble: str) -> tuple[str, dict[str, str]]:
    paragraphs = [part for part in preamble.strip().split("\n\n") if part.strip()]
    trailers: dict[str, str] = {}
    if paragraphs:
        found = [_TRAILER.match(line) for line in paragraphs[-1].splitlines()]
        if all(found):
            trailers = {match["key"]: match["value"].strip() for match in found if match}
            paragraphs.pop()
    return "\n\n".join(paragraphs), trailers


def _problems(body: str, name: str) -> Iterator[str]:
    """Yield what git would apply and a step may not do; git itself refuses the rest."""
    if not body.strip():
        yield f"{name}: has no diff; a recipe changes at least one file of the app."
        return
    if not body.endswith("\n"):
        yield f"{name}: the last line has no newline; the file seems to be truncated."
    for part in _parts(body):
        head, hunks = _split(part.splitlines())
        yield from _problems_of_head(head, bool(hunks), name)


def _problems_of_head(head: list[str], has_hunks: bool, name: str) -> Iterator[str]:
    match = _FILE.match(head[0])
    if match is None:
        yield f"{name}: has a file header that git did not write: {head[0][:80]!r}."
    elif match["old"] != match["new"]:
        yield f"{name}: renames {match['old']}; write the diff with --no-renames."
    else:
        yield from _problems_of_head_lines(head[1:], match["new"], has_hunks, name)


def _problems_of_head_lines(
    lines: list[str], path: str, has_hunks: bool, name: str
) -> Iterator[str]:
    binary = any(line.startswith(("GIT binary patch", "Binary files ")) for line in lines)
    if binary:
        yield f"{name}: changes the binary file {path}; a step may only change text."
    modes = [match[1] for line in lines if (match := _MODES.match(line))]
    if "120000" in modes:
        yield f"{name}: makes {path} a link; a step may only change regular files."
    elif any(line.startswith("old mode") for line in lines) or set(modes) - {"100644"}:
        yield f"{name}: changes the mode of {path}; all files of the app have mode 100644."
    elif not has_hunks and not binary and not modes:
        yield f"{name}: changes nothing in {path}."


def _parts(body: str) -> list[str]:
    return re.split(r"(?m)^(?=diff --git )", body)[1:]


def _split(lines: list[str]) -> tuple[list[str], list[list[str]]]:
    """Split the lines of one file's diff into its head and its hunks."""
    starts = [i for i, line in enumerate(lines) if _HUNK.match(line)]
    ends = [*starts[1:], len(lines)]
    hunks = [lines[start:end] for start, end in zip(starts, ends, strict=False)]
    return lines[: starts[0] if starts else None], hunks


def _files(body: str) -> Iterator[FileDiff]:
    for part in _parts(body):
        head, hunks = _split(part.splitlines())
        match = _FILE.match(head[0])
        assert match is not None
        yield FileDiff(match["new"], _kind(head), tuple(head), tuple(_hunks(hunks)))


def _kind(head: list[str]) -> str:
    if any(line.startswith("new file") for line in head):
        return "added"
    return "deleted" if any(line.startswith("deleted file") for line in head) else "changed"


def _hunks(hunks: list[list[str]]) -> Iterator[Hunk]:
    for number, lines in enumerate(hunks, 1):
        match = _HUNK.match(lines[0])
        assert match is not None
        yield Hunk(number, int(match[1]), int(match[3]), tuple(lines))
