"""What the grader's answers must be, and a sentence for each one that is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workbook import diffs
from workbook.judging import Result
from workbook.proof.cases import Case
from workbook.series import MANIFEST, Recipe, Series

Answers = Mapping[Case, Result]
Row = dict[str, str]


@dataclass(frozen=True)
class Cell:
    """A check on one step; signs: passed failed changed skipped other problem unasked."""

    sign: str
    verdict: str
    note: str = ""


@dataclass(frozen=True)
class Function:
    """One check function on every step."""

    name: str
    sentence: str
    guard: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Part:
    """A hunk, statement, mistake or variant: whether it is as it should be, and by what."""

    name: str
    good: bool
    note: str


@dataclass
class RecipeProof:
    """All that was proved of one recipe; `left_out` statements had no time."""

    recipe: Recipe
    functions: list[Function] = field(default_factory=list)
    hunks: list[Part] = field(default_factory=list)
    statements: list[Part] = field(default_factory=list)
    left_out: int = 0
    mistakes: list[Part] = field(default_factory=list)
    variants: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def cells(self) -> list[Cell]:
        """Return the recipe's row of the matrix: for each step what weighs most."""
        columns = zip(*(function.cells for function in self.functions), strict=True)
        return [_weightiest(column) for column in columns]


def _weightiest(column: Sequence[Cell]) -> Cell:
    for sign in ("problem", "changed", "failed", "skipped", "passed", "other", "unasked"):
        for cell in column:
            if cell.sign == sign:
                return cell
    raise AssertionError("a check has at least one function")


def judged(series: Series, recipe: Recipe, cases: Sequence[Case], answers: Answers) -> RecipeProof:
    """Hold the answers about one recipe against the rules."""
    proof = RecipeProof(recipe)
    own = [case for case in cases if case.recipe == recipe]
    by_kind = {kind: [case for case in own if case.kind == kind] for kind in _KINDS}
    proof.hunks = [*_hunks(recipe, by_kind["hunk"], answers, proof.problems)]
    asked = [case for case in by_kind["statement"] if case in answers]
    proof.left_out = len(by_kind["statement"]) - len(asked)
    proof.statements = [_removal(case, answers[case]) for case in asked]
    proof.mistakes = [_mistake(series, c, answers[c], proof.problems) for c in by_kind["mistake"]]
    proof.variants = [_variant(series, c, answers[c], proof.problems) for c in by_kind["variant"]]
    steps = {case.number: answers[case] for case in by_kind["step"]}
    shown = _shown_failing(answers[case] for case in own if case in answers)
    proof.functions = [*_functions(series, recipe, steps, shown, proof.problems)]
    return proof


# Stands in a problem for the steps that it was seen on.
_STEPS = "\0"
# Stands for what to do about an earlier promise that is broken.
_NAMED = "\1"
_KINDS = ("step", "hunk", "statement", "mistake", "variant")


def _shown_failing(results: Iterator[Result]) -> set[str]:
    """Return the functions that were seen failing plainly on some app."""
    rows = (row for result in results for row in result["checks"])
    return {row["name"] for row in rows if row["verdict"] == "failed"}


def _functions(
    series: Series,
    recipe: Recipe,
    steps: Mapping[int, Result],
    shown: set[str],
    problems: list[str],
) -> Iterator[Function]:
    for row in steps[recipe.number]["checks"]:
        cells = [Cell("unasked", "")] * (len(series.recipes) + 1)
        wrong: dict[str, list[int]] = {}
        for number, result in steps.items():
            rows = {r["name"]: r for r in result["checks"]}
            found = rows.get(row["name"]) or _no_row(row["name"], result)
            cells[number], problem = _cell(series, recipe, number, found, shown)
            if problem:
                wrong.setdefault(problem, []).append(number)
        for problem, numbers in wrong.items():
            told = problem.replace(_STEPS, _named(numbers))
            if _NAMED in told:
                told = told.replace(_NAMED, _where_to_look(series, recipe, numbers[0], steps))
            problems.append(f"Recipe {recipe.number} ({recipe.id}): {told}")
        guard = str(row.get("guard") or "")
        yield Function(row["name"], row["sentence"], guard, tuple(cells))


