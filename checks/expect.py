"""The assertion of a check: it says what was wanted, what was seen, and what to try next.

    page = site.get("/en/home")
    expect(page.status == 200, wanted="status 200 from /en/home", seen=page)

Write `wanted` so that "wanted: ..." reads well, and pass the thing itself as `seen`: a page, a
finished command, a list. It is cleaned and shortened for display.

**The hint is chosen by what was seen.** The function's marker `@pytest.mark.hint` is the hint
for a failure that has none of its own. Where one function can fail for unlike reasons, give each
`expect` its own `hint`, which takes the place of the marker's:

    run = suite.run()
    expect(
        "No module named 'app_tests'" not in run.out,
        wanted="a module app_tests.py",
        seen="there is none",
        hint="The tests are in app_tests.py, beside my_app.",
    )
    expect(
        run.code == 0,
        wanted="tests that pass on your app",
        seen=run,
        hint="Read the first failure; `python -m unittest -v app_tests` shows all of it.",
    )

`CheckFailed` takes the same arguments where there is no condition to test:

    raise CheckFailed("a form with the field price", seen=page, hint="Is the form in the page?")
"""

from __future__ import annotations

from typing import Any

from workbook.text import clean


class CheckFailed(AssertionError):
    """Say that the submission does not do what the check wants."""

    def __init__(self, wanted: str, seen: Any = None, message: str = "", hint: str = "") -> None:
        self.wanted = wanted
        self.seen = "" if seen is None else clean(seen) or "nothing"
        self.message = message
        self.hint = hint
        super().__init__(message or f"wanted: {wanted}; seen: {self.seen or 'nothing'}")


def expect(
    condition: object, wanted: str, seen: Any = None, message: str = "", hint: str = ""
) -> None:
    """Raise CheckFailed unless the condition holds; `hint` overrides the hint marker."""
    __tracebackhide__ = True
    if not condition:
        raise CheckFailed(wanted, seen, message, hint)
