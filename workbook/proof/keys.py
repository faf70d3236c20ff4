"""The keys of results: a hash of everything that can change what the grader says about an app."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from workbook import mutants, needs, tree
from workbook.proof import packages
from workbook.proof.sources import Sources, imported_by
from workbook.series import Recipe, Series
from workbook.servers.service import service

_HOME = Path(__file__).resolve().parents[2]
# The result does not depend on these files of a recipe's folder, nor on its mistakes and variants.
_NOT_THE_CHECK = {"README.md", "step.diff", "snippet.py"}


@dataclass
class Keys:
    """The keys of one series; `home` holds the grader's code."""

    series: Series
    home: Path = _HOME
    _sources: Sources = field(init=False)
    _imports: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sources = Sources(self.home)

    def of_check(self, recipe: Recipe) -> str:
        """Return the hash of what grades any app for a recipe, the app itself left out."""
        used = self._sources.used_by(recipe.check)
        modules = used.modules
        parts = [sys.version, recipe.id, str(recipe.time_limit), *_origins(recipe)]
        parts += [word for item in used.files.items() for word in item]
        if _runs_tests(recipe):
            parts.append(tree.tree_at(self.series, recipe.number))
            modules |= self._imports_at(recipe.number)
        parts += packages.behind(modules)
        parts += self._later_mutants(recipe)
        return digest(*(part.encode() for part in parts), *_files(recipe))

    def of_app(self, own: str, number: int, change: str = "") -> str:
        """Return the key of the app after recipe `number`, with a change of its files.

        `own` is the key of the check. `change` is a diff, or stands for one.
        """
        modules = self._imports_at(number) | imported_by(change)
        parts = [own, tree.tree_at(self.series, number), change, *packages.behind(modules)]
        return digest(*(part.encode() for part in parts))

    def _imports_at(self, number: int) -> set[str]:
        """Return the modules that the app after recipe `number` imports."""
        name = tree.tree_at(self.series, number)
        if name not in self._imports:
            paths = tree.build(self.series, number).rglob("*.py")
            texts = (path.read_bytes().decode("utf-8", "replace") for path in paths)
            self._imports[name] = set().union(*(imported_by(text) for text in texts))
        return self._imports[name]

    def _later_mutants(self, recipe: Recipe) -> Iterator[str]:
        """Yield what makes the versions that later recipes have of this recipe's mutants."""
        for name in mutants.names_of(recipe):
            for version in mutants.versions(self.series, recipe, name)[1:]:
                yield tree.tree_at(self.series, version.number)
                yield tree.tree_with(self.series, version.number, version.path)


def _origins(recipe: Recipe) -> list[str]:
    """Return which program each service of a check is, and its version."""
    return [str(service(name).origin()) for name in sorted(needs.of_check(recipe.check))]


def _runs_tests(recipe: Recipe) -> bool:
    """Return whether a check knows the reference app: it runs the learner's tests on it."""
    return bool(recipe.breaks) or b"suite" in recipe.check.read_bytes()


def _files(recipe: Recipe) -> list[bytes]:
    parts = []
    for path in sorted(recipe.folder.rglob("*")):
        inside = path.relative_to(recipe.folder)
        if path.is_dir() or str(inside) in _NOT_THE_CHECK or "__pycache__" in inside.parts:
            continue
        if inside.parts[0] not in ("mistakes", "variants"):
            parts += [str(inside).encode(), path.read_bytes()]
    return parts


def digest(*parts: bytes) -> str:
    """Return one hash of several things."""
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()
