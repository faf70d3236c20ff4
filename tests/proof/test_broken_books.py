"""A book that is broken in each way is caught, in a sentence that says where."""

from __future__ import annotations

import pytest
from books.tiny import GREETS, MISTAKE
from proof.conftest import INIT, Book

from workbook.__main__ import main
from workbook.servers import valkey

OLD_NEWS = '''

@pytest.mark.hint("None.")
def test_old_news(site):
    """The page about the shop opens."""
    expect("A shop" in site.get("/about").text, wanted="A shop")
'''
CRASHES = '''

@pytest.mark.hint("None.")
def test_crashes(site):
    """The price is a number."""
    expect(int(site.get("/price/tea").text.split(": ")[1]) == 3, wanted="3")
'''
SKIPPED = '''

@pytest.mark.hint("None.")
@pytest.mark.depends("test_tea_has_a_price")
def test_more_prices(site):
    """Coffee has no price."""
    expect("None" in site.get("/price/coffee").text, wanted="None")
'''


def append(book: Book, number: int, text: str) -> None:
    path = book.check(number)
    path.write_text(path.read_text() + text)


def test_a_check_that_passes_before_its_recipe(book: Book) -> None:
    append(book, 2, OLD_NEWS)
    assert book.problem("2") == (
        "Recipe 2 (prices): test_old_news passes on steps 0, 1 already; make it look at what is "
        "new, or mark it as a guard."
    )


def test_a_check_that_crashes_instead_of_failing(book: Book) -> None:
    append(book, 2, CRASHES)
    told = book.problem("2")
    assert told.startswith("Recipe 2 (prices): test_crashes must fail plainly on steps 0, 1")
    assert "error: The app returned something that the check cannot read" in told


def test_a_check_that_cannot_be_read_is_one_problem(book: Book) -> None:
    book.replace(book.check(1), "import pytest", "import pytst")
    told = book.problem("1")
    assert told.startswith("Recipe 1 (greeting): check.py crashes in check.py: grader-error: ")
    assert told.endswith("No module named 'pytst'.")


def test_a_check_that_crashes_everywhere_is_one_problem(book: Book) -> None:
    book.replace(book.check(1), "site.get", "site.fetch")
    told = book.problem("1")
    names = "test_the_home_page_greets, test_the_name_is_a_setting, test_the_page_about"
    assert told.startswith(f"Recipe 1 (greeting): check.py crashes in {names}")
    assert "has no attribute 'fetch'" in told


def test_a_check_that_only_skips_before_its_recipe(book: Book) -> None:
    append(book, 2, SKIPPED)
    assert "test_more_prices is skipped on steps 0, 1 and was never seen failing" in book.problem(
        "2"
    )


def test_a_check_that_fails_on_its_own_step(book: Book) -> None:
    book.replace(book.check(2), "tea: 3", "tea: 4")
    told = book.prove("2")["problems"]
    assert "test_tea_has_a_price must pass on steps 2" in told[0] or (
        "test_tea_has_a_price must pass on step 2, but: failed" in told[0]
    )


def test_a_guard_that_did_not_hold_before(book: Book) -> None:
    guard = '@pytest.mark.guard("It was so.")\n@pytest.mark.hint("Look at price().")'
    book.replace(book.check(2), '@pytest.mark.hint("Look at price().")', guard)
    told = book.problem("2")
    assert "test_tea_has_a_price is marked as a guard, so it must pass on step 1 as well" in told


def break_promise(book: Book) -> None:
    """Recipe 3 takes the Hello of recipe 1 back."""
    from books.tiny import CLOSES, STATES, add_diff

    after = {**STATES[3], INIT: CLOSES.replace("Hello from", "Welcome to")}
    add_diff(book.place, book.series.recipes[2].step, "Why hours.\n\n", STATES[2], after)


def test_a_later_recipe_that_breaks_an_earlier_promise(book: Book) -> None:
    break_promise(book)
    told = book.problem("1")
    assert "Recipe 1 (greeting): test_the_home_page_greets must pass on step 3, but" in told
    assert 'changes = [{check = "greeting.test_the_home_page_greets", reason = "..."}]' in told


