"""A submission returns more than anybody wants to read: it is cut, and costs little."""

from __future__ import annotations

import pytest
from attacker import APP, Attack

ROWS = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("None.")

def test_rows(site):
    '''Rows are read.'''
    site.start()
    expect(False, wanted="a row", seen=site.rows("SELECT * FROM product"))
"""
FORM = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("None.")

def test_form(site):
    '''A form is filled.'''
    site.submit("/", price="1")
"""
VIEW = """
import os, sqlite3
os.makedirs("instance", exist_ok=True)
with sqlite3.connect("instance/catalog.db") as database:
    database.executescript('''CREATE VIEW product AS
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n {where})
        SELECT i AS id, {value} AS name FROM n;''')
"""
WAYS = {
    "rows of 50 MB": (
        VIEW.format(where="WHERE i < 9", value="hex(zeroblob(25000000))") + APP,
        ROWS,
    ),
    "rows without an end": (VIEW.format(where="", value="'x'") + APP, ROWS),
    "a sparse database": (
        "import os\nos.makedirs('instance', exist_ok=True)\n"
        "file = open('instance/catalog.db', 'wb')\n"
        f"file.write(b'SQLite format 3\\0')\nfile.truncate(16 << 20)\n{APP}",
        ROWS,
    ),
    "names of 4 MB": (APP.replace("name=name", "name='\" + '[x] ' * 1_000_000 + \"'"), FORM),
    "a page of 5 MB": (APP.replace("Hello", '" + "\\x1b[x" * 1_200_000 + "'), ""),
    "a page of 100 MB": (APP.replace("Hello", '" + "x" * 100_000_000 + "'), ""),
    "output of 8 MB": ("print('x' * 8_000_000)\nraise RuntimeError('y' * 8_000_000)\n", ""),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_flood_is_cut(attack: Attack, way: str) -> None:
    source, check = WAYS[way]
    options = {"check": check} if check else {}
    graded = attack({"my_app/__init__.py": source}, **options)
    assert not {"passed", "grader-error"} & {row.verdict for row in graded.result.checks}
    assert len(graded.result.json()) < 10_000
    assert graded.seconds < 25
