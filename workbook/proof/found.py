"""What a proof found: the matrix of checks and steps, and the parts of each recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbook.series import Recipe


@dataclass(frozen=True)
class Cell:
    """A check on one step; signs: passed failed changed skipped other problem unasked."""

    sign: str
    verdict: str
    note: str = ""


@dataclass(frozen=True)
class Function:
    """One check function on every step."""

    name: str
    sentence: str
    guard: str
    cells: tuple[Cell, ...]

    @property
    def crashes(self) -> bool:
        """Return whether the check itself goes wrong on some step."""
        return any(cell.verdict == "grader-error" for cell in self.cells)


@dataclass(frozen=True)
class Part:
    """A hunk, statement, mistake or variant: whether it is as it should be, and by what."""

    name: str
    good: bool
    note: str


@dataclass
class RecipeProof:
    """All that was proved of one recipe; `left_out` statements had no time."""

    recipe: Recipe
    functions: list[Function] = field(default_factory=list)
    hunks: list[Part] = field(default_factory=list)
    statements: list[Part] = field(default_factory=list)
    left_out: int = 0
    mistakes: list[Part] = field(default_factory=list)
    variants: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def cells(self) -> list[Cell]:
        """Return the recipe's row of the matrix: for each step what weighs most."""
        columns = zip(*(function.cells for function in self.functions), strict=True)
        return [_weightiest(column) for column in columns]


def _weightiest(column: Sequence[Cell]) -> Cell:
    for sign in ("problem", "changed", "failed", "skipped", "passed", "other", "unasked"):
        for cell in column:
            if cell.sign == sign:
                return cell
    raise AssertionError("a check has at least one function")


@dataclass
class Proof:
    """What a proof found, and what it cost."""

    recipes: list[RecipeProof]
    steps: int
    every_step: bool = False
    asked: int = 0
    cached: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