def test_a_promise_that_ends_on_purpose_is_shown(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    break_promise(book)
    name = "greeting.test_the_home_page_greets"
    book.say(3, f'changes = [{{check = "{name}", reason = "Shops say welcome."}}]')
    assert main(["--book", str(book.root), "proof", "--statements", "0", "--steps", "all"]) == 1
    captured = capsys.readouterr()
    assert "✗✓✓~" in captured.out
    assert "~ recipe 3 ends greeting.test_the_home_page_greets: Shops say welcome." in captured.out
    hunk = f"no check needs hunk {INIT} 1"
    assert hunk in captured.err, "the hunk that ends the promise is needed by no check"


def test_a_promise_that_is_said_to_end_and_does_not(book: Book) -> None:
    name = "greeting.test_the_home_page_greets"
    book.say(3, f'changes = [{{check = "{name}", reason = "Shops say welcome."}}]')
    assert "passes on step 3, though" in book.problem("1")


def test_a_hunk_that_nothing_needs(book: Book) -> None:
    break_promise(book)
    told = book.problem("3")
    assert told.startswith(f"Recipe 3 (hours): no check needs hunk {INIT} 1; check what it does")


def test_a_hunk_that_nothing_needs_for_a_reason(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    break_promise(book)
    book.say(3, f'unneeded = [{{hunk = "{INIT} 1", reason = "Words only."}}]')
    assert main(["--book", str(book.root), "proof", "3", "--statements", "0"]) == 0
    said = capsys.readouterr().out
    assert f"recipe 3: no check needs {INIT} 1: Words only." in said


def test_a_reason_for_a_hunk_that_is_needed_or_not_there(book: Book) -> None:
    book.say(1, f'unneeded = [{{hunk = "{INIT} 1", reason = "x"}}, {{hunk = "y 1", reason = "x"}}]')
    told = book.prove("1")["problems"]
    assert told == [
        "Recipe 1 (greeting): chapters/series.toml waives the hunk y 1, which is not in step.diff.",
        f"Recipe 1 (greeting): hunk {INIT} 1 is needed; take it out of `unneeded`.",
    ]


@pytest.mark.parametrize(
    ("by", "says", "told"),
    [
        ("test_the_home_page_greets", "Hello", "does not catch it: passed (test_the_name_is_a_se"),
        ("test_the_name_is_a_setting", "the price", "catches it, but does not say 'the price'"),
        ("test_nothing", "x", "`Caught-by: test_nothing` names no function of the check"),
    ],
)
def test_a_mistake_that_is_not_caught_as_it_says(book: Book, by: str, says: str, told: str) -> None:
    (path,) = book.series.recipes[0].mistakes
    words = MISTAKE.format(by=by, says=says)
    path.write_text(words + path.read_text().partition("\n\n")[2].partition("\n\n")[2])
    found = book.problem("1")
    assert "r01_greeting/mistakes/constant.diff: " in found
    assert told in found


def test_a_mistake_that_nothing_catches(book: Book) -> None:
    words = MISTAKE.format(by="test_the_home_page_greets", says="Hello")
    book.add(1, "mistakes/none", words, init=GREETS.replace("A tiny shop", "A shop"))
    assert "does not catch it: passed, nor does another function" in book.problem("1")


def test_a_mistake_that_does_not_apply(book: Book) -> None:
    (path,) = book.series.recipes[0].mistakes
    book.replace(path, "def home", "def house")
    assert "mistakes/constant.diff does not apply" in book.problem("1")


def test_a_variant_that_fails(book: Book) -> None:
    book.add(1, "variants/welcome", "With welcome.\n\n", init=GREETS.replace("Hello", "Welcome"))
    told = book.problem("1")
    assert "variants/welcome.diff: a right solution must pass, but test_the_home_page" in told


def test_a_step_that_does_not_apply(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    book.replace(book.series.recipes[1].step, " def create_app", " def make_app")
    assert main(["--book", str(book.root), "proof"]) == 1
    assert "r02_prices/step.diff does not apply" in capsys.readouterr().err


def test_a_waiver_without_a_reason(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    book.say(3, 'unneeded = [{hunk = "x 1"}]')
    assert main(["--book", str(book.root), "proof"]) == 1
    assert '`unneeded` is a list of {hunk = "...", reason = "..."}' in capsys.readouterr().err


def test_a_service_that_is_missing_here_is_one_problem(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.replace(book.check(2), "(site)", "(site, valkey)")
    monkeypatch.setattr(valkey, "missing", lambda: "Valkey is missing: install it.")
    told = book.prove()
    assert told["problems"] == [
        "Recipe 2 (prices) is not proved here: Valkey is missing: install it."
    ]
    assert told["recipes"][1]["row"] == ["unasked", "unasked", "problem", "unasked"]
