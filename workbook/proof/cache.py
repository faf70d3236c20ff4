"""Results of the judge that are still true, kept by the hash of all that made them."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from workbook.judging import Result
from workbook.series import Recipe, Series

_HOME = Path(__file__).resolve().parents[2]
# What another run may decide otherwise is not kept.
_FLEETING = {"grader-error", "timeout", "memory"}


class Cache:
    """A folder of results, a JSON file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Result | None:
        """Return a kept result."""
        try:
            found: Result = json.loads((self.folder / key[:2] / key).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return found

    def put(self, key: str, result: Result, any_failure_will_do: bool) -> None:
        """Keep a result, unless it is one that the next run may decide otherwise."""
        verdicts = {row["verdict"] for row in result["checks"]}
        if "grader-error" in verdicts or (verdicts & _FLEETING and not any_failure_will_do):
            return
        path = self.folder / key[:2] / key
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{key}.{os.getpid()}")
        beside.write_text(json.dumps(result))
        beside.replace(path)


def judge_key(series: Series, recipe: Recipe, engine: str, reference: str) -> str:
    """Return the hash of all that judges an app, apart from the app.

    `reference` is the tree of the good app, of which only checks with `suite` or breaks know.
    """
    check = recipe.check.read_bytes()
    parts = [engine.encode(), recipe.id.encode(), str(recipe.time_limit).encode(), check]
    if recipe.breaks or b"suite" in check:
        parts += [reference.encode(), *(path.read_bytes() for path in recipe.breaks)]
        parts += [path.name.encode() for path in recipe.breaks]
    return digest(*parts)


def digest(*parts: bytes) -> str:
    """Return one hash of several things."""
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()


def engine_key() -> str:
    """Return the hash of the judge's code, the installed packages and the Python version."""
    files = sorted(_judges_files(_HOME))
    packages = sorted({path.name for path in _packages()})
    facts = [sys.version, *packages, *(str(path.relative_to(_HOME)) for path in files)]
    return digest("\n".join(facts).encode(), *(path.read_bytes() for path in files))


def _packages() -> Iterator[Path]:
    for folder in sys.path:
        if folder and Path(folder).is_dir():
            yield from Path(folder).glob("*.dist-info")


def _judges_files(home: Path) -> set[Path]:
    """Return checks/ and the modules of workbook/ that it imports, directly or not."""
    found = {path for path in (home / "checks").rglob("*.py") if "reports" not in path.parts}
    todo = [*found]
    while todo:
        for path in _imported(home, todo.pop()):
            if path not in found:
                found.add(path)
                todo.append(path)
    return found


def _imported(home: Path, path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] == "workbook":
                base = home.joinpath(*name.split("."))
                yield from (
                    p for p in (base.with_suffix(".py"), base / "__init__.py") if p.exists()
                )
