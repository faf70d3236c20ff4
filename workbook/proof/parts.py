"""What the grader must say without a hunk, about a mistake, and about a variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from workbook import diffs
from workbook.proof.cases import Case
from workbook.proof.found import Part
from workbook.result import CheckResult, Result
from workbook.series import MANIFEST, Recipe, Series

Results = Mapping[Case, Result]


def said(row: CheckResult) -> str:
    """Return the verdict and the message of a row, on one line."""
    text = " ".join((row.message or row.wanted).split())
    if len(text) > 200:  # a traceback says what it means at its end
        text = f"{text[:80]} ... {text[-110:]}"
    return f"{row.verdict}: {text.rstrip('.')}" if text else row.verdict


def removal(case: Case, result: Result) -> Part:
    """Return whether some check fails without a hunk or a statement, and which."""
    caught = [row for row in result.checks if row.verdict not in ("passed", "skipped")]
    if result.verdict in ("passed", "grader-error") or not caught:
        return Part(case.name, False, result.verdict)
    return Part(case.name, True, f"{caught[0].name} ({caught[0].verdict})")


def hunks(
    recipe: Recipe,
    cases: Sequence[Case],
    results: Results,
    crashing: Set[str],
    problems: list[str],
) -> Iterator[Part]:
    """Yield the hunks of a recipe; `crashing` are functions whose crash is reported already."""
    waivers = {waiver.what: waiver.reason for waiver in recipe.unneeded}
    where = f"Recipe {recipe.number} ({recipe.id})"
    for name in sorted(waivers.keys() - {case.name for case in cases}):
        problems.append(f"{where}: {MANIFEST} waives the hunk {name}, which is not in step.diff.")
    for case in cases:
        part = removal(case, results[case])
        waiver = waivers.get(case.name)
        if part.good and waiver:
            problems.append(f"{where}: hunk {case.name} is needed; take it out of `unneeded`.")
        elif not part.good and part.note == "grader-error":
            rows = [row for row in results[case].checks if row.verdict == "grader-error"]
            if not crashing & {row.name for row in rows}:  # else reported, for a step
                text = said(rows[0])
                problems.append(f"{where}: without hunk {case.name} check.py crashes: {text}.")
        elif not part.good and not waiver:
            problems.append(
                f"{where}: no check needs hunk {case.name}; check what it does, or give the "
                f'reason in {MANIFEST}: unneeded = [{{hunk = "{case.name}", reason = "..."}}].'
            )
        elif not part.good and waiver:
            part = Part(case.name, False, waiver)
        yield part


def mistake(series: Series, case: Case, result: Result, problems: list[str]) -> Part:
    """Return whether the function that a mistake names catches it, with the text it names."""
    assert case.diff is not None
    name = series.name_of(case.diff)
    trailers = diffs.read(case.diff, name).trailers
    catcher, says = trailers.get("Caught-by", ""), trailers.get("Says", "")
    problem = _problem_of_mistake(catcher, says, _row_of(catcher, result), result)
    if problem:
        problems.append(f"{name}: {problem}")
    return Part(case.name, not problem, problem or f"{catcher}: {says}")


def is_caught(case: Case, result: Result) -> bool:
    """Return whether the only function that was asked does not pass."""
    row = _row_of(case.only, result)
    return row is not None and row.verdict not in ("passed", "skipped", "grader-error")


def _row_of(function: str, result: Result) -> CheckResult | None:
    """Return the row of a function; of one with parameters, the first row that did not pass."""
    rows = [row for row in result.checks if row.name.partition("[")[0] == function]
    wrong = [row for row in rows if row.verdict not in ("passed", "skipped")]
    return next(iter(wrong or rows), None)


def _problem_of_mistake(catcher: str, says: str, row: CheckResult | None, result: Result) -> str:
    if row is None:
        return f"`Caught-by: {catcher}` names no function of the check."
    if row.verdict in ("passed", "skipped", "grader-error"):
        wrong = [r.name for r in result.checks if r.verdict not in ("passed", "skipped")]
        others = f" ({', '.join(wrong)} catches it)" if wrong else ", nor does another function"
        return f"{catcher} does not catch it: {said(row)}{others}."
    text = " ".join(" ".join((row.message, row.wanted, row.seen)).split())
    if not says or " ".join(says.split()) not in text:
        return f"{catcher} catches it, but does not say {says!r}; it says: {text[:200]!r}."
    return ""


def variant(series: Series, case: Case, result: Result, problems: list[str]) -> Part:
    """Return whether another right solution passes."""
    assert case.diff is not None
    if result.verdict == "passed":
        return Part(case.name, True, "")
    wrong = [row for row in result.checks if row.verdict != "passed"]
    text = "; ".join(f"{row.name}: {said(row)}" for row in wrong[:2])
    problems.append(
        f"{series.name_of(case.diff)}: a right solution must pass, but {text}. "
        "Fix the check or the variant."
    )
    return Part(case.name, False, text)
