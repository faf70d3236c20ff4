"""Profiles of the catalog: create, list and search, before and after the fix of recipe 10."""

from __future__ import annotations

import pstats
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import icicle
from .book import app_of, keep_app, run_program
from .owners import OWNERS, owner_of, short_name
from .svg import Picture
from .tables import Table

RECIPE = "profiling"


@dataclass(frozen=True)
class Row:
    """One function of a profile; times in milliseconds."""

    function: str
    owner: str
    calls: int
    own: float
    total: float


@dataclass(frozen=True)
class Profile:
    """What cProfile recorded of one request, and the tree of its calls."""

    rows: tuple[Row, ...]
    shares: dict[str, float]  # of the time inside of each owner's functions, 0 to 1
    tree: dict[str, Any]

    @property
    def calls(self) -> int:
        """Return the number of all calls."""
        return sum(row.calls for row in self.rows)

    def calls_of(self, function: str) -> int:
        """Return how often the functions were called whose name contains `function`."""
        return sum(row.calls for row in self.rows if function in row.function)

    @property
    def milliseconds(self) -> float:
        """Return the time of the whole request."""
        return max(row.total for row in self.rows)

    def rows_by_cumulative(self, count: int) -> list[Row]:
        """Return the first rows by cumulative time."""
        return sorted(self.rows, key=lambda row: row.total, reverse=True)[:count]

    def by_cumulative(self, count: int) -> Table:
        """Return the first functions by cumulative time, as cProfile's table has it."""
        return _table(self.rows_by_cumulative(count))

    def by_self(self, count: int) -> Table:
        """Return the first functions by their own time."""
        return _table(sorted(self.rows, key=lambda row: row.own, reverse=True)[:count])

    @property
    def queries(self) -> Table:
        """Return the SQL queries by their text, and how often each was sent."""
        texts = Counter(_short_sql(sql) for sql in icicle.boxes(self.tree).queries())
        return Table(("times", "query"), [(times, sql) for sql, times in texts.items()])

    def count_queries(self) -> int:
        """Return the number of SQL queries."""
        return len([*icicle.boxes(self.tree).queries()])

    def picture(self, name: str = "request") -> Picture:
        """Draw the tree of calls."""
        return icicle.draw({name: self.tree})


def _table(rows: list[Row]) -> Table:
    cells = [(r.calls, f"{r.own:.2f}", f"{r.total:.2f}", r.owner, r.function) for r in rows]
    return Table(("calls", "self ms", "cumulative ms", "owner", "function"), cells)


@dataclass(frozen=True)
class Costs:
    """The shortest time of each request with each tool, in seconds; `none` is without one."""

    seconds: dict[str, dict[str, float]]

    def times(self, request: str, tool: str) -> float:
        """Return how many times as long a request takes with a tool."""
        return self.seconds[request][tool] / self.seconds[request]["none"]

    @property
    def table(self) -> Table:
        """Return the times for every request and tool."""
        tools = [tool for tool in next(iter(self.seconds.values())) if tool != "none"]
        rows = [
            (name, *(f"{self.times(name, tool):.1f}" for tool in tools)) for name in self.seconds
        ]
        return Table(("request", *(f"times as long with {tool}" for tool in tools)), rows)


def catalog(fixed: bool) -> dict[str, Profile]:
    """Profile three requests to the catalog, before or after the fix of recipe 10."""
    with app_of(RECIPE) as finished, app_of(RECIPE, before=not fixed) as app:
        # Both apps are profiled with the program of recipe 10.
        shutil.copyfile(finished / "generate_profile.py", app / "generate_profile.py")
        made = run_program(app, "workload", "profile")
        trees = made["trees"]
        return {name: _profile(made["files"][name], tree, str(app)) for name, tree in trees.items()}


def example() -> Path:
    """Profile the app before the fix and return the folder with the profiles."""
    app = keep_app("coverage")
    with app_of(RECIPE) as finished:
        shutil.copyfile(finished / "generate_profile.py", app / "generate_profile.py")
    run_program(app, "workload", "lists")
    return app / "profile"


def side_by_side(**profiles: Profile) -> Picture:
    """Draw the call trees of profiles to the same scale."""
    return icicle.draw({name: profile.tree for name, profile in profiles.items()})


def cost() -> Costs:
    """Measure how many times as long each request takes with a profiler as without one."""
    with app_of(RECIPE, before=True) as app:
        return Costs(run_program(app, "workload", "cost"))


def sampled() -> dict[str, float]:
    """Return each owner's share of the time, as sampled by pyinstrument."""
    with app_of(RECIPE, before=True) as app:
        seconds = run_program(app, "workload", "sample")
    return {owner: seconds[owner] / sum(seconds.values()) for owner in OWNERS}


def shares(**columns: dict[str, float]) -> Table:
    """Return a table of each owner's share of the time, a column for each measurement."""
    rows = [(owner, *(f"{parts[owner]:.0%}" for parts in columns.values())) for owner in OWNERS]
    return Table(("owner", *columns), rows)


def _profile(files: list[str], tree: dict[str, Any], app: str) -> Profile:
    """Take the rows from the fastest profile, and the shares from all of them."""
    stats: dict[Any, Any] = pstats.Stats(files[0]).stats  # type: ignore[attr-defined]
    every: dict[Any, Any] = pstats.Stats(*files).stats  # type: ignore[attr-defined]
    rows = tuple(
        Row(_function(key, app), owner_of(key[0], app), calls, own * 1000, total * 1000)
        for key, (_, calls, own, total, _) in stats.items()
    )
    return Profile(rows, _shares(every, app), tree)


def _shares(stats: dict[Any, Any], app: str) -> dict[str, float]:
    """Add up the own times by owner; what is written in C counts for its callers."""
    sums = dict.fromkeys(OWNERS, 0.0)
    for key, (_, _, own, _, callers) in stats.items():
        if key[0] != "~":
            sums[owner_of(key[0], app)] += own
            continue
        for caller, (_, _, part, _) in callers.items():
            sums[owner_of(caller[0], app)] += part
    return {owner: sums[owner] / sum(sums.values()) for owner in OWNERS}


def _function(key: tuple[str, int, str], app: str) -> str:
    file, line, name = key
    if file == "~":
        return name.strip("<>").replace("built-in method ", "")
    return f"{short_name(file, app)}:{line}({name})"


def _short_sql(sql: str) -> str:
    """Shorten a query; leave out its columns."""
    words = " ".join(sql.split())
    if words.startswith("SELECT") and not words.startswith("SELECT count"):
        words = "SELECT ... " + words[words.index("FROM") :]
    return words if len(words) < 90 else words[:87] + "..."
