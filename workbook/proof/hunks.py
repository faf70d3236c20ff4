"""The app of a step without one hunk of its diff, or without one added Python statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from workbook import diffs
from workbook.diffs import Diff, FileDiff, Hunk

_NO_NEWLINE = "\\"
_Block = list[ast.stmt]


@dataclass(frozen=True)
class Removal:
    """One file of an app as it would be; no content: without the file."""

    name: str
    path: str
    content: str | None

    @property
    def key(self) -> str:
        """Return a hash of what it makes of the file."""
        mark = "-" if self.content is None else "+" + self.content
        return sha256(f"{self.path}\0{mark}".encode()).hexdigest()

    def apply(self, app: Path) -> None:
        """Change a copy of the app; the file is replaced, never written into."""
        path = app / self.path
        path.unlink(missing_ok=True)
        if self.content is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.content.encode())


def without_hunks(diff: Diff, before: Path, after: Path) -> Iterator[Removal]:
    """Yield the app without each hunk, named "FILE K" as lessons name it."""
    for part in diff.files:
        if part.kind == "deleted":
            yield Removal(f"{part.path} 1", part.path, _text(before / part.path))
        elif not part.hunks or part.kind == "added":
            yield Removal(f"{part.path} 1", part.path, None)
        else:
            text = _text(after / part.path)
            for hunk in part.hunks:
                yield Removal(f"{part.path} {hunk.number}", part.path, _without(text, hunk))


def _text(path: Path) -> str:
    return path.read_bytes().decode()


def _without(text: str, hunk: Hunk) -> str:
    """Return a file as it is after its diff, with one hunk taken back."""
    lines = diffs.lines_of(text)
    old = _side(hunk, "-")
    new = _side(hunk, "+")
    start = hunk.new_start - 1 if new else hunk.new_start
    assert lines[start : start + len(new)] == new, f"{hunk.header} is not there"
    return "".join([*lines[:start], *old, *lines[start + len(new) :]])


def _side(hunk: Hunk, mark: str) -> list[str]:
    """Return the lines of one side of a hunk, with their line ends."""
    found: list[str] = []
    last = ""
    for line in hunk.lines[1:]:
        if line.startswith(_NO_NEWLINE):
            if last in (mark, " "):
                found[-1] = found[-1].rstrip("\n")
            continue
        last = line[:1] or " "
        if last in (mark, " "):
            found.append(line[1:] + "\n")
    return found


def without_statements(diff: Diff, after: Path) -> Iterator[Removal]:
    """Yield the app without each added Python statement that can be deleted alone."""
    for part in diff.files:
        if part.path.endswith(".py") and part.kind != "deleted":
            yield from _of_file(part, _text(after / part.path))


def _of_file(part: FileDiff, text: str) -> Iterator[Removal]:
    try:
        module = ast.parse(text)
    except SyntaxError:
        return  # such a step fails its check anyway
    added = _added(part)
    lines = diffs.lines_of(text)
    for block in _blocks(module):
        for node in block:
            first, last = _span(node)
            if added >= set(range(first, last + 1)) and _is_alone(node, lines):
                new = _deleted(node, lines, needs_pass=len(block) == 1 and block != module.body)
                if _compiles(new):
                    code = lines[node.lineno - 1].strip()
                    yield Removal(f"{part.path}:{first} {code[:60]}", part.path, new)


def _added(part: FileDiff) -> set[int]:
    """Return the numbers of the added lines in the new file."""
    numbers = set()
    for hunk in part.hunks:
        line = hunk.new_start
        for text in hunk.lines[1:]:
            if text.startswith("+"):
                numbers.add(line)
            line += not text.startswith(("-", _NO_NEWLINE))
    return numbers


def _blocks(module: ast.Module) -> Iterator[_Block]:
    for node in ast.walk(module):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield [stmt for stmt in block if not _does_nothing(stmt)] or []


def _does_nothing(node: ast.stmt) -> bool:
    """Return whether a statement does nothing: a docstring, `pass`, a bare annotation."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
    return future or isinstance(node, ast.Pass)


def _span(node: ast.stmt) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return first, node.end_lineno or node.lineno


def _is_alone(node: ast.stmt, lines: list[str]) -> bool:
    """Return whether the statement has its lines for itself; `elif` is part of its `if`."""
    before = lines[node.lineno - 1].encode()[: node.col_offset]
    after = lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset :]
    is_elif = isinstance(node, ast.If) and lines[node.lineno - 1].lstrip().startswith("elif")
    return not before.strip() and not after.split(b"#")[0].strip() and not is_elif


def _deleted(node: ast.stmt, lines: list[str], needs_pass: bool) -> str:
    first, last = _span(node)
    indent = " " * node.col_offset
    rest = [f"{indent}pass\n"] if needs_pass else []
    return "".join([*lines[: first - 1], *rest, *lines[last:]])


def _compiles(text: str) -> bool:
    try:
        compile(text, "app", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True
