"""The vocabulary of a check, against a small catalog."""

from collections.abc import Callable
from typing import Any

import pytest

HEAD = (
    "import pytest\nfrom checks import expect\npytestmark = pytest.mark.hint('Read.')\n"
    "def test_it(site):\n    '''It holds.'''\n"
)
Grade = Callable[..., dict[str, Any]]


@pytest.fixture
def row(grade_source: Grade) -> Callable[..., dict[str, Any]]:
    """Run a few lines as the body of a check; return its row."""

    def run(*lines: str) -> dict[str, Any]:
        source = HEAD + "".join(f"    {line}\n" for line in lines)
        result: dict[str, Any] = grade_source(source, app="catalog")["checks"][0]
        return result

    return run


FAILS = {
    "a_missing_field": (
        ["site.submit('/en/product-create', colour='red')"],
        "a form with the fields colour on /en/product-create",
        "csrf_token",
    ),
    "a_missing_option": (
        ["site.submit('/en/product-create', category='Toys')"],
        "an option 'Toys' in the field category",
        "none, Books",
    ),
    "a_missing_form": (["site.submit('/', name='x')"], "a form with the fields name on /", "Hello"),
    "a_missing_page": (
        ["site.submit('/nowhere', name='x')"],
        "a page with a form at /nowhere",
        "404",
    ),
    "no_json": (["site.get('/').json()"], "JSON from /", "200 from /: Shop None Hello you"),
    "an_expectation": (["expect(False, wanted='gold', seen='x' * 5000)"], "gold", "xxx ... xxx"),
    "nothing_created": (
        ["site.add_category('x')"],
        "a page with a form at /en/category-create",
        "404",
    ),
}


@pytest.mark.parametrize("word", FAILS)
def test_a_wish_that_is_not_met_says_what_was_wanted_and_seen(
    row: Callable[..., dict[str, Any]], word: str
) -> None:
    lines, wanted, seen = FAILS[word]
    outcome = row(*lines)
    assert (outcome["verdict"], outcome["wanted"]) == ("failed", wanted)
    assert seen in outcome["seen"]
    assert len(outcome["seen"]) < 700


def test_a_failure_quotes_the_last_traceback_of_the_app(row: Callable[..., dict[str, Any]]) -> None:
    outcome = row("assert site.get('/crash').status == 200")
    assert outcome["verdict"] == "failed"
    assert "500 == 200" in outcome["message"]
    assert "LookupError: no such shelf (my_app/__init__.py, line 60)" in outcome["message"]


@pytest.mark.parametrize(
    ("line", "verdict", "words"),
    [
        ("site.run('-c', 'while True: pass', timeout=0.5)", "timeout", "after 0.5 seconds"),
        ("site.run('-c', 'import os; os.kill(os.getpid(), 11)')", "crashed", "killed by SIGSEGV"),
        ("site.execute('NONSENSE')", "error", "syntax error"),
        ("site.rows('SELECT * FROM nothing')", "failed", ""),
        ("site.get('/').soup.find('h7').text", "error", "check.py, line 6"),
        ("[][0]", "error", "that the check cannot read: IndexError"),
        ("site.gett('/')", "grader-error", "no attribute 'gett'"),
        ("sight.get('/')", "grader-error", "name 'sight' is not defined"),
        ("import no_such_module", "grader-error", "no_such_module"),
        ("pytest.skip('no time')", "skipped", "no time"),
    ],
)
def test_other_ends_have_their_own_verdict(
    row: Callable[..., dict[str, Any]], line: str, verdict: str, words: str
) -> None:
    outcome = row(line)
    assert outcome["verdict"] == verdict, outcome
    assert words in outcome["message"]


def test_a_command_that_prints_without_end_is_cut(row: Callable[..., dict[str, Any]]) -> None:
    outcome = row(
        "done = site.run('-c', 'for _ in range(5_000_000): print(\"some words\")')",
        "assert len(done.out) < 1_100_000",
        "assert 'bytes left out' in done.out",
    )
    assert outcome["verdict"] == "passed", outcome["message"]


@pytest.mark.parametrize("check", ["vocabulary", "servers"])
def test_the_words_of_a_check_do_what_they_say(grade: Grade, check: str) -> None:
    result = grade("catalog", check, time_limit=30, patience=5)
    assert len(result["checks"]) > 3
    for row in result["checks"]:
        assert row["verdict"] == "passed", row["name"] + row["message"] + row["wanted"]
