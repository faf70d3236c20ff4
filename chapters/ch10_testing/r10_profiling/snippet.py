"""Profile three requests of a shop with 24 products; then time the list without a profiler."""

import pstats
import timeit
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import mock

from sqlalchemy.orm import lazyload

from my_app import create_app

with redirect_stdout(StringIO()):  # the table of each request, which the profiler prints
    from generate_profile import profiled

FOLDER = Path("profile")
CONFIG = {"WTF_CSRF_ENABLED": False, "LOG_LEVEL": "ERROR"}
FIELDS = {"name": "Teapot", "price": "12.50", "company": "Casa", "category": "1"}
OWNERS = ("my_app", "sqlalchemy", "sqlite3", "jinja2", "wtforms", "werkzeug", "flask")


def newest() -> pstats.Stats:
    """Read the profile of the last request."""
    return pstats.Stats(str(max(FOLDER.glob("*.prof"), key=lambda file: file.stat().st_mtime_ns)))


def show(title: str, stats: pstats.Stats) -> None:
    """Print whose code the time was spent in, and how often functions were called."""
    times: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for (file, _, name), (_, number, own, *_) in stats.stats.items():
        place = name if file == "~" else file  # compiled code has a name, but no file
        found = (owner for owner in OWNERS if f"/{owner}/" in place or f"'{owner}." in place)
        times[next(found, "all the rest")] += own
        if file.endswith("catalog/views.py") or "of 'sqlite3" in name:
            calls[name.split("'")[1] if "'" in name else name] += number
    print(f"\n{title}")
    for owner in (*OWNERS, "all the rest"):
        print(f"  own time in {owner:<12} {times[owner] * 1000:>7.2f} ms")
    print("  calls:", ", ".join(f"{name} {calls[name]}" for name in sorted(calls)))


app, plain = create_app(CONFIG), create_app(CONFIG).test_client()
app.test_cli_runner().invoke(args=["add-samples"])
client = profiled(app, FOLDER).test_client()
for _ in range(2):  # the first round also compiles the templates; only the second one counts
    client.post("/en/product-create", data=FIELDS)
    created = newest()
    client.get("/en/products")
show("Create a product", created)
show("List ten products", newest())
fast = min(timeit.repeat(lambda: plain.get("/en/products"), number=1, repeat=40))
with mock.patch("my_app.catalog.views.joinedload", lazyload):
    client.get("/en/products")
    slow = min(timeit.repeat(lambda: plain.get("/en/products"), number=1, repeat=40))
show("List ten products, as before this recipe", newest())
print(f"\nThe list without a profiler, fastest of 40: {slow * 1000:.2f} ms before,", end=" ")
print(f"{fast * 1000:.2f} ms after.")
