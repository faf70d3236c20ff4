"""Names that an app uses and does not have: in its steps, mistakes, variants and mutants.

A mistake that calls a function which was renamed since is no typical mistake any more: it fails
for another reason than the one it is there for.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from workbook import diffs, tree
from workbook.errors import WorkbookError
from workbook.merging import entries
from workbook.patch import Store
from workbook.series import Recipe, Series


@dataclass(frozen=True)
class _Module:
    """The names that a module defines, and what it uses of other modules: (module, name, line)."""

    defines: frozenset[str]
    uses: tuple[tuple[str, str, int], ...]


def problems(series: Series) -> Iterator[str]:
    """Yield a problem for each undefined name that a diff brings into the app."""
    store = tree.store(series)
    apps = [*_apps(series)]
    undefined = _undefined(series, {b for _, t in apps for b in _python(store, t).values()})
    seen: set[tuple[str, str, str]] = set()
    for path, tree_ in apps:
        expected = _expected(series, path)
        files = _python(store, tree_)
        for file, blob in files.items():
            for name, line in (*undefined.get(blob, ()), *_missing(store, files, blob)):
                if (file, blob, name) not in seen and name not in expected:
                    yield (
                        f"{series.name_of(path)}: {file}, line {line} of the app that it makes "
                        f"uses {name}, which is not defined. Fix it with `make edit`, or name it "
                        "in `Says:` if this is the mistake."
                    )
                seen.add((file, blob, name))


def _apps(series: Series) -> Iterator[tuple[Path, str]]:
    """Yield each diff with the tree that it makes; tree.problems has those that do not apply."""
    for recipe in series.recipes:
        yield recipe.step, tree.tree_at(series, recipe.number)
        yield from _extras(series, recipe)


def _extras(series: Series, recipe: Recipe) -> Iterator[tuple[Path, str]]:
    for path in (*recipe.mistakes, *recipe.variants, *recipe.breaks):
        try:
            yield path, tree.tree_with(series, recipe.number, path)
        except WorkbookError:
            continue


def _expected(series: Series, path: Path) -> str:
    """Return the text that a mistake is caught with, which may be about an undefined name."""
    return diffs.read(path, series.name_of(path)).trailers.get("Says", "")


def _python(store: Store, tree_: str) -> dict[str, str]:
    files = {path: entry.split()[1] for path, entry in entries(store, tree_).items()}
    return {path: blob for path, blob in files.items() if path.endswith(".py")}


def _undefined(series: Series, blobs: set[str]) -> dict[str, list[tuple[str, int]]]:
    """Return for each content the names that nothing in it defines, with their lines."""
    store = tree.store(series)
    with tree.scratch(series) as place:
        for blob in blobs:
            text = store.text(blob).encode("utf-8", "surrogateescape")
            (place / f"{blob}.py").write_bytes(text)
        ruff = ("ruff", "check", "--isolated", "--no-cache", "--exit-zero", "--select", "F821")
        done = subprocess.run(
            [sys.executable, "-m", *ruff, "--output-format", "json", str(place)],
            capture_output=True,
            check=False,
        )
    if done.returncode:
        raise WorkbookError(f"ruff does not run: {done.stderr.decode(errors='replace').strip()}")
    found: dict[str, list[tuple[str, int]]] = {}
    for row in json.loads(done.stdout):
        if row["code"] == "F821":
            name = row["message"].split("`")[1]
            found.setdefault(Path(row["filename"]).stem, []).append((name, row["location"]["row"]))
    return found


def _missing(store: Store, files: Mapping[str, str], blob: str) -> Iterator[tuple[str, int]]:
    """Yield the names that a file takes from other modules of the app, which do not have them."""
    modules = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path
               for path in files}  # fmt: skip
    for module, name, line in _read(store, blob).uses:
        if module in modules and f"{module}.{name}" not in modules:
            defines = _read(store, files[modules[module]]).defines
            if name not in defines and not defines & {"*", "__getattr__"}:
                yield f"{module}.{name}", line


@lru_cache(maxsize=4096)
def _read(store: Store, blob: str) -> _Module:
    try:
        module = ast.parse(store.text(blob))
    except (SyntaxError, ValueError):
        return _Module(frozenset("*"), ())
    return _Module(frozenset(_defined(module)), tuple(_used(module)))


def _defined(module: ast.Module) -> Iterator[str]:
    """Yield what a module may define, wherever it does: too many names rather than too few."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)


def _used(module: ast.Module) -> Iterator[tuple[str, str, int]]:
    aliases: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.module, alias.name, node.lineno
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            aliases |= {a.asname: a.name for a in node.names if a.asname}
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module_of = aliases.get(node.value.id)
            yield from [(module_of, node.attr, node.lineno)] if module_of else []
