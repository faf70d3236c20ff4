"""Asks for a page, then looks at the app's files and database."""

import pytest

from checks import expect

pytestmark = pytest.mark.hint("Leave the files as they are.")


def test_the_log_is_read(site):
    """The log says something."""
    site.get("/")
    expect("INFO" in site.read("application.log"), wanted="an INFO line")


def test_the_database_is_read(site):
    """The database holds products."""
    site.get("/")
    expect(site.rows("SELECT * FROM product"), wanted="products")


def test_the_database_is_changed(site):
    """The database can be changed."""
    site.get("/")
    site.execute("DROP TABLE product")


def test_a_file_is_written(site):
    """A file can be written."""
    site.get("/")
    site.write("notes/today.txt", "x")
    expect(site.read("application.log"), wanted="a log")
