"""Follows the home page's redirects."""

import pytest

from checks import expect

pytestmark = pytest.mark.hint("Arrive somewhere.")


def test_it_arrives(site):
    """The home page leads to a page."""
    page = site.get("/", follow=True)
    expect(page.status == 200, wanted="a page", seen=page)
