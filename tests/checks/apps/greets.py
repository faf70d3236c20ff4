"""The check of most tiny apps: it asks for one page."""

import pytest

from checks import expect

pytestmark = pytest.mark.hint("Let the home page greet.")


def test_it_greets(site):
    """The home page greets."""
    page = site.get("/")
    expect(page.status == 200 and "Hello" in page.text, wanted="a greeting", seen=page)


@pytest.mark.depends("test_it_greets")
def test_it_greets_again(site):
    """The home page greets twice."""
    site.get("/")
    expect("Hello" in site.get("/").text, wanted="a greeting")
