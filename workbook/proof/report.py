"""The proof as facts for JSON, as a table that fits a terminal, and as an HTML page."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from workbook import terminal
from workbook.files import replace
from workbook.proof.found import Part, Proof, RecipeProof
from workbook.series import Series

SIGNS = {
    "passed": ("✓", "green", "passes"),
    "failed": ("✗", "cyan", "fails, as it must before its recipe"),
    "skipped": ("-", "yellow", "skipped, because a check that it depends on fails"),
    "changed": ("~", "yellow", "ended on purpose, as series.toml says"),
    "other": ("·", "dim", "a guard of something that was not there yet"),
    "problem": ("!", "red", "not as it must be"),
    "unasked": (" ", "dim", "not asked (make proof STEPS=all)"),
}
_KINDS = ("hunks", "statements", "mistakes", "variants")


def publish(series: Series, found: Proof, form: str, few: bool) -> None:
    """Write build/proof.json and build/proof.html; print the proof as text or as JSON."""
    all_facts = facts(series, found)
    text = json.dumps(all_facts, indent=1, ensure_ascii=False)
    replace(series.build / "proof.json", text)
    replace(series.build / "proof.html", _PAGE.format(body="\n".join(_body(all_facts))))
    if form == "json":
        print(text)
    else:
        _show(series, all_facts, few)


def facts(series: Series, found: Proof) -> dict[str, Any]:
    """Return everything that was found, as JSON shows it."""
    return {
        "passed": not found.problems,
        "summary": _summary(series, found),
        "steps": found.steps + 1,
        "asked": found.asked,
        "cached": found.cached,
        "seconds": round(found.seconds, 2),
        "problems": found.problems,
        "recipes": [_recipe(series, one) for one in found.recipes],
    }


def _recipe(series: Series, one: RecipeProof) -> dict[str, Any]:
    recipe = one.recipe
    changes = [asdict(waiver) for waiver in recipe.changes]
    return {
        "number": recipe.number,
        "id": recipe.id,
        "title": recipe.title,
        "changes": changes,
        "unneeded": [asdict(waiver) for waiver in recipe.unneeded],
        "row": [cell.sign for cell in one.cells()],
        "functions": [asdict(function) for function in one.functions],
        "hunks": _parts(one.hunks),
        "statements": _parts(one.statements),
        "statements_left_out": one.left_out,
        "mistakes": _parts(one.mistakes),
        "variants": _parts(one.variants),
        "problems": one.problems,
    }


def _summary(series: Series, found: Proof) -> str:
    """Return how much is proved, or how many problems there are."""
    if found.problems:
        return terminal.count(len(found.problems), "problem") + " found"
    where = "on every step" if found.every_step else "on the steps beside each recipe and the last"
    proved = [one.recipe for one in found.recipes]
    if len(proved) == len(series.recipes):
        return f"The series is proved {where}"
    if len(proved) == 1:
        where = where.replace("each", "the")
        return f"Recipe {proved[0].number} ({proved[0].id}) is proved {where}"
    return f"Recipes {', '.join(str(recipe.number) for recipe in proved)} are proved {where}"


def _parts(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [asdict(part) for part in parts]


def _show(series: Series, found: dict[str, Any], few: bool) -> None:
    """Print the matrix, what is waived, and every problem; details when `few` were asked for."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("N", justify="right")
    table.add_column("recipe", no_wrap=True)
    table.add_column("".join(str(n % 10) for n in range(found["steps"])), no_wrap=True)
    for kind in _KINDS:
        table.add_column(kind, justify="right", no_wrap=True)
    for one in found["recipes"]:
        row = "".join(_coloured(sign) for sign in one["row"])
        counts = [_share(one, kind) for kind in _KINDS]
        table.add_row(str(one["number"]), one["id"], row, *counts)
    terminal.console().print(table, soft_wrap=False)
    terminal.say("[dim]" + "  ".join(f"{s[0]} {s[2]}" for s in _used(found)) + "[/]")
    for line in _remarks(found, few):
        terminal.console().print(line, markup=False)
    _show_end(series, found)


def _coloured(sign: str) -> str:
    mark, colour, _ = SIGNS[sign]
    return f"[{colour}]{mark}[/]"


