"""A tiny book of two recipes over an app of two files, made anew for every test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from workbook.series import Series, load

HOME = Path(__file__).resolve().parents[2]

RECIPE = """
[[recipe]]
id = "{id}"
chapter = "ch01_tiny"
title = "{title}"
goal = "The app says {id}."
minutes = 1
needs = []
time_limit = 20
"""
SNIPPET = """import my_app
import sys

print("hello from", my_app.__file__)
print("words:", *my_app.WORDS)
"""
CHECK = '''import pytest


@pytest.mark.hint("Add the word.")
def test_word(site):
    """The app knows the word."""
'''


class Book:
    """A workbook in a temporary folder that a test may damage."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def series(self) -> Series:
        return load(self.root)

    def folder(self, number: int) -> Path:
        (found,) = self.root.glob(f"chapters/*/r{number:02d}_*")
        return found

    def step(self, number: int) -> Path:
        return self.folder(number) / "step.diff"

    def damage(self, path: Path, old: str, new: str) -> None:
        text = path.read_bytes().decode()
        assert old in text
        path.write_bytes(text.replace(old, new).encode())


def diff_of(before: Path, after: Path, git: Path) -> str:
    """Return what git says of the change from one folder to another."""

    def say(state: Path, *words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        command = ["git", f"--git-dir={git}", f"--work-tree={state}", *who, *words]
        return subprocess.check_output(command, cwd=state, text=True)

    subprocess.run(["git", "init", "-q", "--bare", str(git)], check=True)
    say(before, "add", "-A", ".")
    say(before, "commit", "-qm", "before")
    say(after, "add", "-A", ".")
    return say(after, "diff", "--cached", "--full-index", "--no-renames", "--no-color")


def write_app(folder: Path, words: list[str], extra: bool = False) -> Path:
    package = folder / "my_app"
    package.mkdir(parents=True)
    lines = [*(f'    "{word}",' for word in words)]
    filler = "\n".join(f"# line {n}" for n in range(12))
    head = filler.replace("line", "head")
    text = "\n".join([head, "WORDS = [", *lines, "]", filler, "END = True", ""])
    (package / "__init__.py").write_text(text)
    (folder / "run.py").write_text("import my_app\n")
    if extra:
        (folder / "extra.txt").write_text("one line\n")
    return folder


def write_recipe(root: Path, number: int, name: str, before: Path, after: Path) -> None:
    folder = root / "chapters" / "ch01_tiny" / f"r{number:02d}_{name}"
    folder.mkdir(parents=True)
    change = diff_of(before, after, root.parent / f"git{number}")
    (folder / "step.diff").write_text("Why it is so.\n\n" + change)
    (folder / "README.md").write_text(
        f"# {number}. {name.title()}\n\n<!-- recorded: output -->\n<!-- end -->\n\n"
        "<!-- recorded: hunk my_app/__init__.py 1 -->\n<!-- end -->\n"
    )
    (folder / "snippet.py").write_text(SNIPPET)
    (folder / "check.py").write_text(CHECK)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    """Give a sound tiny book; recipe 1 adds a word, recipe 2 another and a file."""
    monkeypatch.delenv("WORKBOOK_BUILD", raising=False)
    states = tmp_path / "states"
    root = tmp_path / "a book"  # the space is meant
    base = write_app(root / "shared_app", ["zero"])
    one = write_app(states / "1", ["zero", "one"])
    two = write_app(states / "2", ["zero", "one", "two"], extra=True)
    write_recipe(root, 1, "first", base, one)
    write_recipe(root, 2, "second", one, two)
    manifest = "".join(RECIPE.format(id=name, title=name.title()) for name in ("first", "second"))
    planned = '\n[[planned]]\nid = "third"\nchapter = "ch01_tiny"\ntitle = "Third"\n'
    (root / "chapters" / "series.toml").write_text(manifest + planned)
    return Book(root)
