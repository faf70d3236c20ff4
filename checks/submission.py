"""One submission: the app that a job names, with what grading it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from checks import files
from checks.sandbox.launcher import Zygote
from checks.services import Services
from checks.verdict import GraderError, SubmissionError
from workbook import needs, translations
from workbook.result import CheckResult, Job, Result, result

if TYPE_CHECKING:
    from workbook.series import Recipe, Series
    from workbook.servers.service import Running

WITHOUT_RECIPE = 60.0


@dataclass(frozen=True)
class Submission:
    """The app of a job, its check, and the time and place for both."""

    job: Job
    check: Path
    time_limit: float
    scratch: Path
    zygote: Zygote
    series: Series | None
    recipe: Recipe | None
    services: Mapping[str, Running] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def result(self, rows: list[CheckResult], seconds: float) -> Result:
        """Sum up what became of the check functions."""
        recipe = self.recipe
        return result(
            self.job, rows, seconds,
            recipe=recipe.id if recipe else None,
            number=recipe.number if recipe else None,
            title=recipe.title if recipe else self.check.parent.name,
            missing=self.missing,
        )  # fmt: skip

    def copy(self, target: Path) -> None:
        """Make a fresh copy of the submission."""
        files.copy_submission(self.job.app, target)
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
    """The series behind the jobs, read when the first job needs it."""

    def __init__(self, root: Path, missing: tuple[str, ...] = ()) -> None:
        self.root = root
        self.services = Services()
        self.missing = missing
        self._series: Series | None = None

    def submission(self, job: Job, scratch: Path, zygote: Zygote) -> Submission:
        """Find what a job names; raise GraderError or WorkbookError for what is not there."""
        recipe = self.series.find(job.recipe) if job.recipe else None
        check = job.check or (recipe and recipe.check)
        for name, path in (("check", check), ("app", job.app)):
            if not path or not path.exists():
                raise GraderError(f"There is no {name}: {path or 'the job names none'}.")
        assert check
        limit = job.time_limit or (recipe.time_limit if recipe else WITHOUT_RECIPE)
        return Submission(
            job=job,
            check=check.resolve(),
            time_limit=limit,
            scratch=scratch,
            zygote=zygote,
            series=self._series if recipe else None,
            recipe=recipe,
            services=self.services.prepare(needs.of_check(check)),
            missing=self.missing,
        )

    def close(self) -> None:
        """Stop the services that were kept running."""
        self.services.close()

    @property
    def series(self) -> Series:
        """The series of the book."""
        if self._series is None:
            from workbook import series

            self._series = series.load(self.root)
        return self._series