def _used(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    used = {sign for one in found["recipes"] for sign in one["row"]}
    return [sign for name, sign in SIGNS.items() if name in used and name != "unasked"]


def _share(one: dict[str, Any], kind: str) -> str:
    parts = one[kind]
    good = sum(part["good"] for part in parts)
    left = one["statements_left_out"] if kind == "statements" else 0
    text = f"{good}/{len(parts)}" + (f" (+{left})" if left else "")
    bad = kind in ("mistakes", "variants") and good < len(parts)
    return f"[red]{text}[/]" if bad else text


def _remarks(found: dict[str, Any], few: bool) -> Iterator[str]:
    """Yield what is no problem and still worth knowing."""
    for one in found["recipes"]:
        for change in one["changes"]:
            yield f"~ recipe {one['number']} ends {change['what']}: {change['reason']}"
        for waiver in one["unneeded"]:
            yield f"recipe {one['number']}: no check needs {waiver['what']}: {waiver['reason']}"
        if few:
            for part in one["statements"]:
                if not part["good"]:
                    yield f"recipe {one['number']}, no check misses {part['name']}"
    if left := sum(one["statements_left_out"] for one in found["recipes"]):
        yield (
            f"There was no time for {terminal.count(left, 'statement')} (+); "
            "`make proof STATEMENTS=all` asks about all of them."
        )


def _show_end(series: Series, found: dict[str, Any]) -> None:
    for problem in found["problems"]:
        terminal.complain(f"! {problem}")
    page = series.name_of(series.build / "proof.html")
    summary = (
        f"{terminal.count(found['asked'], 'app')} graded, {found['cached']} known; "
        f"{found['seconds']:.1f} s; {page}"
    )
    colour = "green" if found["passed"] else "red"
    terminal.say(f"[{colour} bold]{found['summary']}[/]; {summary}")


def _body(found: dict[str, Any]) -> Iterator[str]:
    sign = "passed" if found["passed"] else "problem"
    yield f"<p class='{sign}'>{html.escape(found['summary'])}.</p>"
    if found["problems"]:
        listed = (f"<li>{html.escape(problem)}</li>" for problem in found["problems"])
        yield f"<ul>{''.join(listed)}</ul>"
    yield "<table><thead><tr><th>Check</th>"
    yield "".join(f"<th>{n}</th>" for n in range(found["steps"])) + "</tr></thead>"
    for one in found["recipes"]:
        yield "<tbody>"
        yield _tr(f"{one['number']}. {one['title']}", one["row"], [""] * found["steps"], "th")
        for function in one["functions"]:
            signs = [cell["sign"] for cell in function["cells"]]
            notes = [cell["note"] for cell in function["cells"]]
            guard = f" (guard: {function['guard']})" if function["guard"] else ""
            yield _tr(function["sentence"] + guard, signs, notes, "td")
        yield "</tbody>"
    yield "</table><ul class='signs'>"
    yield "".join(f"<li>{_mark(sign, '')} {SIGNS[sign][2]}</li>" for sign in SIGNS) + "</ul>"
    for one in found["recipes"]:
        yield from _details(one)


def _tr(name: str, signs: Sequence[str], notes: Sequence[str], cell: str) -> str:
    cells = "".join(f"<td>{_mark(s, note)}</td>" for s, note in zip(signs, notes, strict=True))
    return f"<tr><{cell} class='name'>{html.escape(name)}</{cell}>{cells}</tr>"


def _mark(sign: str, note: str) -> str:
    title = html.escape(note or SIGNS[sign][2], quote=True)
    return f"<span class='{sign}' title='{title}'>{SIGNS[sign][0]}</span>"


def _details(one: dict[str, Any]) -> Iterator[str]:
    yield f"<h2>{one['number']}. {html.escape(one['title'])}</h2>"
    for kind in _KINDS:
        parts = one[kind]
        good = sum(part["good"] for part in parts)
        left = one["statements_left_out"] if kind == "statements" else 0
        more = f", {left} not asked" if left else ""
        yield f"<details><summary>{kind}: {good} of {len(parts)}{more}</summary><ul>"
        for part in parts:
            sign = "✓" if part["good"] else "✗"
            note = f": {html.escape(part['note'])}" if part["note"] else ""
            yield f"<li>{sign} <code>{html.escape(part['name'])}</code>{note}</li>"
        yield "</ul></details>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The proof of the series</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto }}
body {{ padding: 0 1rem }}
table {{ border-collapse: collapse; display: block; overflow-x: auto }}
th, td {{ padding: .1rem .4rem; text-align: center }}
.name {{ text-align: left; min-width: 16rem }}
th.name {{ padding-top: .8rem }}
td span {{ display: inline-block; width: 1.4rem; border-radius: .2rem; color: #fff }}
.passed {{ background: #1a7f37; color: #fff }} .failed {{ background: #57606a; color: #fff }}
.changed, .skipped {{ background: #9a6700; color: #fff }} .other {{ background: #8c959f }}
.problem {{ background: #cf222e; color: #fff; font-weight: bold }}
p.passed, p.problem {{ padding: .3rem .6rem }}
.signs {{ list-style: none; padding: 0 }} .signs span {{ padding: 0 .4rem }}
</style></head><body><h1>The proof of the series</h1>
{body}
</body></html>
"""
