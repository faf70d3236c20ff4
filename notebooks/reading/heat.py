"""Draws a function line by line: how many tests run each line, and which."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from . import svg
from .svg import Picture

ROW, SIZE, STEP, EDGE = 19.0, 11.0, 15.0, 12.0
CODE_AT = 118.0
MISSED, HALF = "#ffd7d0", "#ffe9b8"
# A darker blue for more tests; the number is beside it.
HEAT = {8: "#a6c8e4", 4: "#c3daef", 2: "#dbe9f6", 1: "#eef4fb"}
BAD = "#8f1d0e"


@dataclass(frozen=True)
class Line:
    """A line of the drawing; `tests` is None if nothing can run there, as in a comment."""

    number: int
    text: str
    tests: frozenset[str] | None
    imported: bool = False
    note: str = ""

    @property
    def missed(self) -> bool:
        """Return whether the line can run and never did."""
        return self.tests is not None and not self.tests and not self.imported


def draw(
    name: str,
    text: str,
    function: str,
    ran: Mapping[int, Sequence[str]],
    missed_branches: Sequence[tuple[int, int]],
) -> Picture:
    """Draw one function of a file from the tests that ran each of its lines."""
    lines = [*_lines(text, function, ran, dict(missed_branches))]
    tests = sorted({test for line in lines for test in line.tests or ()})
    marks = {test: chr(ord("a") + at) for at, test in enumerate(tests)}
    dots_at = CODE_AT + max(len(f"{line.text}{line.note}") for line in lines) * _char() + 24
    width = max(dots_at + len(tests) * STEP + EDGE, 620)
    shapes = [svg.text(EDGE, 22, f"{function} in {name}", 13, bold=True)]
    shapes += [
        svg.text(dots_at + at * STEP, 44, mark, SIZE, svg.INK, "middle", bold=True)
        for at, mark in enumerate(marks.values())
    ]
    for at, line in enumerate(lines):
        shapes += _row(line, 52 + at * ROW, width, dots_at, tests)
    bottom = 52 + len(lines) * ROW + 22
    shapes += _names(marks, bottom, width)
    says = _says(function, lines, len(tests))
    height = bottom + -(-len(tests) // _columns(marks, width)) * 16
    return Picture(svg.picture(round(width), round(height), says, shapes), says)


def _says(function: str, lines: Sequence[Line], tests: int) -> str:
    missed = [line.number for line in lines if line.missed and line.text.strip()]
    half = [line.number for line in lines if line.note]
    return (
        f"{function}: run by {tests} {'test' if tests == 1 else 'tests'}; "
        f"lines missed: {_numbers(missed)}; lines with a partial branch: {_numbers(half)}"
    )


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"


def _lines(
    text: str, function: str, ran: Mapping[int, Sequence[str]], missed_branches: Mapping[int, int]
) -> Iterator[Line]:
    nodes = ast.walk(ast.parse(text))
    node = next(n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == function)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    starts = _starts(node)
    for number in range(first, (node.end_lineno or first) + 1):
        start = starts.get(number)
        tests = None if start is None else frozenset(t for t in ran.get(start, ()) if t)
        imported = start in ran and not tests
        goal = missed_branches.get(number) if number in ran else None
        note = "" if goal is None else f"   <- never goes to {goal if goal > 0 else 'the end'}"
        yield Line(number, text.splitlines()[number - 1], tests, imported, note)


def _starts(function: ast.FunctionDef) -> dict[int, int]:
    """Return for each line of a statement the line that coverage counts."""
    starts: dict[int, int] = {}
    for node in [function, *ast.walk(function)]:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not isinstance(node, ast.stmt | ast.ExceptHandler) or is_text:
            continue
        body = getattr(node, "body", None)
        end = body[0].lineno - 1 if body else node.end_lineno or node.lineno
        starts |= dict.fromkeys(range(node.lineno, max(end, node.lineno) + 1), node.lineno)
    starts |= {decorator.lineno: decorator.lineno for decorator in function.decorator_list}
    return starts


def _row(line: Line, y: float, width: float, dots_at: float, tests: Sequence[str]) -> Iterator[str]:
    ground, label = _mark(line)
    if ground:
        yield svg.rect(EDGE + 34, y, width - 2 * EDGE - 34, ROW - 1, ground)
    if line.missed:  # a bar, which shows without colour, too
        yield svg.rect(EDGE + 34, y, 5, ROW - 1, BAD)
    base = y + ROW - 6
    yield svg.text(EDGE + 26, base, str(line.number), SIZE, svg.FAINT, "end")
    if label:
        strong = line.missed or bool(line.note)
        yield svg.text(EDGE + 44, base, label, SIZE, BAD if strong else svg.INK, bold=strong)
    code = line.text.lstrip()
    indent = CODE_AT + (len(line.text) - len(code)) * _char()
    if code:
        yield svg.text(indent, base, code, SIZE)
    if line.note:
        note_at = indent + (len(code) + 3) * _char()
        yield svg.text(note_at, base, line.note.strip(), SIZE, BAD, bold=True)
    for at, test in enumerate(tests):
        if test in (line.tests or ()):
            yield svg.circle(dots_at + at * STEP, y + ROW / 2, 3.6, svg.INK)


def _mark(line: Line) -> tuple[str, str]:
    if line.tests is None:
        return "", ""
    if line.missed:
        return MISSED, "MISSED"
    if line.imported:
        return "", "import"
    count = len(line.tests)
    label = "1 test" if count == 1 else f"{count} tests"
    if line.note:
        return HALF, label
    return next(colour for least, colour in HEAT.items() if count >= least), label


def _names(marks: Mapping[str, str], y: float, width: float) -> Iterator[str]:
    columns = _columns(marks, width)
    for at, (test, mark) in enumerate(marks.items()):
        x = EDGE + at % columns * (width - 2 * EDGE) / columns
        yield svg.text(x, y + at // columns * 16, f"{mark} {_short(test)}", SIZE)


def _columns(tests: Iterable[str], width: float) -> int:
    """Return how many names of tests fit side by side."""
    longest = max((len(_short(test)) for test in tests), default=1) + 4
    return max(1, int((width - 2 * EDGE) / (longest * _char())))


def _short(test: str) -> str:
    return test.rpartition(".")[2]


def _char() -> float:
    return SIZE * svg.CHAR
