"""The key of an answer changes with what can change the answer, and with nothing else."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from books import tiny
from proof.conftest import INIT, Book

from workbook.proof import packages
from workbook.proof.keys import Keys

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture
def grader(tmp_path: Path) -> Path:
    """Copy the grader, so that a test can change it."""
    home = tmp_path / "grader"
    for name in ("checks", "workbook"):
        shutil.copytree(HOME / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    return home


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def changed(book: Book, grader: Path, change: Callable[[], object]) -> list[int]:
    """Return the numbers of the recipes whose keys a change changes."""

    def keys() -> list[str]:
        keys = Keys(book.series, grader)
        return [keys.of_app(keys.of_check(recipe), 3) for recipe in book.series.recipes]

    before = keys()
    change()
    return [n for n, (old, new) in enumerate(zip(before, keys(), strict=True), 1) if old != new]


def use(book: Book, number: int, fixture: str) -> None:
    book.replace(book.check(number), "(site)", f"(site, {fixture})")


def test_the_grader_changes_every_key(book: Book, grader: Path) -> None:
    path = grader / "checks" / "grader.py"
    assert changed(book, grader, lambda: append(path, "\nMORE = 1\n")) == [1, 2, 3]


def test_what_the_grader_starts_as_a_program_changes_every_key(book: Book, grader: Path) -> None:
    path = grader / "checks" / "sandbox" / "zygote.py"
    assert changed(book, grader, lambda: append(path, "\nMORE = 1\n")) == [1, 2, 3]


def test_comments_and_docstrings_of_the_grader_change_no_key(book: Book, grader: Path) -> None:
    path = grader / "checks" / "grader.py"

    def reword() -> None:
        path.write_text("# More.\n" + path.read_text().replace('    """', '    """Reworded. '))

    assert changed(book, grader, reword) == []


def test_a_service_changes_the_keys_of_the_checks_that_use_it(book: Book, grader: Path) -> None:
    use(book, 2, "mail_server")
    use(book, 3, "timezone_service")
    servers = grader / "workbook" / "servers"
    assert changed(book, grader, lambda: append(servers / "smtp.py", "\nMORE = 1\n")) == [2]
    assert changed(book, grader, lambda: append(servers / "smtpd.py", "\nMORE = 1\n")) == [2]
    assert changed(book, grader, lambda: append(servers / "timezones.py", "\nMORE = 1\n")) == [3]
    assert changed(book, grader, lambda: append(servers / "arrivals.py", "\nMORE = 1\n")) == [2, 3]


def test_a_service_of_the_snippet_alone_changes_no_key(book: Book, grader: Path) -> None:
    manifest = book.root / "chapters" / "series.toml"
    book.replace(manifest, 'title = "Hours"', 'title = "Hours"\n#')
    text = manifest.read_text()
    at = text.index("needs = []", text.index("Hours"))
    manifest.write_text(text[:at] + 'needs = ["bugsink"]' + text[at + len("needs = []") :])
    path = grader / "workbook" / "servers" / "bugsink.py"
    assert changed(book, grader, lambda: append(path, "\nMORE = 1\n")) == []


def test_a_fixture_changes_the_keys_of_the_checks_that_use_it(book: Book, grader: Path) -> None:
    use(book, 2, "mail_server")
    path = grader / "checks" / "fixtures.py"
    old, new = "catalog", "shop"
    assert old in path.read_text()
    assert changed(book, grader, lambda: path.write_text(path.read_text().replace(old, new))) == [2]


def test_the_runner_of_tests_changes_the_keys_of_checks_of_tests(book: Book, grader: Path) -> None:
    use(book, 1, "suite")
    path = grader / "checks" / "suite.py"
    assert changed(book, grader, lambda: append(path, "\nMORE = 1\n")) == [1]


def test_a_probe_changes_the_keys_of_checks_that_put_it_into_apps(book: Book, grader: Path) -> None:
    append(book.check(3), "\n\nfrom checks import probes  # noqa: E402, F401\n")
    path = grader / "checks" / "probes" / "queries.py"
    assert changed(book, grader, lambda: append(path, "\nMORE = 1\n")) == [3]


def test_the_engine_around_the_grader_changes_no_key(book: Book, grader: Path) -> None:
    def change() -> None:
        for name in ("lessons.py", "linting.py", "proof/rules.py", "authoring/journal.py"):
            append(grader / "workbook" / name, "\nMORE = 1\n")

    assert changed(book, grader, change) == []


def test_a_lesson_a_snippet_and_a_mistake_change_no_key(book: Book, grader: Path) -> None:
    folder = book.series.recipes[0].folder

    def change() -> None:
        append(folder / "README.md", "More.\n")
        append(folder / "snippet.py", "\nMORE = 1\n")
        (folder / "mistakes" / "constant.diff").unlink()

    assert changed(book, grader, change) == []


class Installed:
    """A folder of installed packages that a test changes."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def install(self, name: str, version: str, needs: str = "") -> None:
        for old in self.place.glob(f"{name}-*.dist-info"):
            shutil.rmtree(old)
        facts = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        facts += f"Requires-Dist: {needs}\n" if needs else ""
        folder = self.place / f"{name}-{version}.dist-info"
        tiny.write(folder, {"METADATA": facts, "top_level.txt": f"{name}\n"})
        importlib.invalidate_caches()
        for known in (packages._owners, packages._version, packages._required):
            known.cache_clear()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    place = tmp_path / "site-packages"
    place.mkdir()
    monkeypatch.syspath_prepend(str(place))
    return Installed(place)


def test_a_package_that_nothing_uses_changes_no_key(
    book: Book, grader: Path, installed: Installed
) -> None:
    installed.install("sweeper", "1.0")
    assert changed(book, grader, lambda: installed.install("sweeper", "2.0")) == []
    assert changed(book, grader, lambda: installed.install("duster", "1.0")) == []


def test_a_package_of_a_check_changes_its_key(
    book: Book, grader: Path, installed: Installed
) -> None:
    installed.install("sweeper", "1.0")
    append(book.check(2), "\n\nPROGRAM = ('-m', 'sweeper', 'run')\n")
    assert changed(book, grader, lambda: installed.install("sweeper", "2.0")) == [2]


def test_a_package_of_the_app_and_what_it_needs_change_every_key(
    book: Book, grader: Path, installed: Installed
) -> None:
    installed.install("shelves", "1.0", needs="planks>=1")
    installed.install("planks", "1.0")
    after = {**tiny.STATES[3], INIT: "import shelves\n" + tiny.STATES[3][INIT]}
    step = book.series.recipes[2].step
    tiny.add_diff(book.place, step, "Why shelves.\n\n", tiny.STATES[2], after)
    assert changed(book, grader, lambda: installed.install("shelves", "1.1", needs="planks")) == [
        1,
        2,
        3,
    ]
    assert changed(book, grader, lambda: installed.install("planks", "1.1")) == [1, 2, 3]
    assert changed(book, grader, lambda: installed.install("extras", "1.1")) == []


def test_an_extra_counts_only_where_it_is_asked_for(installed: Installed) -> None:
    installed.install("shelves", "1.0", needs='planks>=1; extra == "wood"')
    installed.install("planks", "1.0")
    installed.install("shop", "1.0", needs="shelves[wood]")
    assert packages.behind({"shelves"}) == ["shelves 1.0"]
    assert packages.behind({"shop"}) == ["planks 1.0", "shelves 1.0", "shop 1.0"]
