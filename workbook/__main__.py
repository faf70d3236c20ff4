"""`python -m workbook VERB ...`: parse, dispatch, exit code. `make` calls this for every verb."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from workbook import commands, terminal
from workbook.authoring.journal import recover
from workbook.errors import FAILED, PASSED, WRONG_USE, WorkbookError
from workbook.series import Series, load


def main(words: Sequence[str]) -> int:
    """Run one verb and return the exit code: 0 passed, 1 failed, 2 wrong use."""
    # Being ended ends as Ctrl-C does: nothing that was started stays.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asked = _parser().parse_args(words)
        if mended := recover(asked.book.resolve()):
            terminal.complain(mended)
        return _run(load(asked.book), asked)
    except WorkbookError as error:
        terminal.complain(str(error))
        return error.exit_code
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
            raise
        where = error.filename or asked.book
        terminal.complain(f"{where}: {error.strerror}. Make room, then run the same command again.")
        return FAILED
    except KeyboardInterrupt:
        terminal.complain("Stopped.")
        return 130


def _run(series: Series, asked: argparse.Namespace) -> int:
    match asked.verb:
        case "list":
            return commands.list_recipes(series)
        case "lint":
            return commands.lint(series)
        case "lessons":
            return commands.lessons(series, asked.recipe, asked.check)
        case "app":
            return commands.serve_app(series, asked.recipe, asked.dir, asked.port)
        case "bench":
            from workbook.bench import bench

            return bench(series)
        case "proof":
            from workbook.proof.proving import proof

            return proof(series, asked.recipe, asked.format, asked.statements)
        case "edit" | "refresh" | "new-recipe":
            return _author(series, asked)
        case "notebooks":
            from workbook import notebooks

            return notebooks.refresh(series, asked.name, asked.check)
        case "lab":
            from workbook.lab import lab

            return lab(series, asked.port, browser=not asked.no_browser)
    recipe = commands.one_recipe(series, asked.verb, asked.recipe)
    match asked.verb:
        case "recipe":
            return commands.show_recipe(series, recipe)
        case "diff":
            return commands.show_diff(series, recipe)
        case "start":
            return commands.start(series, recipe, asked.dir.resolve())
        case "check":
            return commands.check(series, recipe, asked.dir.resolve(), asked.format)
    return PASSED


def _author(series: Series, asked: argparse.Namespace) -> int:
    from workbook.authoring import editing, new_recipe

    match asked.verb:
        case "edit":
            return editing.edit(series, asked.recipe, asked.discard)
        case "refresh":
            return editing.refresh(series, asked.check)
    return new_recipe.new_recipe(series, asked.recipe)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        terminal.complain(f"{message[0].upper()}{message[1:]}; `make` lists what there is.")
        sys.exit(WRONG_USE)


def _parser() -> argparse.ArgumentParser:
    here = Path(__file__).resolve().parent.parent
    parser = _Parser(prog="python -m workbook", description=__doc__)
    parser.add_argument("--book", type=Path, default=here, help="the workbook's folder")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="the recipes and the commands")
    verbs.add_parser("lint", help="hold the book against its rules")
    verbs.add_parser("bench", help="what the commands cost, as ratios")
    sub = verbs.add_parser("notebooks", help="execute the notebooks, rewrite what is stale")
    sub.add_argument("name", nargs="*", metavar="NAME", help="the name of a notebook")
    sub.add_argument("--check", action="store_true", help="change nothing, fail if stale")
    sub = verbs.add_parser("lab", help="open JupyterLab on the notebooks")
    sub.add_argument("--port", type=int, default=8888)
    sub.add_argument("--no-browser", action="store_true")
    for verb in ("recipe", "diff", "start", "check", "lessons", "app"):
        sub = verbs.add_parser(verb)
        sub.add_argument("recipe", nargs="*", metavar="N", help="a number or a name")
        if verb in ("start", "check"):
            sub.add_argument("--dir", type=Path, default=Path("work"))
        if verb == "check":
            sub.add_argument("--format", choices=["text", "json"], default="text")
        if verb == "lessons":
            sub.add_argument("--check", action="store_true", help="change nothing, fail if stale")
        if verb == "app":
            sub.add_argument("--port", type=int, default=5000)
            sub.add_argument("--dir", type=Path)
    _add_verbs_of_authors(verbs)
    return parser


def _add_verbs_of_authors(verbs: argparse._SubParsersAction[_Parser]) -> None:
    for verb in ("proof", "edit", "new-recipe"):
        sub = verbs.add_parser(verb)
        sub.add_argument("recipe", nargs="*", metavar="N", help="a number or a name")
        if verb == "edit":
            sub.add_argument("--discard", action="store_true", help="throw an open edit away")
        if verb == "proof":
            sub.add_argument("--format", choices=["text", "json"], default="text")
            sub.add_argument("--statements", default="120", help="seconds for them, or all")
    refresh = verbs.add_parser("refresh")
    refresh.add_argument("--check", action="store_true", help="change nothing, fail if stale")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
