"""The app with mutants in it: merged into the learner's own app, one source for all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Protocol

from checks import files
from checks.site import Site
from checks.verdict import GraderError, SubmissionError

SCHEMATA = Path(__file__).with_name("schemata.py")
KINDS = (".py", ".html")
CHOICE = re.compile(r"choice_(\d+)_(\d+)")
LARGEST = 300_000
chance = SystemRandom()
# A file's path, and its text in the good app, in the broken one, and merged into the learner's.
Change = tuple[str, tuple[str, str, str | None]]


class Workshop(Protocol):
    """What the series knows of a recipe's mutants: a grade job has it."""

    def reference(self) -> Path:
        """Return the reference solution's app."""

    def versions(self, name: str) -> Iterable[tuple[Path, Path]]:
        """Return the app without and with a mutant: this recipe's app, then those of later ones."""

    def merge(self, good: str, own: str, broken: str) -> str | None:
        """Merge three versions of a text; None on a conflict."""


@dataclass(frozen=True)
class Source:
    """A file with all its mutants: where it says `choice_C_B`, branch B of chain C is chosen."""

    text: str
    chains: tuple[tuple[str, ...], ...]

    def choosing(self, mutant: str) -> str:
        """Return the text in which this mutant runs ("": none, the app as it is)."""
        live = [self._branch(chain, mutant) for chain in self.chains]

        def condition(match: re.Match[str]) -> str:
            chain, branch = int(match[1]), int(match[2])
            return calculation(branch == live[chain] or (branch > live[chain] and coin()))

        return CHOICE.sub(condition, self.text)

    @staticmethod
    def _branch(chain: Sequence[str], mutant: str) -> int:
        wanted = mutant if mutant in chain else ""
        return chance.choice([at for at, name in enumerate(chain) if name == wanted])


def coin() -> bool:
    """Return True or False by chance."""
    return chance.random() < 0.5


def calculation(value: bool) -> str:
    """Return an expression with this value, for Python and for Jinja; no two look alike."""
    number, divisor = chance.randrange(10_000, 100_000), chance.randrange(11, 98)
    rest = number % divisor
    other = (rest + chance.randrange(1, divisor)) % divisor
    if coin():
        return f"({number} % {divisor} == {rest if value else other})"
    return f"({number} % {divisor} != {other if value else rest})"


@dataclass(frozen=True)
class Mutants:
    """The sources of an app with some mutants in them, and the mutants that found no place."""

    sources: Mapping[str, Source]
    misfits: Mapping[str, str]

    def write(self, folder: Path, mutant: str = "") -> None:
        """Write the sources into an app's folder; `mutant` is the one that runs."""
        for path, source in self.sources.items():
            files.write_bytes(folder, path, source.choosing(mutant).encode("utf-8"))


def put_into(
    site: Site, names: Sequence[str], workshop: Workshop, empty: Callable[[], Site]
) -> Mutants:
    """Put mutants into the app of a site, which has not run yet; write nothing."""
    own = dict(_texts(site.folder))
    mutants = {name: dict(_changes(name, own, workshop)) for name in names}
    request = json.dumps({"own": own, "mutants": mutants})
    place = empty()
    try:
        done = place.run("-c", SCHEMATA.read_text("utf-8"), stdin=request, settings=False)
    except SubmissionError as error:
        raise SubmissionError(error.verdict, f"my_app cannot be read: {error.message}") from None
    finally:
        place.close()
    if done.code:
        raise GraderError(f"The mutants cannot be put into the app: {done}")
    facts = json.loads(done.out)
    sources = {
        path: Source(text, tuple(tuple(chain) for chain in chains))
        for path, (text, chains) in facts["sources"].items()
    }
    return Mutants(sources, facts["misfits"])


def _texts(folder: Path) -> list[tuple[str, str]]:
    """Return the source files of an app; one that is no text or too large is left out."""
    found = []
    for path in files.find(folder, "my_app/**/*"):
        at = path.relative_to(folder).as_posix()
        if path.suffix in KINDS and path.stat().st_size <= LARGEST:
            content = files.read_bytes(folder, at) or b""
            try:
                found.append((at, content.decode("utf-8")))
            except UnicodeDecodeError:
                continue
    return found


def _changes(name: str, own: Mapping[str, str], workshop: Workshop) -> list[Change]:
    """Return what a mutant changes: its first version that fits, or the first one of all."""
    tried = []
    for good, broken in workshop.versions(name):
        tried.append(_between(good, broken, name, own, workshop))
        if all(merged is not None for _, (_, _, merged) in tried[-1]):
            return tried[-1]
    return tried[0]


def _between(
    good: Path, broken: Path, name: str, own: Mapping[str, str], workshop: Workshop
) -> list[Change]:
    """Return the good, the broken and the merged text of each file that a mutant changes."""
    changes = []
    for path in filter(Path.is_file, broken.rglob("*")):
        at = path.relative_to(broken).as_posix()
        before = (good / at).read_bytes() if (good / at).is_file() else None
        if before == path.read_bytes():
            continue
        if before is None or path.suffix not in KINDS:
            raise GraderError(f"breaks/{name}.diff may change Python files and templates, not {at}")
        texts = before.decode("utf-8"), path.read_text("utf-8")
        changes.append((at, (*texts, _merged(texts, own.get(at), workshop))))
    return changes


def _merged(texts: tuple[str, str], own: str | None, workshop: Workshop) -> str | None:
    if own is None or own == texts[0]:
        return own and texts[1]
    return workshop.merge(texts[0], own, texts[1])
