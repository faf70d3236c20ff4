"""A submission writes "passed" on the screen, by escape sequences and by lines of its own."""

from __future__ import annotations

import re

import pytest
from attacker import APP, Attack

from workbook import terminal

FORGED = "\x1b[2J\x1b[1;1H\x1b[32mpassed\x1b[0m: 7 of 7 checks, 10 of 10 points\x1b[8m"
ROWS = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("None.")

def test_rows(site):
    '''The database has a product.'''
    site.start()
    expect(site.rows("SELECT name FROM product"), wanted="a product")
    expect(False, wanted="another product", seen=site.rows("SELECT name FROM product"))
"""
LOG = ROWS.replace(
    'site.rows("SELECT name FROM product"), wanted="a product"',
    'site.read("application.log"), wanted="a line"',
)
DATABASE = """
import os, sqlite3
os.makedirs("instance", exist_ok=True)
with sqlite3.connect("instance/catalog.db") as database:
    database.executescript({script!r})
"""
WAYS = {
    "a traceback": (
        f"import os, sys\nsys.stderr.write('Traceback (most recent call last):\\n  File ' "
        f"'\"' + os.getcwd() + '/' + {FORGED!r} + '\", line 1\\nValueError: ' + {FORGED!r} + "
        "'\\n')\nsys.stderr.flush()\nos._exit(1)\n",
        "",
    ),
    "a page": (APP.replace("Hello", f"\\n\\n{FORGED}\\rpassed: 7 of 7 \u202e\u2028checks"), ""),
    "an exception": (f"raise RuntimeError({FORGED!r} + '\\n\\npassed: 7 of 7 checks')\n", ""),
    "a link": (f"import os\nos.symlink('/' + {FORGED!r}, 'application.log')\n{APP}", LOG),
    "an error of SQLite": (
        DATABASE.format(script=f'CREATE VIEW product AS SELECT "{FORGED}"() AS name;') + APP,
        ROWS,
    ),
    "a row": (
        DATABASE.format(script=f"CREATE TABLE product AS SELECT '{FORGED}' AS name;") + APP,
        ROWS,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_submission_writes_on_the_screen(
    attack: Attack, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, check = WAYS[way]
    options = {"check": check} if check else {}
    graded = attack({"my_app/__init__.py": source}, **options)
    assert graded.result.verdict in ("failed", "error", "forbidden", "crashed")
    terminal.console.cache_clear()
    terminal.result(graded.result)
    shown = capsys.readouterr().out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", shown)
    assert not re.search(r"^passed", shown, re.MULTILINE)
    assert "passed" in shown  # it is shown, as text
