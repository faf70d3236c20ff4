"""The rules of the book, held against every recipe; each problem is one sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from workbook import diffs, names, needs, style, tree
from workbook.errors import WorkbookError, WorkbookProblems
from workbook.mutants import original_of
from workbook.result import MARKERS
from workbook.series import MANIFEST, Recipe, Series, problems_of_folders
from workbook.servers.service import SERVICES

SECTIONS = (
    "Your task",
    "The change",
    "Run it",
    "How it works",
    "What goes wrong",
    "What changed since the old way",
    "Try it",
)
SNIPPET_LINES = 60
LEAST_MISTAKES = 3
LEAST_VARIANTS = 1
# Stands where a new recipe still lacks its words.
TO_WRITE = "(to write)"


def problems(series: Series) -> Iterator[str]:
    """Yield every problem of the book: its diffs first, then each recipe's files."""
    if missing := [*problems_of_folders(series)]:
        yield from missing  # the rest needs the files
        return
    of_diffs = [*tree.problems(series)]
    yield from of_diffs
    if not of_diffs:
        yield from names.problems(series)
    yield from style.problems(series)
    yield from sandbox_problems(series.root / "checks" / "sandbox")
    for recipe in series.recipes:
        yield from _lesson(series, recipe)
        yield from _snippet(series, recipe)
        yield from _check(series, recipe)
        yield from _collections(series, recipe)
        yield from _unwritten(series, recipe)
        yield from _needs(recipe)
        yield from _changes(series, recipe)


def sandbox_problems(folder: Path) -> Iterator[str]:
    """Yield what the sandbox imports of ours: a submission inherits its memory."""
    for path in sorted(folder.glob("*.py")):
        for module, line in _imports(path):
            ours = module.split(".")[0] in ("checks", "workbook", "chapters", "tests")
            if ours and not f"{module}.".startswith("checks.sandbox."):
                yield (
                    f"checks/sandbox/{path.name}, line {line}: imports {module}; what a submission "
                    "can reach in memory may know nothing of checks or recipes."
                )


def _changes(series: Series, recipe: Recipe) -> Iterator[str]:
    """Yield the ended promises that no earlier recipe has made."""
    earlier = series.recipes[: recipe.number - 1]
    known = {f"{r.id}.{name}" for r in earlier for name in check_functions(r)}
    for waiver in recipe.changes:
        if waiver.what not in known:
            yield (
                f"{MANIFEST}, recipe {recipe.number} ({recipe.id}): `changes` names "
                f"{waiver.what}, which is no check function of an earlier recipe."
            )


def _needs(recipe: Recipe) -> Iterator[str]:
    """Yield the services that are unknown, used and not named, named and not used."""
    where = f"{MANIFEST}, recipe {recipe.number} ({recipe.id})"
    snippet, check = needs.of_snippet(recipe.snippet), needs.of_check(recipe.check)
    for name in recipe.needs:
        if name not in SERVICES:
            yield f"{where}: `needs` names {name!r}; there are: {', '.join(SERVICES)}."
        elif name not in snippet | check:
            yield f"{where}: `needs` names {name!r}, and neither snippet.py nor check.py uses it."
    for name in sorted((snippet | check) - {*recipe.needs}):
        user = "snippet.py" if name in snippet else "check.py"
        yield f"{where}: {user} uses the service {name!r}; add it to `needs`."


def _unwritten(series: Series, recipe: Recipe) -> Iterator[str]:
    if TO_WRITE in recipe.goal:
        yield f"{MANIFEST}: the goal of {recipe.id} is still to be written."
    extras = (*recipe.mistakes, *recipe.variants, *recipe.breaks)
    for path in (recipe.lesson, recipe.step, recipe.snippet, recipe.check, *extras):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            if TO_WRITE in line:
                yield f"{series.name_of(path)}, line {number}: is still to be written."


def _lesson(series: Series, recipe: Recipe) -> Iterator[str]:
    name = series.name_of(recipe.lesson)
    text = recipe.lesson.read_text(encoding="utf-8")
    title = f"# {recipe.number}. {recipe.title}"
    if not text.startswith(title + "\n"):
        yield f"{name}, line 1: the title must be {title!r}."
    # Lessons that do not say their task first yet.
    text_now = text.replace("\n## What you will change\n", "\n## Your task\n\n## The change\n")
    sections = re.findall(r"(?m)^## (.+)$", text_now)
    if [s for s in sections if s in SECTIONS] != list(SECTIONS):
        yield f"{name}: the sections must be, in this order: {', '.join(SECTIONS)}."
    if "<!-- recorded: output -->" not in text:
        yield f"{name}: shows no recorded output of the snippet."
    for verb, number in re.findall(r"\bmake (start|check) (\d+)\b", text):
        if int(number) != recipe.number:
            yield (
                f"{name}: `make {verb} {number}` is the command of another recipe; "
                f"this is recipe {recipe.number}."
            )
    yield from _hunks_shown(series, recipe, text, name)


