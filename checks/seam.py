"""Mutants that fit every way to write an app: changes of a probe that lies around its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from checks import probes
from checks.site import Site
from checks.suite import Suite
from checks.verdict import GraderError

Edit = tuple[str, str]


@dataclass(frozen=True)
class Seam:
    """A probe with mutants of it: each name is a text of the probe and what takes its place."""

    folder: Path
    probe: str
    name: str
    edits: Mapping[str, Edit]

    def reference(self) -> Path:
        """Return an app with nothing in it but the probe."""
        return self._app("reference", probes.text(self.probe, self.name))

    def versions(self, name: str) -> list[tuple[Path, Path]]:
        """Return that app and the same with a mutant of the probe."""
        old, new = self.edits[name]
        good = probes.text(self.probe, self.name)
        if good.count(old) != 1:
            raise GraderError(f"The mutant {name} has no place in probes/{self.probe}.py.")
        return [(self.reference(), self._app(name, good.replace(old, new)))]

    def merge(self, good: str, own: str, broken: str) -> str | None:
        """Return the mutant: a submission has no text of its own here."""
        return broken

    def _app(self, name: str, text: str) -> Path:
        file = self.folder / name / "my_app" / f"{self.name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return self.folder / name


def expect_noticed(
    suite: Suite, probe: str, edits: Mapping[str, Edit], told: Mapping[str, str], *command: str
) -> None:
    """Expect that the tests notice mutants of a probe; `told` is as for suite.expect_noticed."""
    __tracebackhide__ = True
    name = probes.new_name()

    def new_site() -> Site:
        site = suite.new_site()
        probes.put(site, probe, name)
        return site

    with TemporaryDirectory(prefix="seam-") as folder:
        seam = Seam(Path(folder), probe, name, edits)
        Suite(new_site, seam, suite.empty_site).expect_noticed(told, *command)
