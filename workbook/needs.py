"""Which services a recipe's snippet and check use, and which of them this machine lacks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from workbook.errors import WorkbookError
from workbook.servers.service import SERVICES, service

_PACKAGE = "workbook.servers"


def of_snippet(path: Path) -> set[str]:
    """Return the services that a snippet imports."""
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.removeprefix(f"{_PACKAGE}.") for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == _PACKAGE:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").removeprefix(f"{_PACKAGE}."))
    return found & {*SERVICES}


def of_check(path: Path) -> set[str]:
    """Return the services whose fixtures a check's functions take."""
    fixtures = {service(name).FIXTURE: name for name in SERVICES}
    functions = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef)]
    taken = {arg.arg for function in functions for arg in function.args.args}
    return {name for fixture, name in fixtures.items() if fixture in taken}


def missing(names: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each service that cannot run here."""
    for name in sorted(names):
        if why := service(name).missing():
            yield why


def install(names: Iterable[str]) -> list[str]:
    """Install services that can be installed; return why the others cannot run here."""
    why = []
    for name in sorted(names):
        try:
            service(name).install()
        except WorkbookError as error:
            why.append(str(error))
    return why or [*missing(names)]


def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError):  # told by whoever runs it
        return ast.Module([], [])
