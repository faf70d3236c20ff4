"""Write an app and all its mutants into one source, and leave open which of them runs.

Run in the sandbox, since it parses a submission: a JSON object on standard input, one on
standard output. It stands alone and imports nothing of ours.

A place that mutants change becomes a chain of branches, in a random order:

    if choice_0_0:          # the app as it is
        query = query.where(Product.price == price)
    elif choice_0_1:        # the mutant
        query.where(Product.price == price)
    else:                   # the app as it is, once more
        query = query.where(Product.price == price)

The grader writes a calculation in place of each `choice_...`, so that one source, apart from its
numbers, is the app itself and every mutant: whoever wants to know which has to run it.

Input: {"own": {path: text}, "mutants": {name: {path: [good, broken, merged or null]}}}.
Output: {"sources": {path: [text, [branches of a chain, ...]]}, "misfits": {name: path}}, where
the branches of a chain are named by their mutants, and "" is the app as it is.
"""

from __future__ import annotations

import ast
import copy
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

Chain = list[str]
# What a learner's app can do to a parser that is not written for strangers' texts.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
BODIES = ("body", "orelse", "finalbody")


class Misfit(Exception):
    """Tell that a mutant has no place in this source."""


@dataclass
class Place:
    """A list of statements or lines, and what mutants put in the place of some of its items."""

    items: list[Any]
    depth: int
    # (start, end, mutant, replacement)
    edits: list[tuple[int, int, str, list[Any]]] = field(default_factory=list)

    def regions(self) -> Iterator[tuple[int, int, dict[str, list[Any]]]]:
        """Yield what changes, last first; mutants whose places overlap share one region."""
        groups: list[tuple[int, int, list[tuple[int, int, str, list[Any]]]]] = []
        for edit in sorted(self.edits, key=lambda edit: edit[:2]):
            start, end, members = groups.pop() if groups else (edit[0], edit[1], [])
            if members and not (edit[0] < end or edit[:2] == (start, end)):
                groups.append((start, end, members))
                start, end, members = edit[0], edit[1], []
            groups.append((start, max(end, edit[1]), [*members, edit]))
        for start, end, members in reversed(groups):
            yield start, end, self._replacements(start, end, members)

    def _replacements(
        self, start: int, end: int, members: list[tuple[int, int, str, list[Any]]]
    ) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for name in dict.fromkeys(member[2] for member in members):
            items, at = [], start
            for first, last, _, new in (member for member in members if member[2] == name):
                items += [*self.items[at:first], *new]
                at = last
            found[name] = [*items, *self.items[at:end]]
        return found


