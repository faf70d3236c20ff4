"""The Python code behind a check: the grader's core, and the fixtures and services it uses.

The files are read, not imported. What a check cannot notice is left out: docstrings, comments,
imports for types alone, and fixtures that it does not use, with the imports that only they need.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

_OURS = ("checks", "workbook")
_CORE = "checks/grader.py"
# Their files are read by name, by a file beside them: each stands for all.
_TOGETHER = ("checks/sandbox", "checks/probes")
_SERVICES = "workbook/servers"
_FIXTURES = "checks/fixtures.py"
_MODULE = re.compile(rf"(?:{'|'.join(_OURS)})(?:\.\w+)+")
_IMPORT = re.compile(r"^[+ \t]*(?:from[ \t]+(\w+)|import[ \t]+(\w[\w., \t]*))", re.MULTILINE)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Used:
    """What a check uses: our files with their code, and the names of foreign modules."""

    files: dict[str, str]
    modules: frozenset[str]


@dataclass(frozen=True)
class _Module:
    """One of our files: its code, the foreign modules it imports, our files that it uses."""

    code: str
    imports: frozenset[str]
    uses: tuple[Path, ...]


@dataclass
class Sources:
    """The grader's files under `home`, each read once."""

    home: Path
    _modules: dict[Path, _Module] = field(default_factory=dict)

    def used_by(self, check: Path) -> Used:
        """Return what the grader runs for a check."""
        tree = ast.parse(check.read_bytes())
        words = _words(tree)
        fixtures = self._fixtures(words | _parameters(tree))
        core = self.home / _CORE
        found = {self.home / _FIXTURES: fixtures, core: self._seen(_parsed(core), core)}
        todo = [*found[core].uses, *fixtures.uses, *self._used_in(tree, check)]
        while todo:
            path = todo.pop()
            if path not in found and (module := self._module(path)):
                found[path] = module
                todo += module.uses
        files = {str(path.relative_to(self.home)): found[path].code for path in sorted(found)}
        imports = frozenset(words | _imports(tree)).union(*(m.imports for m in found.values()))
        return Used(files, imports)

    def _module(self, path: Path) -> _Module | None:
        if not path.is_file():
            return None
        if path not in self._modules:
            self._modules[path] = self._seen(_parsed(path), path)
        return self._modules[path]

    def _seen(self, tree: ast.Module, path: Path) -> _Module:
        return _Module(ast.dump(tree), frozenset(_imports(tree)), tuple(self._used_in(tree, path)))

    def _fixtures(self, asked: Set[str]) -> _Module:
        """Return the fixtures' module with those that a check uses, and those that they use."""
        path = self.home / _FIXTURES
        tree = _parsed(path)
        there = {function.name: function for function in _fixtures_of(tree)}
        used: set[str] = set()
        todo = [name for name in asked if name in there]
        while todo:
            name = todo.pop()
            if name not in used:
                used.add(name)
                todo += [other for other in _parameters(there[name]) if other in there]
        rest = _without_fixtures(tree, used)
        module = self._seen(rest, path)
        services = (self.home / _SERVICES / f"{name}.py" for name in _texts(rest))
        return replace(module, uses=(*module.uses, *filter(Path.is_file, services)))

    def _used_in(self, tree: ast.AST, path: Path) -> Iterator[Path]:
        """Yield our files that a module imports, or starts as a program of their own."""
        for name in _modules_of(tree):
            parts = name.split(".")
            if parts[0] in _OURS:
                for n in range(1, len(parts) + 1):
                    base = self.home.joinpath(*parts[:n])
                    yield from (base.with_suffix(".py"), base / "__init__.py")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".with_name"):
                yield from (path.with_name(text) for text in _texts(node) if text.endswith(".py"))
        if path.parent in [self.home / name for name in _TOGETHER]:
            yield from sorted(path.parent.glob("*.py"))


def _parsed(path: Path) -> ast.Module:
    tree = _Bare().visit(ast.parse(path.read_bytes()))
    assert isinstance(tree, ast.Module)
    return tree


def imported_by(text: str) -> set[str]:
    """Return the top-level modules that a Python file, or a diff of one, imports."""
    found: set[str] = set()
    for from_, names in _IMPORT.findall(text):
        listed = [name.split()[0].split(".")[0] for name in names.split(",") if name.strip()]
        found |= {from_, *listed} - {""}
    return found


class _Bare(ast.NodeTransformer):
    """Takes out of a module what never runs: docstrings, and imports for types alone."""

    def visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.Module | ast.ClassDef | _Function):
            node.body = node.body[ast.get_docstring(node, clean=False) is not None :]
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = [ast.Pass()]
        return node


def _without_fixtures(module: ast.Module, used: Set[str]) -> ast.Module:
    """Return the module of the fixtures without those that a check does not use."""
    unused = {id(f) for f in _fixtures_of(module) if f.name not in used}
    body = [_without(node, unused) for node in module.body if id(node) not in unused]
    names = {n.id for stmt in body for n in ast.walk(stmt) if isinstance(n, ast.Name)}
    return ast.Module([s for s in body if not _imports_nothing_of(s, names)], [])


def _without(node: ast.stmt, unused: set[int]) -> ast.stmt:
    if not isinstance(node, ast.ClassDef):
        return node
    body = [stmt for stmt in node.body if id(stmt) not in unused]
    return ast.ClassDef(
        node.name, node.bases, node.keywords, body or [ast.Pass()], node.decorator_list
    )


def _imports_nothing_of(node: ast.stmt, names: set[str]) -> bool:
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return False
    bound = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return not bound & names


def _fixtures_of(module: ast.Module) -> Iterator[_Function]:
    for node in ast.walk(module):
        if isinstance(node, _Function) and any(
            "fixture" in ast.unparse(decorator) for decorator in node.decorator_list
        ):
            yield node


def _parameters(tree: ast.AST) -> set[str]:
    return {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _words(tree: ast.AST) -> set[str]:
    """Return the words of a check's texts: fixtures by name, programs such as `-m nose2`."""
    return {word for text in _texts(tree) for word in re.findall(r"\w+", text)}


def _modules_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
    yield from (text for text in _texts(tree) if _MODULE.fullmatch(text))


def _imports(tree: ast.AST) -> set[str]:
    return {name.split(".")[0] for name in _modules_of(tree)}
