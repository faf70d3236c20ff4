"""Count the queries and the rows of each request, where Python calls SQLite."""

import sqlite3
import sqlite3.dbapi2
from typing import Any

from flask import request, request_finished, request_started

seen = {"queries": 0, "rows": 0}
connect = sqlite3.connect


class Cursor(sqlite3.Cursor):
    """A cursor that counts."""

    def execute(self, sql: str, *args: Any) -> Any:
        """Count a query."""
        seen["queries"] += sql.lstrip().upper().startswith(("SELECT", "WITH"))
        return super().execute(sql, *args)

    def fetchone(self) -> Any:
        """Count one row."""
        row = super().fetchone()
        seen["rows"] += row is not None
        return row

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        """Count some rows."""
        rows = super().fetchmany(*args, **kwargs)
        seen["rows"] += len(rows)
        return rows

    def fetchall(self) -> Any:
        """Count all rows."""
        rows = super().fetchall()
        seen["rows"] += len(rows)
        return rows

    def __next__(self) -> Any:
        """Count the row of a loop."""
        row = super().__next__()
        seen["rows"] += 1
        return row


class Connection(sqlite3.Connection):
    """A connection whose cursors count."""

    def cursor(self, factory: Any = Cursor) -> Any:
        """Make a cursor."""
        return super().cursor(factory)


def counting(*args: Any, **kwargs: Any) -> Any:
    """Open such a connection."""
    kwargs.setdefault("factory", Connection)
    return connect(*args, **kwargs)


vars(sqlite3)["connect"] = vars(sqlite3.dbapi2)["connect"] = counting


@request_started.connect
def begin(sender: object, **extra: object) -> None:
    """Count from here."""
    seen.update(queries=0, rows=0)


@request_finished.connect
def end(sender: object, **extra: object) -> None:
    """Tell what this request took."""
    print("PROBE", request.args.get("PROBE"), seen["queries"], seen["rows"], flush=True)
