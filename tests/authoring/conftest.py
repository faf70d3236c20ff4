"""A tiny book that a test edits, and the commands as a maintainer types them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from books import tiny

from workbook.__main__ import main
from workbook.series import Series, load

INIT = "my_app/__init__.py"


@dataclass
class Desk:
    """A maintainer's desk: the book, the scratch repository, and what the last command said."""

    place: Path
    root: Path
    capture: pytest.CaptureFixture[str]
    said: str = ""

    @property
    def series(self) -> Series:
        return load(self.root)

    @property
    def app(self) -> Path:
        return self.root / "build" / "edit" / "app"

    def do(self, *words: str) -> int:
        """Run a command; what it says on both streams is in `said`."""
        code = main(["--book", str(self.root), *words])
        captured = self.capture.readouterr()
        self.said = " ".join((captured.out + captured.err).split())
        return code

    def folder(self, name: str) -> Path:
        (found,) = self.root.glob(f"chapters/*/r[0-9][0-9]_{name}")
        return found

    def step(self, name: str) -> str:
        return (self.folder(name) / "step.diff").read_bytes().decode()

    def edit(self, old: str, new: str, path: str = INIT) -> None:
        """Edit a file in the scratch repository."""
        self.replace(self.app / path, old, new)

    def replace(self, path: Path, old: str, new: str) -> None:
        text = path.read_bytes().decode()
        assert old in text, f"{old!r} is not in {path}"
        path.write_bytes(text.replace(old, new).encode())

    def snapshot(self) -> dict[str, bytes]:
        """Return every file of the book's sources."""
        return snapshot(self.root)

    def order(self, *names: str) -> None:
        """Put the entries of the manifest into another order, or leave some out."""
        manifest = self.root / "chapters" / "series.toml"
        head, *parts = manifest.read_text().split("[[")
        by_name = {part.split('"')[1]: "[[" + part for part in parts}
        planned = [part for part in by_name.values() if part.startswith("[[planned")]
        manifest.write_text(head + "".join([*(by_name[name] for name in names), *planned]))


def snapshot(root: Path) -> dict[str, bytes]:
    files = [path for top in ("chapters", "shared_app") for path in (root / top).rglob("*")]
    return {str(path.relative_to(root)): path.read_bytes() for path in files if path.is_file()}


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    """Return a sound tiny book of three recipes."""
    monkeypatch.delenv("WORKBOOK_BUILD", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return Desk(tmp_path, tiny.make(tmp_path).root, capsys)
