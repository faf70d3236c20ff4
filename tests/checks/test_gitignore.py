"""What git leaves out of a submission, by its .gitignore files alone."""

from pathlib import Path

from checks.gitignore import ignored
from checks.scratch import Scratch


def scratch(tmp_path: Path, **files: str) -> Scratch:
    place = Scratch(tmp_path)
    place.folder.mkdir()
    for name, text in files.items():
        place.write(name, text)
    return place


def test_a_folder_takes_what_is_below_it_and_nothing_beside_it(tmp_path: Path) -> None:
    site = scratch(tmp_path, **{".gitignore": "/profile/\n"})
    paths = ["profile/a.prof", "profile/deep/b.prof", "profile.py", "my_app/profile/c.py"]
    assert ignored(site, paths) == {"profile/a.prof", "profile/deep/b.prof"}


def test_a_gitignore_in_a_folder_counts_and_an_exception_too(tmp_path: Path) -> None:
    rules = {"html/.gitignore": "*\n", ".gitignore": "*.prof\n!kept.prof\n"}
    site = scratch(tmp_path, **rules)
    paths = ["html/index.html", "a.prof", "kept.prof"]
    assert ignored(site, paths) == {"html/index.html", "a.prof"}


def test_without_rules_nothing_is_left_out(tmp_path: Path) -> None:
    assert ignored(scratch(tmp_path), ["a b.prof", "\u00e9.prof"]) == set()
