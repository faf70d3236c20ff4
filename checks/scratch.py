"""The folder that a submission runs in: its files and its database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from checks import files
from checks.expect import CheckFailed

DATABASE = "instance/catalog.db"


class Scratch:
    """A folder for the app, with a home and a place for temporary files beside it."""

    def __init__(self, parent: Path) -> None:
        root = Path(mkdtemp(dir=parent))
        for name in ("home", "tmp"):
            (root / name).mkdir()
        self.folder = root / "app"

    def read(self, name: str) -> str:
        """Return a file of the app's folder or its instance folder, "" when it is missing."""
        for place in (name, f"instance/{name}"):
            if (content := files.read_bytes(self.folder, place)) is not None:
                return content.decode("utf-8", "replace")
        return ""

    def exists(self, name: str) -> bool:
        """Say whether a file is in the app's folder or its instance folder."""
        return any(files.exists(self.folder, place) for place in (name, f"instance/{name}"))

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file into the app's folder."""
        content = content.encode() if isinstance(content, str) else content
        files.write_bytes(self.folder, name, content)

    def find(self, pattern: str) -> list[Path]:
        """Return the ordinary files below the app's folder that match."""
        return files.find(self.folder, pattern)

    def database(self) -> sqlite3.Connection:
        """Return a copy of the app's database as it is now, to read from."""
        copy = Path(mkdtemp(dir=self.folder.parent.parent))
        for ending in ("", "-wal", "-journal"):
            content = files.read_bytes(self.folder, DATABASE + ending)
            if content is not None:
                (copy / f"catalog.db{ending}").write_bytes(content)
            elif not ending:
                raise CheckFailed(f"a database file {DATABASE}", "no such file")
        return sqlite3.connect(copy / "catalog.db")

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of a query on a copy of the app's database."""
        with closing(self.database()) as connection:
            return connection.execute(query, values).fetchall()
