"""The command line: each command with its arguments, written once. `make` hands over to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from workbook import commands, terminal
from workbook.errors import PASSED
from workbook.series import INTERRUPTED, Series, load

ROOT = Path(__file__).resolve().parent.parent


class Folder(click.ParamType[Path]):
    """A folder: `~` is the home folder also where the shell did not say so."""

    name = "folder"

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Return the absolute path."""
        try:
            return Path(value).expanduser().resolve()
        except (RuntimeError, ValueError, OSError) as error:
            raise click.BadParameter(f"{value!r} is not a path ({error})") from None


recipe_argument = click.argument("words", nargs=-1, metavar="N")
folder_option = click.option("--dir", "folder", type=Folder(), default=Path("work"))
format_option = click.option("--format", "form", type=click.Choice(["text", "json"]),
                             default="text")  # fmt: skip
check_option = click.option("--check", "only_check", is_flag=True,
                            help="Change nothing, fail if something is stale.")  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--book", type=Folder(), default=ROOT, hidden=True)
@click.pass_context
def cli(context: click.Context, book: Path) -> None:
    """Work with the catalog app and its recipes."""
    if (book / INTERRUPTED).exists():
        from workbook.authoring.journal import recover

        if recovered := recover(book):
            terminal.complain(recovered)
    context.obj = load(book)


@cli.command("list", hidden=True)
@click.pass_obj
def list_(series: Series) -> int:
    """List the recipes and the commands."""
    terminal.series_table(series)
    terminal.say()
    for name, command in sorted(cli.commands.items(), key=_order):
        if not command.hidden:
            terminal.command(name + _example(command), command.get_short_help_str(limit=80))
    return PASSED


cli.add_command(list_, "help")


def _order(item: tuple[str, click.Command]) -> int:
    """Order the commands as this file does: a learner meets them in this order."""
    return [*cli.commands].index(item[0])


def _example(command: click.Command) -> str:
    needs_recipe = any(parameter.name == "words" for parameter in command.params)
    return " 1" if needs_recipe and command.name != "notebooks" else ""


@cli.command()
@recipe_argument
@click.pass_obj
def recipe(series: Series, words: tuple[str, ...]) -> int:
    """See a recipe: its change, the app doing it, the check"""
    return commands.show_recipe(series, commands.one_recipe(series, "recipe", words))


@cli.command()
@recipe_argument
@folder_option
@click.pass_obj
def start(series: Series, words: tuple[str, ...], folder: Path) -> int:
    """Do it yourself: the app before a recipe, in work/"""
    return commands.start(series, commands.one_recipe(series, "start", words), folder)


@cli.command()
@recipe_argument
@folder_option
@format_option
@click.pass_obj
def check(series: Series, words: tuple[str, ...], folder: Path, form: str) -> int:
    """Grade the app in work/"""
    return commands.check(series, commands.one_recipe(series, "check", words), folder, form)


@cli.command()
@recipe_argument
@click.option("--dir", "folder", type=Folder())
@click.option("--port", type=click.IntRange(1, 65535), default=5000)
@click.pass_obj
def app(series: Series, words: tuple[str, ...], folder: Path | None, port: int) -> int:
    """Open the app after a recipe in your browser"""
    return commands.serve_app(series, words, folder, port)


@cli.command()
@recipe_argument
@click.pass_obj
def diff(series: Series, words: tuple[str, ...]) -> int:
    """Show the whole change of a recipe, and why"""
    return commands.show_diff(series, commands.one_recipe(series, "diff", words))


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8888)
@click.option("--no-browser", is_flag=True)
@click.pass_obj
def lab(series: Series, port: int, no_browser: bool) -> int:
    """Read the notebooks: a profile, a coverage report"""
    from workbook.lab import lab

    return lab(series, port, browser=not no_browser)