class Chains:
    """The chains of one source, numbered as they are made."""

    def __init__(self) -> None:
        self.branches: list[Chain] = []

    def new(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Start a chain; return the name of the condition and of the mutant of each branch."""
        kinds = ["", "", *names]
        # A fork of the zygote has the zygote's random numbers: ask the system.
        random.SystemRandom().shuffle(kinds)
        number = len(self.branches)
        self.branches.append(kinds)
        return [(f"choice_{number}_{at}", kind) for at, kind in enumerate(kinds)]


# Python


def dump(node: ast.AST) -> str:
    """Return a statement's meaning as a text, without its place in the file."""
    return ast.dump(node)


def shell(node: ast.stmt) -> str:
    """Return what is left of a compound statement without the statements in it."""
    hollow = copy.copy(node)
    for name in BODIES:
        if hasattr(hollow, name):
            setattr(hollow, name, [])
    return dump(hollow)


def bodies(node: ast.AST) -> dict[str, list[ast.stmt]]:
    """Return the lists of statements of a node by name."""
    found = {name: getattr(node, name, []) for name in BODIES}
    return {name: body for name, body in found.items() if isinstance(body, list)}


Edit = tuple[list[ast.stmt], int, int, list[ast.stmt], int]


def differences(own: list[ast.stmt], new: list[ast.stmt], depth: int = 0) -> Iterator[Edit]:
    """Yield the smallest lists of statements in which `new` differs from `own`."""
    olds, news = [dump(node) for node in own], [dump(node) for node in new]
    for kind, i, j, k, end in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if kind == "replace" and j - i == end - k:
            for at, (old, other) in enumerate(zip(own[i:j], new[k:end], strict=True), i):
                if dump(old) != dump(other):
                    yield from _inside(own, at, old, other, depth)
        else:
            yield own, i, j, new[k:end], depth


def _inside(
    own: list[ast.stmt], at: int, old: ast.stmt, other: ast.stmt, depth: int
) -> Iterator[Edit]:
    parts, others = bodies(old), bodies(other)
    same = shell(old) == shell(other) and all(
        bool(parts[name]) == bool(others[name]) for name in parts
    )
    if not parts or not same:
        yield own, at, at + 1, [other], depth
        return
    for name, part in parts.items():
        yield from differences(part, others[name], depth + 1)


def lists_of(tree: ast.AST, depth: int = 0) -> Iterator[tuple[list[ast.stmt], int]]:
    """Yield every list of statements below a node, with its depth."""
    for body in bodies(tree).values():
        if body:
            yield body, depth
        for node in body:
            yield from lists_of(node, depth + 1)
    for handler in getattr(tree, "handlers", []):
        yield from lists_of(handler, depth + 1)


def located(trees: Sequence[ast.Module], edit: Edit) -> Edit:
    """Find the statements of an edit in other trees, by what they say; there must be one place."""
    good, i, j, new, _ = edit
    before, after = (i, j) if i < j else (max(0, i - 1), min(len(good), j + 1))
    wanted = [dump(node) for node in good[before:after]]
    places = [
        (body, at + i - before, at + j - before, new, depth)
        for tree in trees
        for body, depth in lists_of(tree)
        for at in range(len(body) - len(wanted) + 1)
        if [dump(node) for node in body[at : at + len(wanted)]] == wanted
    ]
    if len(places) != 1:
        raise Misfit
    return places[0]


class Python:
    """The Python files of the app with all mutants in them."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.trees: dict[str, ast.Module] = {}
        for path, text in texts.items():
            try:
                self.trees[path] = ast.parse(text)
            except UNREADABLE:
                continue  # its tests will say so
        self.places: dict[int, Place] = {}

    def add(self, name: str, path: str, versions: Sequence[str | None]) -> None:
        """Put in what a mutant changes; raise Misfit where there is no place for it."""
        good, broken, merged = versions
        try:
            if merged is not None and path in self.trees:
                edits = [*differences(self.trees[path].body, ast.parse(merged).body)]
            else:
                trees = [*self.trees.values()]
                before, after = ast.parse(good or "").body, ast.parse(broken or "").body
                edits = [located(trees, edit) for edit in differences(before, after)]
        except UNREADABLE:
            raise Misfit from None
        for body, i, j, new, depth in edits:
            place = self.places.setdefault(id(body), Place(body, depth))
            place.edits.append((i, j, name, new))

    def sources(self) -> dict[str, tuple[str, list[Chain]]]:
        """Return the changed files and their chains."""
        # Branches are numbered through all files: a mutant's places may lie in several.
        before = {path: dump(tree) for path, tree in self.trees.items()}
        chains = Chains()
        # Inner places first: an outer one copies them.
        for place in sorted(self.places.values(), key=lambda place: -place.depth):
            for start, end, replacements in place.regions():
                place.items[start:end] = [chained(chains, place.items[start:end], replacements)]
        return {
            path: (ast.unparse(ast.fix_missing_locations(tree)) + "\n", chains.branches)
            for path, tree in self.trees.items()
            if dump(tree) != before[path]
        }


def chained(
    chains: Chains, own: list[ast.stmt], replacements: dict[str, list[ast.stmt]]
) -> ast.stmt:
    """Return the chain of branches for one place."""
    branches = chains.new([*replacements])
    rest: list[ast.stmt] = []
    for number, (condition, name) in enumerate(reversed(branches)):
        body = copy.deepcopy(replacements[name] if name else own) or [ast.Pass()]
        rest = body if number == 0 else [ast.If(ast.Name(condition, ast.Load()), body, rest)]
    return rest[0]


# Templates


class Template:
    """A Jinja template with all mutants in it."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines(keepends=True)
        self.mutants: dict[str, str] = {}

    def add(self, name: str, merged: str | None) -> None:
        """Put in what a mutant changes; raise Misfit where there is no place for it."""
        if merged is None:
            raise Misfit
        self.mutants[name] = merged

    def source(self) -> tuple[str, list[Chain]]:
        """Return the template and its chains; raise Misfit when no chain of branches compiles."""
        # A place may begin or end inside of a tag or a block: then take more lines around it.
        for margin in range(8):
            chains = Chains()
            text = self._chained(chains, margin)
            if compiles(text):
                return text, chains.branches
        raise Misfit

    def _chained(self, chains: Chains, margin: int) -> str:
        lines = [*self.lines]
        place = Place(lines, 0)
        for name, merged in self.mutants.items():
            new = merged.splitlines(keepends=True)
            for kind, i, j, k, end in SequenceMatcher(None, lines, new, False).get_opcodes():
                if kind == "equal":
                    continue
                above, below = min(margin, i, k), min(margin, len(lines) - j, len(new) - end)
                edit = (i - above, j + below, name, new[k - above : end + below])
                place.edits.append(edit)
        for start, end, replacements in place.regions():
            own, parts = lines[start:end], []
            for number, (condition, name) in enumerate(chains.new([*replacements])):
                word = "elif" if number else "if"
                parts += [f"{{% {word} {condition} %}}", *(replacements[name] if name else own)]
            last = max(at for at, part in enumerate(parts) if part.startswith("{% elif choice_"))
            parts[last] = "{% else %}"
            lines[start:end] = ["".join([*parts, "{% endif %}"])]
        return "".join(lines)


def compiles(text: str) -> bool:
    """Say whether Jinja can read a template."""
    from jinja2 import Environment, TemplateError

    extensions = [f"jinja2.ext.{name}" for name in ("i18n", "do", "loopcontrols")]
    # Filters and tests of the app are not known here.
    filters: Any = _Anything()
    environment = Environment(extensions=extensions)
    environment.filters = environment.tests = filters
    try:
        environment.compile(text, raw=True)
    except (TemplateError, *UNREADABLE):
        return False
    return True


class _Anything(dict[str, Callable[..., object]]):
    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Callable[..., object]:
        return str

    def get(self, name: str, default: object = None) -> Any:
        """Return something for every name."""
        return str


# All together


def main(facts: dict[str, Any]) -> dict[str, Any]:
    """Put every mutant into the app's files."""
    own: dict[str, str] = facts["own"]
    python = Python({path: text for path, text in own.items() if path.endswith(".py")})
    templates: dict[str, Template] = {}
    misfits: dict[str, str] = {}
    for name, changes in facts["mutants"].items():
        for path, versions in changes.items():
            try:
                if path.endswith(".py"):
                    python.add(name, path, versions)
                elif path in own:
                    templates.setdefault(path, Template(own[path])).add(name, versions[2])
                else:
                    raise Misfit
            except Misfit:
                misfits[name] = path
    sources = python.sources()
    for path, template in templates.items():
        try:
            sources[path] = template.source()
        except Misfit:
            misfits |= dict.fromkeys(template.mutants, path)
    return {"sources": sources, "misfits": misfits}


if __name__ == "__main__":
    sys.setrecursionlimit(3000)
    print(json.dumps(main(json.load(sys.stdin))))
