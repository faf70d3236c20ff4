"""What the grader's results must be, and a sentence for each one that is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from workbook.proof import parts
from workbook.proof.cases import Case
from workbook.proof.found import Cell, Function, RecipeProof
from workbook.proof.parts import Results, said
from workbook.result import CheckResult, Plan, Result
from workbook.series import MANIFEST, Recipe, Series


def compare(series: Series, recipe: Recipe, cases: Sequence[Case], results: Results) -> RecipeProof:
    """Compare the results about one recipe with the rules."""
    proof = RecipeProof(recipe)
    own = [case for case in cases if case.recipe == recipe]
    by_kind = {kind: [case for case in own if case.kind == kind] for kind in _KINDS}
    steps = {case.number: results[case] for case in by_kind["step"]}
    proof.problems += _crashes(recipe, steps[recipe.number]) if steps else ()
    if proof.problems or not steps:  # nothing else that the check says is true
        cells = [Cell("unasked", "")] * (len(series.recipes) + 1)
        cells[recipe.number] = Cell("problem", "grader-error", "".join(proof.problems[:1]))
        proof.functions = [Function("check.py", "The check runs.", "", tuple(cells))]
        return proof
    shown = _shown_failing(results[case] for case in own if case in results)
    proof.functions = [*_functions(series, recipe, steps, shown, proof.problems)]
    asked = [case for case in by_kind["statement"] if case in results]
    proof.left_out = len(by_kind["statement"]) - len(asked)
    crashing = {function.name for function in proof.functions if function.crashes}
    proof.hunks = [*parts.hunks(recipe, by_kind["hunk"], results, crashing, proof.problems)]
    proof.statements = [parts.removal(case, results[case]) for case in asked]
    for case in by_kind["mistake"]:
        proof.mistakes.append(parts.mistake(series, case, results[case], proof.problems))
    for case in by_kind["variant"]:
        proof.variants.append(parts.variant(series, case, results[case], proof.problems))
    return proof


def _crashes(recipe: Recipe, result: Result) -> Iterator[str]:
    """Yield a problem for each way in which a check crashes on the app of its own recipe."""
    by_message: dict[str, list[str]] = {}
    for row in result.checks:
        if row.verdict == "grader-error":
            by_message.setdefault(said(row).partition(" (in ")[0], []).append(row.name)
    for message, names in by_message.items():
        where = f"Recipe {recipe.number} ({recipe.id})"
        yield f"{where}: check.py crashes in {', '.join(names)}: {message}."


# Stands in a problem for the steps that it was seen on.
_STEPS = "\0"
# Stands for what to do about an earlier promise that is broken.
_NAMED = "\1"
_KINDS = ("step", "hunk", "statement", "mistake", "variant")


def _shown_failing(results: Iterator[Result]) -> set[str]:
    """Return the functions that were seen failing plainly on some app."""
    rows = (row for result in results for row in result.checks)
    return {row.name for row in rows if row.verdict == "failed"}


def _functions(
    series: Series,
    recipe: Recipe,
    steps: Mapping[int, Result],
    shown: set[str],
    problems: list[str],
) -> Iterator[Function]:
    for row in steps[recipe.number].checks:
        cells = [Cell("unasked", "")] * (len(series.recipes) + 1)
        wrong: dict[str, list[int]] = {}
        for number, result in steps.items():
            rows = {r.name: r for r in result.checks}
            found = rows.get(row.name) or _no_row(row.name, result)
            cells[number], problem = _cell(series, recipe, number, found, shown)
            if problem:
                wrong.setdefault(problem, []).append(number)
        for problem, numbers in wrong.items():
            text = problem.replace(_STEPS, _named(numbers))
            if _NAMED in text:
                text = text.replace(_NAMED, _where_to_look(series, recipe, numbers[0], steps))
            problems.append(f"Recipe {recipe.number} ({recipe.id}): {text}")
        yield Function(row.name, row.sentence, row.guard, tuple(cells))


def _named(numbers: Sequence[int]) -> str:
    """Return "step 3" or "steps 0, 1, 2"."""
    return f"step{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"


def _no_row(name: str, result: Result) -> CheckResult:
    text = "; ".join(row.message for row in result.checks)
    return Plan(name, "").result("grader-error", text or "the grader returned no result")


def _cell(
    series: Series, recipe: Recipe, number: int, row: CheckResult, shown: set[str]
) -> tuple[Cell, str]:
    """Return the cell of a function on one step, and a sentence when it is a problem."""
    note = said(row)
    if number >= recipe.number:
        sign, problem = _since(series, recipe, number, row)
    elif row.guard:
        sign, problem = _guard_before(recipe, number, row)
    else:
        sign, problem = _before(row, shown)
    return Cell("problem" if problem else sign, row.verdict, note), problem


def _since(series: Series, recipe: Recipe, number: int, row: CheckResult) -> tuple[str, str]:
    """Return the sign and the problem of a function on a step on which it must pass."""
    what = f"{recipe.id}.{row.name.partition('[')[0]}"
    ended = [r.number for r in series.recipes for e in r.changes if e.what == what]
    at = min((n for n in ended if n > recipe.number), default=len(series.recipes) + 1)
    passed = row.verdict == "passed"
    if number == at and passed:
        return "passed", (
            f"{row.name} passes on {_STEPS}, though {MANIFEST} says that recipe {number} "
            "changes it; take that entry out."
        )
    if number >= at and row.verdict != "grader-error":
        return "changed", ""
    if passed:
        return "passed", ""
    text = f"{row.name} must pass on {_STEPS}, but: {said(row)}."
    if number > recipe.number:
        text += (
            f" {_NAMED} If a recipe ends this promise on purpose, add to its entry in {MANIFEST}: "
            f'changes = [{{check = "{what}", reason = "..."}}].'
        )
    return "problem", text


def _where_to_look(series: Series, recipe: Recipe, number: int, steps: Mapping[int, Result]) -> str:
    """Name the recipe that broke a promise; if the step before it was not asked, how to find it."""
    if number - 1 in steps:
        return f"Fix recipe {number} ({series.recipes[number - 1].id})."
    return f"`make proof {recipe.number} STEPS=all` shows which recipe broke it."


def _guard_before(recipe: Recipe, number: int, row: CheckResult) -> tuple[str, str]:
    if row.verdict == "passed":
        return "passed", ""
    if number == recipe.number - 1 or row.verdict == "grader-error":
        return "problem", (
            f"{row.name} is marked as a guard, so it must pass on {_STEPS} as well, "
            f"but: {said(row)}."
        )
    return "other", ""


def _before(row: CheckResult, shown: set[str]) -> tuple[str, str]:
    """Return the sign and the problem of a new function on a step before its recipe."""
    name = row.name
    if row.verdict == "failed":
        return "failed", ""
    if row.verdict == "passed":
        return "problem", (
            f"{name} passes on {_STEPS} already; make it look at what is new, "
            "or mark it as a guard."
        )
    if row.verdict == "skipped":
        return "skipped", "" if name in shown else (
            f"{name} is skipped on {_STEPS} and was never seen failing; add a mistake that "
            "it catches."
        )
    return "problem", (
        f"{name} must fail plainly on {_STEPS} (verdict failed, by its own expect), "
        f"but: {said(row)}."
    )
