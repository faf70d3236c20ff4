"""The order and the facts of all recipes: chapters/series.toml as Recipe objects."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any

from workbook.errors import UsageError, WorkbookError, WorkbookProblems

MANIFEST = "chapters/series.toml"
# Stands here while the series is written; who finds it finishes or undoes that.
INTERRUPTED = "chapters/.refresh"
_FILES = ("README.md", "step.diff", "snippet.py", "check.py")
_FACTS: dict[str, type] = {
    "id": str,
    "chapter": str,
    "title": str,
    "goal": str,
    "minutes": int,
    "needs": list,
    "time_limit": int,
}


_OPTIONAL = ("unneeded", "changes")


@dataclass(frozen=True)
class Waiver:
    """What the proof may find wrong and why that is meant: a hunk, or a check function."""

    what: str
    reason: str


@dataclass(frozen=True)
class Recipe:
    """One recipe. `minutes` is the learner's time, `time_limit` the seconds of a whole check.

    `unneeded` are hunks ("FILE K") that no check needs, `changes` are check functions
    ("id.test_x") of earlier recipes whose promise ends here.
    """

    number: int
    id: str
    chapter: str
    title: str
    goal: str
    minutes: int
    needs: tuple[str, ...]
    time_limit: int
    folder: Path
    unneeded: tuple[Waiver, ...] = ()
    changes: tuple[Waiver, ...] = ()

    @property
    def lesson(self) -> Path:
        """Return the lesson's file."""
        return self.folder / "README.md"

    @property
    def step(self) -> Path:
        """Return the diff onto the app of the recipe before."""
        return self.folder / "step.diff"

    @property
    def snippet(self) -> Path:
        """Return the program that shows the app's new ability."""
        return self.folder / "snippet.py"

    @property
    def check(self) -> Path:
        """Return the pytest file that grades the recipe."""
        return self.folder / "check.py"

    @property
    def mistakes(self) -> tuple[Path, ...]:
        """Return the diffs of typical wrong answers."""
        return tuple(sorted(self.folder.glob("mistakes/*.diff")))

    @property
    def variants(self) -> tuple[Path, ...]:
        """Return the diffs of other right answers."""
        return tuple(sorted(self.folder.glob("variants/*.diff")))

    @property
    def breaks(self) -> tuple[Path, ...]:
        """Return the diffs that break the app for the learner's tests to notice."""
        return tuple(sorted(self.folder.glob("breaks/*.diff")))


@dataclass(frozen=True)
class Planned:
    """A recipe that is to come."""

    number: int
    id: str
    chapter: str
    title: str