def _named(numbers: Sequence[int]) -> str:
    """Return "step 3" or "steps 0, 1, 2"."""
    return f"step{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"


def _no_row(name: str, result: Result) -> Row:
    told = "; ".join(str(row.get("message", "")) for row in result["checks"])
    return {"name": name, "verdict": "grader-error", "message": told or "the judge gave no result"}


def _cell(
    series: Series, recipe: Recipe, number: int, row: Row, shown: set[str]
) -> tuple[Cell, str]:
    """Return the cell of a function on one step, and a sentence when it is a problem."""
    note = _said(row)
    if number >= recipe.number:
        sign, problem = _since(series, recipe, number, row)
    elif row.get("guard"):
        sign, problem = _guard_before(recipe, number, row)
    else:
        sign, problem = _before(row, shown)
    return Cell("problem" if problem else sign, row["verdict"], note), problem


def _since(series: Series, recipe: Recipe, number: int, row: Row) -> tuple[str, str]:
    """Judge a function on its own step or a later one, where it must pass."""
    what = f"{recipe.id}.{row['name'].partition('[')[0]}"
    ended = [r.number for r in series.recipes for e in r.changes if e.what == what]
    at = min((n for n in ended if n > recipe.number), default=len(series.recipes) + 1)
    passed = row["verdict"] == "passed"
    if number == at and passed:
        return "passed", (
            f"{row['name']} passes on {_STEPS}, though {MANIFEST} says that recipe {number} "
            "changes it; take that entry out."
        )
    if number >= at and row["verdict"] != "grader-error":
        return "changed", ""
    if passed:
        return "passed", ""
    told = f"{row['name']} must pass on {_STEPS}, but: {_said(row)}."
    if number > recipe.number:
        told += (
            f" {_NAMED} If a recipe ends this promise on purpose, add to its entry in {MANIFEST}: "
            f'changes = [{{check = "{what}", reason = "..."}}].'
        )
    return "problem", told


def _where_to_look(series: Series, recipe: Recipe, number: int, steps: Mapping[int, Result]) -> str:
    """Name the recipe that broke a promise; if the step before it was not asked, how to find it."""
    if number - 1 in steps:
        return f"Fix recipe {number} ({series.recipes[number - 1].id})."
    return f"`make proof {recipe.number} STEPS=all` shows which recipe broke it."


def _guard_before(recipe: Recipe, number: int, row: Row) -> tuple[str, str]:
    if row["verdict"] == "passed":
        return "passed", ""
    if number == recipe.number - 1 or row["verdict"] == "grader-error":
        return "problem", (
            f"{row['name']} is marked as a guard, so it must pass on {_STEPS} as well, "
            f"but: {_said(row)}."
        )
    return "other", ""


def _before(row: Row, shown: set[str]) -> tuple[str, str]:
    """Judge a new function on a step before its recipe, where it must fail plainly."""
    name = row["name"]
    if row["verdict"] == "failed":
        return "failed", ""
    if row["verdict"] == "passed":
        return "problem", (
            f"{name} passes on {_STEPS} already; make it look at what is new, "
            "or mark it as a guard."
        )
    if row["verdict"] == "skipped":
        return "skipped", "" if name in shown else (
            f"{name} is skipped on {_STEPS} and was never seen failing; add a mistake that "
            "it catches."
        )
    return "problem", (
        f"{name} must fail plainly on {_STEPS} (verdict failed, by its own expect), "
        f"but: {_said(row)}."
    )


def _said(row: Row) -> str:
    words = " ".join(str(row.get("message") or row.get("wanted") or "").split())
    if len(words) > 200:  # a traceback says what it means at its end
        words = f"{words[:80]} ... {words[-110:]}"
    return f"{row['verdict']}: {words.rstrip('.')}" if words else row["verdict"]


