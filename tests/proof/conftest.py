"""A tiny book that a test breaks, and its proof by the real judge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from books import tiny

from workbook.proof.proving import prove
from workbook.proof.report import facts
from workbook.series import Series, load

INIT = "my_app/__init__.py"


@dataclass
class Book:
    """A book in a temporary folder; results about equal apps are kept for all tests."""

    place: Path
    root: Path

    @property
    def series(self) -> Series:
        return load(self.root)

    def prove(self, *names: str, budget: float = 0, every_step: bool = True) -> dict[str, Any]:
        """Prove the recipes (none named: all) and return the facts."""
        series = self.series
        recipes = tuple(series.find(name) for name in names) or series.recipes
        return facts(series, prove(series, recipes, budget, every_step))

    def problem(self, *words: str) -> str:
        """Return the only problem of a proof."""
        (told,) = self.prove(*words)["problems"]
        return str(told)

    def problem_about(self, what: str, every_step: bool) -> str:
        """Return the only problem of a proof that names something."""
        (told,) = [p for p in self.prove(every_step=every_step)["problems"] if what in p]
        return str(told)

    def check(self, number: int) -> Path:
        return self.series.recipes[number - 1].check

    def replace(self, path: Path, old: str, new: str) -> None:
        text = path.read_text()
        assert old in text, f"{old!r} is not in {path}"
        path.write_text(text.replace(old, new))

    def say(self, number: int, line: str) -> None:
        """Add a line to a recipe's entry in the manifest."""
        name = tiny.NAMES[number - 1]
        manifest = self.root / "chapters" / "series.toml"
        self.replace(manifest, f'id = "{name}"\n', f'id = "{name}"\n{line}\n')

    def add(self, number: int, name: str, words: str, **changed: str) -> None:
        """Add a mistake or a variant that changes the app's files."""
        state = tiny.STATES[number]
        after = {**state, **{INIT if k == "init" else k: v for k, v in changed.items()}}
        folder = self.series.recipes[number - 1].folder
        tiny.add_diff(self.place, folder / f"{name}.diff", words, state, after)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one build folder for all tests: its cache knows what is the same."""
    return tmp_path_factory.mktemp("build")


@pytest.fixture
def book(tmp_path: Path, build: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    """Return a sound tiny book of three recipes."""
    monkeypatch.setenv("WORKBOOK_BUILD", str(build))
    monkeypatch.setenv("COLUMNS", "80")
    return Book(tmp_path, tiny.make(tmp_path).root)
