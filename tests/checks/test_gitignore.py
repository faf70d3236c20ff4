"""What git leaves out of a submission, by its .gitignore files alone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from checks.gitignore import ignored
from checks.scratch import Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Callable[..., Scratch]]:
    with ExitStack() as open_places:

        def new(**files: str) -> Scratch:
            place = Scratch(tmp_path)
            open_places.callback(place.discard)
            place.folder.mkdir()
            for name, text in files.items():
                place.write(name, text)
            return place

        yield new


def test_a_folder_takes_what_is_below_it_and_nothing_beside_it(
    scratch: Callable[..., Scratch],
) -> None:
    site = scratch(**{".gitignore": "/profile/\n"})
    paths = ["profile/a.prof", "profile/deep/b.prof", "profile.py", "my_app/profile/c.py"]
    assert ignored(site, paths) == {"profile/a.prof", "profile/deep/b.prof"}


def test_a_gitignore_in_a_folder_counts_and_an_exception_too(
    scratch: Callable[..., Scratch],
) -> None:
    rules = {"html/.gitignore": "*\n", ".gitignore": "*.prof\n!kept.prof\n"}
    site = scratch(**rules)
    paths = ["html/index.html", "a.prof", "kept.prof"]
    assert ignored(site, paths) == {"html/index.html", "a.prof"}


def test_without_rules_nothing_is_left_out(scratch: Callable[..., Scratch]) -> None:
    assert ignored(scratch(), ["a b.prof", "\u00e9.prof"]) == set()