def _hunks_shown(series: Series, recipe: Recipe, text: str, name: str) -> Iterator[str]:
    try:
        files = diffs.read(recipe.step, series.name_of(recipe.step)).files
    except WorkbookProblems:
        return  # told already, as a problem of the diff
    for part in files:
        whole = f"<!-- recorded: hunk {part.path} -->" in text
        for hunk in part.hunks:
            if not whole and f"<!-- recorded: hunk {part.path} {hunk.number} -->" not in text:
                yield f"{name}: does not show hunk {hunk.number} of {part.path}."


def _snippet(series: Series, recipe: Recipe) -> Iterator[str]:
    name = series.name_of(recipe.snippet)
    text = recipe.snippet.read_text(encoding="utf-8")
    if (lines := len(text.splitlines())) > SNIPPET_LINES:
        yield f"{name}: has {lines} lines; a snippet has at most {SNIPPET_LINES}."
    for module, line in _imports(recipe.snippet):
        ours = module.split(".")[0] in ("checks", "chapters", "tests")
        if ours or (module.startswith("workbook") and not module.startswith("workbook.servers")):
            yield f"{name}, line {line}: a snippet may not import {module}."


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
            yield from ((name if module == "workbook" else module, node.lineno) for name in names)


def check_functions(recipe: Recipe) -> dict[str, ast.FunctionDef]:
    """Return the check functions of a recipe by name, as they stand in check.py."""
    module = ast.parse(recipe.check.read_text(encoding="utf-8"), str(recipe.check))
    found = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    return {node.name: node for node in found if node.name.startswith("test_")}


def _check(series: Series, recipe: Recipe) -> Iterator[str]:
    name = series.name_of(recipe.check)
    functions = check_functions(recipe)
    if not functions:
        yield f"{name}: has no check function."
    for function in functions.values():
        markers = {*_markers(function)}
        if not ast.get_docstring(function):
            yield f"{name}, line {function.lineno}: {function.name} has no sentence (docstring)."
        if "hint" not in markers:
            yield f"{name}, line {function.lineno}: {function.name} has no hint."
        for unknown in sorted(markers - MARKERS.keys() - {"parametrize"}):
            yield f"{name}, line {function.lineno}: the marker {unknown!r} is not known."
    if functions and all("guard" in _markers(function) for function in functions.values()):
        yield f"{name}: holds guards only; nothing in it is new with this recipe."
    for module, line in _imports(recipe.check):
        if module.split(".")[0] in ("my_app", "workbook", "chapters"):
            yield f"{name}, line {line}: a check sees the app from outside; no import of {module}."


def _markers(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "pytest.mark":
            yield target.attr


def _collections(series: Series, recipe: Recipe) -> Iterator[str]:
    where = series.name_of(recipe.folder)
    if len(recipe.mistakes) < LEAST_MISTAKES:
        yield f"{where}/mistakes: has {len(recipe.mistakes)} diffs; {LEAST_MISTAKES} are the least."
    if len(recipe.variants) < LEAST_VARIANTS:
        yield f"{where}/variants: has no diff; another right answer belongs there."
    for path in recipe.breaks:
        try:
            original_of(series, path)
        except WorkbookError as error:
            yield str(error)
    functions = check_functions(recipe)
    for path in (recipe.step, *recipe.mistakes, *recipe.variants, *recipe.breaks):
        name = series.name_of(path)
        try:
            diff = diffs.read(path, name)
        except WorkbookProblems:
            continue  # told already
        if not diff.why:
            yield f"{name}: begins with no words; say in one paragraph why."
        if path in recipe.mistakes:
            yield from _mistake(diff, name, functions)


def _mistake(diff: diffs.Diff, name: str, functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    catcher = diff.trailers.get("Caught-by", "")
    if catcher not in functions:
        yield f"{name}: `Caught-by: {catcher}` names no function of check.py."
    if "Says" not in diff.trailers:
        yield f"{name}: has no `Says:`; name words of the message that the learner gets."