@cli.command()
@click.argument("words", nargs=-1, metavar="NAME")
@check_option
@click.pass_obj
def notebooks(series: Series, words: tuple[str, ...], only_check: bool) -> int:
    """Execute the notebooks and rewrite what is stale"""
    from workbook.notebooks import refresh

    return refresh(series, words, only_check)


@cli.command()
@click.pass_obj
def test(series: Series) -> int:
    """Test everything that this workbook promises"""
    return commands.test(series)


# For those who write recipes; CONTRIBUTING.md explains them.


@cli.command(hidden=True)
def services() -> int:
    """List the services that recipes run against, and what is missing here."""
    return commands.services()


@cli.command(hidden=True)
@click.argument("words", nargs=-1, metavar="SERVICE")
def install(words: tuple[str, ...]) -> int:
    """Install a service."""
    return commands.install(words)


@cli.command(hidden=True)
@click.pass_obj
def lint(series: Series) -> int:
    """Check the workbook and report every problem."""
    return commands.lint(series)


@cli.command(hidden=True)
@recipe_argument
@check_option
@click.pass_obj
def lessons(series: Series, words: tuple[str, ...], only_check: bool) -> int:
    """Refresh the recorded blocks of the lessons."""
    return commands.lessons(series, words, only_check)


@cli.command(hidden=True)
@click.pass_obj
def bench(series: Series) -> int:
    """Measure what the commands cost, as ratios."""
    from workbook.bench import bench

    return bench(series)


@cli.command(hidden=True)
@recipe_argument
@format_option
@click.option("--statements", default="120", help="Seconds for them, or all.")
@click.option(
    "--steps",
    type=click.Choice(["near", "all"]),
    default="near",
    help="The steps beside each recipe and the last, or all.",
)
@click.pass_obj
def proof(series: Series, words: tuple[str, ...], form: str, statements: str, steps: str) -> int:
    """Prove that each check fails before its recipe and passes from it on."""
    from workbook.proof.proving import proof

    return proof(series, words, form, statements, steps)


@cli.command(hidden=True)
@recipe_argument
@click.option("--discard", is_flag=True, help="Discard an open edit.")
@click.pass_obj
def edit(series: Series, words: tuple[str, ...], discard: bool) -> int:
    """Open a step for editing in build/edit/app."""
    from workbook.authoring.editing import edit

    return edit(series, words, discard)


@cli.command(hidden=True)
@check_option
@click.pass_obj
def refresh(series: Series, only_check: bool) -> int:
    """Carry an edit through all later recipes."""
    from workbook.authoring.editing import refresh

    return refresh(series, only_check)


@cli.command(hidden=True)
@recipe_argument
@click.option("--chapter", default="", help="The chapter that it belongs to.")
@click.pass_obj
def new_recipe(series: Series, words: tuple[str, ...], chapter: str) -> int:
    """Start the next recipe, with every file in place."""
    from workbook.authoring.new_recipe import new_recipe

    return new_recipe(series, words, chapter)


def arguments_from_make(environ: Mapping[str, str]) -> list[str]:
    """Return the arguments for what `make` was given: goals, and variables as options."""
    verb, *words = environ["WORKBOOK_GOALS"].split() or ["list"]
    given = {name: environ.get(name, "") for name in environ["WORKBOOK_GIVEN"].split()}
    for name in ("PYTHON", "VENV"):
        given.pop(name, None)
    first = given.pop("N", "").split()
    options = [option for item in given.items() for option in _option(verb, *item)]
    return [verb, *options, "--", *first, *words]


def _option(verb: str, name: str, value: str) -> Sequence[str]:
    if not value:
        return []
    option = f"--{name.lower().replace('_', '-')}"
    command = cli.commands.get(verb)
    known = [found for found in (command.params if command else ()) if option in found.opts]
    if command and not known:
        raise click.UsageError(f"`make {verb}` takes no {name}=value")
    if known and isinstance(known[0], click.Option) and known[0].is_flag:
        return [] if value == "0" else [option]
    return [f"{option}={value}"]