def _removal(case: Case, result: Result) -> Part:
    caught = [row for row in result["checks"] if row["verdict"] not in ("passed", "skipped")]
    if result["verdict"] in ("passed", "grader-error") or not caught:
        return Part(case.name, False, result["verdict"])
    return Part(case.name, True, f"{caught[0]['name']} ({caught[0]['verdict']})")


def _hunks(
    recipe: Recipe, cases: Sequence[Case], answers: Answers, problems: list[str]
) -> Iterator[Part]:
    waivers = {waiver.what: waiver.reason for waiver in recipe.unneeded}
    where = f"Recipe {recipe.number} ({recipe.id})"
    for name in sorted(waivers.keys() - {case.name for case in cases}):
        problems.append(f"{where}: {MANIFEST} waives the hunk {name}, which is not in step.diff.")
    for case in cases:
        part = _removal(case, answers[case])
        waiver = waivers.get(case.name)
        if part.good and waiver:
            problems.append(f"{where}: hunk {case.name} is needed; take it out of `unneeded`.")
        elif not part.good and part.note == "grader-error":
            rows = answers[case]["checks"]
            told = next(_said(row) for row in rows if row["verdict"] == "grader-error")
            problems.append(f"{where}: without hunk {case.name} the check itself fails: {told}.")
        elif not part.good and not waiver:
            problems.append(
                f"{where}: no check needs hunk {case.name}; check what it does, or give the "
                f'reason in {MANIFEST}: unneeded = [{{hunk = "{case.name}", reason = "..."}}].'
            )
        elif not part.good and waiver:
            part = Part(case.name, False, waiver)
        yield part


def _mistake(series: Series, case: Case, result: Result, problems: list[str]) -> Part:
    assert case.diff is not None
    name = series.name_of(case.diff)
    trailers = diffs.read(case.diff, name).trailers
    catcher, says = trailers.get("Caught-by", ""), trailers.get("Says", "")
    row = next((r for r in result["checks"] if r["name"].partition("[")[0] == catcher), None)
    rows = [r for r in result["checks"] if r["name"].partition("[")[0] == catcher]
    wrong = [row for row in rows if row["verdict"] not in ("passed", "skipped")]
    row = (wrong or rows or [None])[0]
    problem = _problem_of_mistake(catcher, says, row, result)
    if problem:
        problems.append(f"{name}: {problem}")
    return Part(case.name, not problem, problem or f"{catcher}: {says}")


def _problem_of_mistake(catcher: str, says: str, row: Row | None, result: Result) -> str:
    if row is None:
        return f"`Caught-by: {catcher}` names no function of the check."
    if row["verdict"] in ("passed", "skipped", "grader-error"):
        wrong = [r["name"] for r in result["checks"] if r["verdict"] not in ("passed", "skipped")]
        others = f" ({', '.join(wrong)} catches it)" if wrong else ", nor does another function"
        return f"{catcher} does not catch it: {_said(row)}{others}."
    told = " ".join(" ".join(str(row.get(k) or "") for k in _TOLD).split())
    if not says or " ".join(says.split()) not in told:
        return f"{catcher} catches it, but does not say {says!r}; it says: {told[:200]!r}."
    return ""


_TOLD = ("message", "wanted", "seen")


def _variant(series: Series, case: Case, result: Result, problems: list[str]) -> Part:
    assert case.diff is not None
    if result["verdict"] == "passed":
        return Part(case.name, True, "")
    wrong = [row for row in result["checks"] if row["verdict"] != "passed"]
    told = "; ".join(f"{row['name']}: {_said(row)}" for row in wrong[:2])
    problems.append(
        f"{series.name_of(case.diff)}: another right answer must pass, but {told}. "
        "Mend the check or the variant."
    )
    return Part(case.name, False, told)
