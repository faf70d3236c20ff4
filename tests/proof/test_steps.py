"""Which steps a proof asks, what a new recipe costs, and how an interrupted proof continues."""

from __future__ import annotations

from typing import Any

import pytest
from books import tiny
from proof.conftest import INIT, Book

from workbook.__main__ import main
from workbook.proof import proving
from workbook.proof.cases import Case, steps_in_doubt

CHECK = '''\
import pytest
from checks import expect


@pytest.mark.hint("Look at wishes().")
def test_a_wish_is_heard(site):
    """The page of wishes opens."""
    page = site.get("/wishes")
    expect("Wish!" in page.text, wanted="a wish", seen=page)
'''
WISHES = tiny.CLOSES.replace(
    "    return app\n",
    '    @app.get("/wishes")\n    def wishes():\n        return "Wish!"\n\n    return app\n',
)


def add_recipe(book: Book) -> None:
    """Add recipe 4 at the end."""
    facts = {"id": "wishes", "title": "Wishes", "number": 4}
    manifest = book.root / "chapters" / "series.toml"
    entry = tiny.ENTRY.format(**facts)
    manifest.write_text(manifest.read_text().partition("[[planned]]")[0] + entry)
    folder = book.root / "chapters" / "ch01_tiny" / "r04_wishes"
    files = {"README.md": tiny.LESSON.format(**facts), "snippet.py": "", "check.py": CHECK}
    tiny.write(folder, files)
    after = {**tiny.STATES[3], INIT: WISHES}
    tiny.add_diff(book.place, folder / "step.diff", "Why wishes.\n\n", tiny.STATES[3], after)


def test_the_steps_beside_a_recipe_and_the_last_are_asked(book: Book) -> None:
    add_recipe(book)
    series = book.series
    steps = [steps_in_doubt(series, recipe) for recipe in series.recipes]
    assert steps == [[0, 1, 2, 4], [1, 2, 3, 4], [2, 3, 4], [3, 4]]
    found = book.prove(every_step=False)
    assert found["problems"] == []
    assert found["recipes"][0]["row"] == ["failed", "passed", "passed", "unasked", "passed"]
    assert found["recipes"][3]["row"] == ["unasked", "unasked", "unasked", "failed", "passed"]


def test_a_step_that_ends_a_promise_is_asked(book: Book) -> None:
    add_recipe(book)
    name = "greeting.test_the_home_page_greets"
    book.say(3, f'changes = [{{check = "{name}", reason = "Shops say welcome."}}]')
    assert steps_in_doubt(book.series, book.series.recipes[0]) == [0, 1, 2, 3, 4]
    told = "\n".join(book.prove("1", every_step=False)["problems"])
    assert "passes on step 3, though" in told


def test_a_new_recipe_asks_about_itself_and_the_last_step(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBOOK_BUILD", str(book.place / "fresh"))
    book.prove(every_step=False)
    add_recipe(book)
    found = book.prove(every_step=False)
    assert found["problems"] == []
    itself, others = 2 + 1, 3
    assert found["asked"] == itself + others, "two steps, a hunk; each other check on step 4"


def test_all_steps_ask_only_what_the_near_ones_did_not(book: Book) -> None:
    near = book.prove(every_step=False)
    known = near["asked"] + near["cached"]
    everything = book.prove(every_step=True)
    assert everything["asked"] + everything["cached"] == known + 3, "steps 0 of 2, 0 and 1 of 3"
    assert everything["asked"] <= 3


def test_a_promise_that_only_the_last_step_breaks_is_found_with_all_steps(book: Book) -> None:
    add_recipe(book)
    after = {**tiny.STATES[3], INIT: WISHES.replace("Hello from", "Welcome to")}
    step = book.series.recipes[3].step
    tiny.add_diff(book.place, step, "Why wishes.\n\n", tiny.STATES[3], after)
    told = book.problem_about("test_the_home_page_greets", every_step=False)
    assert "must pass on step 4, but: failed" in told
    assert "`make proof 1 STEPS=all` shows which recipe broke it." in told
    told = book.problem_about("test_the_home_page_greets", every_step=True)
    assert "Fix recipe 4 (wishes)." in told


def interrupt_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make Ctrl-C come when there are so many results."""
    take = proving._Asked._take
    left = [count]

    def counted(self: Any, same: list[Case], result: Any) -> None:
        take(self, same, result)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    monkeypatch.setattr(proving._Asked, "_take", counted)


def test_an_interrupted_proof_continues_where_it_was(
    book: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKBOOK_BUILD", str(book.place / "fresh"))
    proof = ("--book", str(book.root), "proof", "1", "--statements", "0")
    with monkeypatch.context() as interrupted:
        interrupt_after(3, interrupted)
        assert main(proof) == 130
    said = capsys.readouterr().err
    assert "3 of 7 results are kept; run the same command again to continue." in said
    assert main(proof) == 0
    assert "4 apps graded, 3 known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "The series is proved on the steps beside each recipe and the last;"),
        (("--steps", "all"), "The series is proved on every step;"),
        (("2",), "Recipe 2 (prices) is proved on the steps beside the recipe and the last;"),
        (("1", "2"), "Recipes 1, 2 are proved on the steps beside each recipe and the last;"),
    ],
)
def test_the_summary_says_how_much_is_proved(
    book: Book, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main(["--book", str(book.root), "proof", "--statements", "0", *words]) == 0
    assert said in " ".join(capsys.readouterr().out.split())


def test_one_problem_is_one_problem(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = book.series.recipes[0].variants
    path.unlink()
    book.add(1, "variants/welcome", "Welcome.\n\n", init=tiny.GREETS.replace("Hello", "Welcome"))
    assert main(["--book", str(book.root), "proof", "1", "--statements", "0"]) == 1
    assert "1 problem found;" in " ".join(capsys.readouterr().out.split())
