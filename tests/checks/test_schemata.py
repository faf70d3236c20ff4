"""One source that is an app and all its mutants: the app as it is, then each mutant, must run."""

import random

import pytest

from checks.mutants import Source, calculation
from checks.schemata import main

GOOD = '''"""A small module."""

from functools import cache

LIMIT = 10


@cache
def double(number):
    """Return twice the number."""
    if number > LIMIT:
        return LIMIT
    return number * 2


class Counter:
    """Count."""

    start = 0

    def next(self):
        self.start += 1
        return self.start
'''
CHANGES = {
    "limit": ("LIMIT = 10", "LIMIT = 5"),
    "twice": ("number * 2", "number * 3"),
    "header": ("def double(number)", "def double(number=7)"),
    "inserted": ("        self.start += 1\n", "        self.start += 1\n        self.start += 1\n"),
    "removed": ("    if number > LIMIT:\n        return LIMIT\n", ""),
    "start": ("    start = 0", "    start = 4"),
}


def facts(text: str) -> tuple[object, ...]:
    """Run a module and return what it does."""
    module: dict[str, object] = {}
    exec(text, module)
    double, counter = module["double"], module["Counter"]()  # type: ignore[operator]
    return module["LIMIT"], double(3), double(30), double.__wrapped__.__defaults__, counter.next()  # type: ignore[operator, attr-defined]


def sources(mutants: dict[str, str], own: str = GOOD) -> dict[str, Source]:
    """Put mutants into a module."""
    changed = {name: {"m.py": [GOOD, text, text]} for name, text in mutants.items()}
    made = main({"own": {"m.py": own}, "mutants": changed})
    assert not made["misfits"]
    return {
        path: Source(text, tuple(map(tuple, chains)))
        for path, (text, chains) in made["sources"].items()
    }


def test_one_source_is_the_app_and_every_mutant() -> None:
    mutants = {name: GOOD.replace(*change) for name, change in CHANGES.items()}
    source = sources(mutants)["m.py"]
    for _ in range(20):
        assert facts(source.choosing("")) == facts(GOOD)
        for name, text in mutants.items():
            assert facts(source.choosing(name)) == facts(text), name


def test_every_text_of_a_source_holds_every_mutant() -> None:
    source = sources({"limit": GOOD.replace("LIMIT = 10", "LIMIT = 5")})["m.py"]
    for mutant in ("", "limit"):
        assert "LIMIT = 5" in source.choosing(mutant)
        assert source.choosing(mutant).count("LIMIT = 10") == 2


def test_a_mutant_is_found_by_what_it_changes_when_the_texts_do_not_merge() -> None:
    own = GOOD.replace("    return number * 2", "    # much\n    return (number\n            * 2)")
    broken = GOOD.replace("number * 2", "number * 3")
    made = main(
        {"own": {"other.py": own}, "mutants": {"twice": {"m.py": [GOOD, broken, None]}}}
    )  # the learner moved it to another file
    assert made["misfits"] == {}
    text, chains = made["sources"]["other.py"]
    assert facts(Source(text, tuple(map(tuple, chains))).choosing("twice")) == facts(broken)


def test_a_mutant_without_a_place_is_told() -> None:
    made = main({"own": {"m.py": "x = 1\n"}, "mutants": {"twice": {"m.py": [
        GOOD, GOOD.replace("number * 2", "number * 3"), None]}}})  # fmt: skip
    assert made == {"sources": {}, "misfits": {"twice": "m.py"}}


@pytest.mark.parametrize("text", ["def (", "\0", "(" * 5000, "-" * 9000 + "1", "a" + ".b" * 50_000])
def test_what_cannot_be_parsed_is_left_to_its_tests(text: str) -> None:
    broken = GOOD.replace("number * 2", "number * 3")
    own = {"m.py": GOOD, "bad.py": text}
    made = main({"own": own, "mutants": {"twice": {"m.py": [GOOD, broken, broken]}}})
    assert [*made["sources"]] == ["m.py"]


def test_a_template_keeps_its_output() -> None:
    from jinja2 import Environment

    good = "{% if n %}\n<b>{{ n }}</b>\n{% else %}\nnone\n{% endif %}\n"
    broken = good.replace("<b>{{ n }}</b>", "<b>{{ n + 1 }}</b>")
    made = main({"own": {"t.html": good}, "mutants": {"more": {"t.html": [good, broken, broken]}}})
    text, chains = made["sources"]["t.html"]
    source, render = Source(text, tuple(map(tuple, chains))), Environment().from_string
    for n in (0, 1):
        assert render(source.choosing("")).render(n=n) == render(good).render(n=n)
        assert render(source.choosing("more")).render(n=n) == render(broken).render(n=n)


def test_a_calculation_has_the_value_that_it_should() -> None:
    for _ in range(300):
        value = random.random() < 0.5
        assert eval(calculation(value)) is value
