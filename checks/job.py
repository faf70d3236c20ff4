"""One app to be held against one check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks import files
from checks.sandbox.launcher import Zygote
from checks.verdict import GraderError, SubmissionError
from workbook import translations

if TYPE_CHECKING:
    from workbook.series import Recipe, Series

WITHOUT_RECIPE = 60.0


@dataclass(frozen=True)
class Job:
    """What to judge, by which check, with what time and place."""

    id: str
    app: Path
    check: Path
    time_limit: float
    patience: float
    scratch: Path
    zygote: Zygote
    series: Series | None
    recipe: Recipe | None

    @property
    def facts(self) -> dict[str, Any]:
        """The head of the result."""
        recipe = self.recipe
        return {
            "id": self.id,
            "recipe": recipe.id if recipe else None,
            "number": recipe.number if recipe else None,
            "title": recipe.title if recipe else self.check.parent.name,
        }

    def copy(self, target: Path) -> None:
        """Give a fresh copy of the submission."""
        files.copy_submission(self.app, target)
        self._compile_translations(target)

    def reference(self) -> Path:
        """Return the reference solution's app."""
        from workbook import tree

        series, recipe = self._book()
        return tree.build(series, recipe.number)

    def versions(self, name: str) -> Iterator[tuple[Path, Path]]:
        """Yield the app without and with a mutant: this recipe's app, then those of later ones."""
        from workbook import mutants, tree

        series, recipe = self._book()
        for version in mutants.versions(series, recipe, name):
            good = tree.build(series, version.number)
            yield good, tree.build_with(series, version.number, version.path)

    def merge(self, good: str, own: str, broken: str) -> str | None:
        """Merge what was broken in the good text into the submission's own; None on a conflict."""
        from workbook import merging, tree

        return merging.merged_text(tree.store(self._book()[0]), good, own, broken)

    def _compile_translations(self, folder: Path) -> None:
        kept = translations.cache(self.series.build if self.series else self.scratch)
        for path in files.find(folder, translations.SOURCES):
            name = str(path.relative_to(folder))
            content = files.read_bytes(folder, name) or b""
            try:
                compiled = translations.compile_po(content, kept, name)
            except translations.CannotCompile as error:
                raise SubmissionError("error", str(error)) from None
            files.write_bytes(folder, name.removesuffix(".po") + ".mo", compiled)

    def _book(self) -> tuple[Series, Recipe]:
        if self.series is None or self.recipe is None:
            raise GraderError("A check of tests needs a job with a recipe: there is no good app.")
        return self.series, self.recipe


class Book:
    """The series behind the jobs, read when the first job asks for it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._series: Series | None = None

    def job(self, facts: dict[str, Any], scratch: Path, zygote: Zygote) -> Job:
        """Read a job's line; raise GraderError or WorkbookError when it names what is not there."""
        recipe = self.series.find(str(facts["recipe"])) if facts.get("recipe") else None
        check = facts.get("check") or (recipe and recipe.check)
        make = partial(Job, id=str(facts.get("id", "")), scratch=scratch, zygote=zygote)
        for name, path in (("check", check), ("app", facts.get("app"))):
            if not path or not Path(path).exists():
                raise GraderError(f"There is no {name}: {path or 'the job names none'}.")
        limit = facts.get("time_limit") or (recipe.time_limit if recipe else WITHOUT_RECIPE)
        return make(
            app=Path(facts["app"]).resolve(),
            check=Path(str(check)).resolve(),
            time_limit=float(limit),
            patience=float(facts.get("patience", 10)),
            series=self._series if recipe else None,
            recipe=recipe,
        )

    @property
    def series(self) -> Series:
        """The series of the book."""
        if self._series is None:
            from workbook import series

            self._series = series.load(self.root)
        return self._series
