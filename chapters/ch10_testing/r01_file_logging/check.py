"""The app writes what happens to a rotating log file, and you decide how much of it."""

import re

import pytest

from checks import expect

PRODUCTS = 1357  # nothing that a time of day could be taken for
LOG = "application.log"
FORGED = "2030-01-01 00:00:00,000 WARNING The safe is open"
FILL = f"""
    INSERT INTO category (id, name) VALUES (1, 'Lamps');
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {PRODUCTS})
    INSERT INTO product (name, price, company, category_id)
    SELECT 'Lamp ' || n, 100, 'Nordlys', 1 FROM numbers;
"""
MADE_THRICE = """
from my_app import create_app
create_app()
create_app()
create_app().test_client().get("/en/home")
"""
STARTED_ELSEWHERE = """
import os
os.chdir(os.environ["TMPDIR"])
from my_app import create_app
create_app().test_client().get("/en/product/424242")
"""


def matching(log, level, *texts):
    """Return the lines of this level that hold each text as a word of its own."""
    words = [re.compile(rf"(?<!\w){re.escape(str(text))}(?!\w)") for text in (level, *texts)]
    return [line for line in log.splitlines() if all(word.search(line) for word in words)]


@pytest.mark.points(2)
@pytest.mark.hint("A line passes the logger's own level first; which level has a new logger?")
def test_home_visit_is_logged(site):
    """A visit to the home page leaves an INFO line with the number of products."""
    site.execute(FILL)
    site.get("/en/home")
    log = site.read(LOG)
    expect(
        matching(log, "INFO", PRODUCTS),
        wanted=f"an INFO line with the number of products, {PRODUCTS}",
        seen=log or "no line in application.log",
    )


@pytest.mark.hint("Look the product up yourself: log when there is none, then give up with 404.")
def test_missing_product_is_a_warning(site):
    """Asking for a missing product leaves a WARNING line with its id, and the answer is 404."""
    page = site.get("/en/product/424242")
    log = site.read(LOG)
    expect(
        matching(log, "WARNING", 424242),
        wanted="a WARNING line with the missing id, 424242",
        seen=log or "no line in application.log",
    )
    expect(page.status == 404, wanted="the answer 404 for a missing product", seen=page)


@pytest.mark.points(2)
@pytest.mark.hint("What comes from outside is written with %r, so that line breaks stay visible.")
def test_search_is_one_line(site):
    """A search leaves one INFO line with its words and what it found, even with a line break."""
    site.execute(FILL)
    site.get("/en/product-search", name="lamp")
    log = site.read(LOG)
    expect(
        matching(log, "INFO", "lamp", PRODUCTS),
        wanted=f"an INFO line with the word searched for, lamp, and the number found, {PRODUCTS}",
        seen=log or "no line in application.log",
    )
    site.get("/en/product-search", name=f"lamp\r\n{FORGED}")
    new = site.read(LOG).splitlines()[len(log.splitlines()) :]
    expect(
        len(new) == 1 and "The safe is open" in new[0],
        wanted="one new line for a search with a line break in it",
        seen="\n".join(new) or "no new line",
    )


@pytest.mark.hint("LOG_LEVEL is read from app.config, and given to the logger.")
def test_level_decides_what_is_written(site):
    """LOG_LEVEL decides what is written: at WARNING, warnings stay and INFO lines go."""
    site.configure(LOG_LEVEL="INFO")
    site.get("/en/home")
    before = site.read(LOG)
    expect(
        matching(before, "INFO"),
        wanted="an INFO line at LOG_LEVEL=INFO",
        seen=before or "no line in application.log",
    )
    site.configure(LOG_LEVEL="WARNING")
    site.get("/en/home")
    site.get("/en/product/424242")
    after = site.read(LOG)
    new = "\n".join(after.splitlines()[len(before.splitlines()) :])
    expect(not matching(new, "INFO"), wanted="no INFO line at LOG_LEVEL=WARNING", seen=new)
    expect(
        matching(new, "WARNING", 424242),
        wanted="still a WARNING line at LOG_LEVEL=WARNING",
        seen=new or "no new line in application.log",
    )


@pytest.mark.hint("Build the path from app.instance_path and LOG_FILE.")
def test_log_file_is_where_you_say(site):
    """The log is in the instance folder, wherever the app was started, or where LOG_FILE says."""
    done = site.python(STARTED_ELSEWHERE)
    expect(
        site.exists(f"instance/{LOG}"),
        wanted="instance/application.log, when the app was started in another folder",
        seen=done if done.code else names(site),
    )
    site.configure(LOG_FILE=str(site.folder / "elsewhere.log"))
    site.get("/en/product/424242")
    log = site.read("elsewhere.log")
    expect(
        matching(log, "WARNING", 424242),
        wanted="the new lines in the file that LOG_FILE names",
        seen=log or names(site),
    )


def names(site):
    """Tell which log files there are."""
    found = [str(path.relative_to(site.folder)) for path in site.find("**/*.log*")]
    return ", ".join(found) or "no log file in the app's folder"


@pytest.mark.hint("All apps of a process share one logger. What is left on it by the app before?")
def test_each_event_is_one_line(site):
    """Each event is one line, even when the app is made three times in one process."""
    site.execute(FILL)
    done = site.python(MADE_THRICE)
    lines = matching(site.read(LOG), "INFO", PRODUCTS)
    seen = "\n".join(lines) or (done if done.code else "no such line in application.log")
    expect(len(lines) == 1, wanted="one line for one event", seen=seen)


@pytest.mark.points(2)
@pytest.mark.hint("The handler needs two numbers; with one of them at 0 it never rotates.")
def test_log_file_rotates(site):
    """A full file is put aside: LOG_MAX_BYTES is the most of each, LOG_BACKUPS says how many."""
    site.configure(LOG_FILE=str(site.folder / "full.log"), LOG_MAX_BYTES=600, LOG_BACKUPS=2)
    for _ in range(60):
        site.get("/en/home")
    sizes = {path.name: path.stat().st_size for path in site.find("full*")}
    seen = ", ".join(f"{name} ({size} bytes)" for name, size in sizes.items())
    expect(
        len(sizes) == 3,
        wanted="full.log and 2 older files, after 60 lines at LOG_MAX_BYTES=600, LOG_BACKUPS=2",
        seen=seen or "no log file",
    )
    expect(max(sizes.values()) <= 600, wanted="no file larger than 600 bytes", seen=seen)