@dataclass(frozen=True)
class Series:
    """All recipes in their order."""

    root: Path
    recipes: tuple[Recipe, ...]
    planned: tuple[Planned, ...]

    @property
    def app(self) -> Path:
        """Return the app before recipe 1."""
        return self.root / "shared_app"

    @property
    def build(self) -> Path:
        """Return the folder for what is made: WORKBOOK_BUILD, build/, or a cache folder."""
        if named := os.environ.get("WORKBOOK_BUILD"):
            return Path(named).resolve()
        here = self.root / "build"
        if os.access(here if here.exists() else self.root, os.W_OK):
            return here
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(cache) / "flask-workbook" / sha256(bytes(self.root)).hexdigest()[:12]

    def name_of(self, path: Path) -> str:
        """Return a path as messages show it: relative to the repository."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def find(self, word: str) -> Recipe:
        """Return the recipe of a number or an id; raise UsageError saying what is right."""
        for recipe in self.recipes:
            if word == recipe.id or (
                word.isascii() and word.isdigit() and int(word) == recipe.number
            ):
                return recipe
        raise UsageError(self._no_such(word))

    def _no_such(self, word: str) -> str:
        there = f"recipes 1 to {len(self.recipes)} are there; `make` lists them."
        if not self.recipes:
            return f"There is no recipe {word!r}: this book has none yet."
        for planned in self.planned:
            if word in (planned.id, str(planned.number)):
                return f"Recipe {planned.number} ({planned.title}) is not written yet; {there}"
        close = get_close_matches(word, [recipe.id for recipe in self.recipes], 1)
        guess = f" Did you mean {close[0]}?" if close else ""
        return f"There is no recipe {word!r}; {there}{guess}"


def load(root: Path) -> Series:
    """Read the manifest under `root`; raise all of its problems at once."""
    root = root.resolve()
    book = _manifest(root)
    entries = book.get("recipe", [])
    if problems := [*_problems_of_entries(entries)]:
        raise WorkbookProblems(problems)
    recipes = tuple(_recipe(root, number, facts) for number, facts in enumerate(entries, 1))
    planned = tuple(
        Planned(number, facts["id"], facts["chapter"], facts["title"])
        for number, facts in enumerate(book.get("planned", []), len(recipes) + 1)
    )
    return Series(root, recipes, planned)


def _manifest(root: Path) -> dict[str, Any]:
    path = root / MANIFEST
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WorkbookError(f"{MANIFEST} is missing in {root}; is this the workbook?") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkbookError(f"{MANIFEST} cannot be read: {error}.") from None


def _recipe(root: Path, number: int, facts: dict[str, Any]) -> Recipe:
    folder = root / "chapters" / facts["chapter"] / f"r{number:02d}_{facts['id']}"
    unneeded = tuple(Waiver(e["hunk"], e["reason"]) for e in facts.get("unneeded", []))
    changes = tuple(Waiver(e["check"], e["reason"]) for e in facts.get("changes", []))
    own = {name: facts[name] for name in _FACTS} | {"needs": tuple(facts["needs"])}
    return Recipe(number=number, folder=folder, unneeded=unneeded, changes=changes, **own)


def _problems_of_entries(entries: list[dict[str, Any]]) -> Iterator[str]:
    seen: set[str] = set()
    for number, facts in enumerate(entries, 1):
        where = f"{MANIFEST}, recipe {number} ({facts.get('id', 'no id')})"
        for name, kind in _FACTS.items():
            if not isinstance(facts.get(name), kind) or isinstance(facts[name], bool):
                yield f"{where}: `{name}` is missing or not of type {kind.__name__}."
        for name, key in zip(_OPTIONAL, ("hunk", "check"), strict=True):
            if not all(_is_waiver(entry, key) for entry in facts.get(name, [])):
                yield f'{where}: `{name}` is a list of {{{key} = "...", reason = "..."}}.'
        for name in sorted(set(facts) - {*_FACTS, *_OPTIONAL}):
            yield f"{where}: `{name}` is not a fact of a recipe."
        identifier = str(facts.get("id", ""))
        if not identifier.isidentifier() or not identifier.islower():
            yield f"{where}: the id must be lower case letters, digits and _."
        if identifier in seen:
            yield f"{where}: the id is used twice."
        seen.add(identifier)


def _is_waiver(entry: Any, key: str) -> bool:
    return isinstance(entry, dict) and {*entry} == {key, "reason"} and all(entry.values())


def problems_of_folder(series: Series, recipe: Recipe) -> Iterator[str]:
    """Yield what a recipe's folder lacks."""
    where = series.name_of(recipe.folder)
    if not recipe.folder.is_dir():
        yield f"{where} is missing; {MANIFEST} says that it is recipe {recipe.number}." + (
            _moved(series, recipe)
        )
        return
    for name in _FILES:
        if not (recipe.folder / name).is_file():
            yield f"{where}/{name} is missing; a recipe has {', '.join(_FILES)}."


def _moved(series: Series, recipe: Recipe) -> str:
    for folder in series.root.glob(f"chapters/*/r[0-9]*_{recipe.id}"):
        if folder.name.partition("_")[2] == recipe.id:
            return f" It stands in {series.name_of(folder)}: `make refresh` moves it."
    return ""


def problems_of_folders(series: Series) -> Iterator[str]:
    """Yield what the folders lack, and the folders that the manifest does not know."""
    for recipe in series.recipes:
        yield from problems_of_folder(series, recipe)
    known = {recipe.folder for recipe in series.recipes}
    for folder in sorted(series.root.glob("chapters/*/r[0-9]*")):
        if folder not in known:
            yield f"{series.name_of(folder)} is not in {MANIFEST}; add it there or remove it."
