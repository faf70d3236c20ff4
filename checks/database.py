"""Read and change a submission's database: in its sandbox, never in the grader's own process.

A database file is untrusted input like any other. A view can explode into gigabytes, a sparse
file can claim a terabyte, and SQLite itself may stumble over the bytes.
"""

from __future__ import annotations

import json
from typing import Any

DATABASE = "instance/catalog.db"
MOST_ROWS = 10_000
LARGEST_VALUE = 1 << 20
LARGEST_OUTPUT = 900_000
# A bare interpreter: no module beside the app takes the place of sqlite3.
ISOLATED = ("-I", "-S", "-c")

_START = """
import json, sqlite3, sys
path, text, values = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
def fail(error):
    print(error, file=sys.stderr)
    raise SystemExit(3)
"""
READ = f"""{_START}
try:
    database = sqlite3.connect(f"file:{{path}}?mode=ro", uri=True, timeout=5)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, {LARGEST_VALUE})
    database.text_factory = lambda text: text.decode("utf-8", "replace")
    rows = database.execute(text, values).fetchmany({MOST_ROWS} + 1)
    if len(rows) > {MOST_ROWS}:
        fail("more than {MOST_ROWS} rows")
    told = json.dumps(rows, default=lambda value: {{"bytes": value.hex()}})
    if len(told) > {LARGEST_OUTPUT}:
        fail("rows of more than {LARGEST_OUTPUT} bytes")
except (sqlite3.Error, MemoryError, UnicodeError) as error:
    fail(f"{{error}}" or type(error).__name__)
print(told)
"""
CHANGE = f"""{_START}
try:
    with sqlite3.connect(path, timeout=5) as database:
        database.executescript(text)
except (sqlite3.Error, MemoryError, UnicodeError) as error:
    fail(f"{{error}}" or type(error).__name__)
"""


def command(script: str, text: str, values: tuple[Any, ...] = ()) -> tuple[str, ...]:
    """Return the arguments of a Python that reads or changes the database."""
    return (*ISOLATED, script, DATABASE, text, json.dumps(values))


def rows_of(output: str) -> list[tuple[Any, ...]]:
    """Return the rows that the reader has printed."""
    return [tuple(_value(value) for value in row) for row in json.loads(output)]


def _value(value: Any) -> Any:
    return bytes.fromhex(value["bytes"]) if isinstance(value, dict) else value
