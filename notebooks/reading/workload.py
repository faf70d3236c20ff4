"""Sends three requests to a copy of the app and measures them.

`python -m reading.workload RESULT.json profile|lists|cost|sample`, in the app's folder
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from pstats import Stats
from typing import Any

PRODUCTS = 10
ROUNDS = 15
LISTS = 60
PROFILES = 25
# Each request is sent several times before it is measured, so that the caches are warm.
WARM = 3

Send = Callable[[], object]


def main(result: str, mode: str) -> None:
    """Measure in one mode and write the result as JSON."""
    measure = {"profile": profile, "lists": lists, "cost": cost, "sample": sample}[mode]
    app = fill()
    # The collector runs at any time, and the calls of finalizers would be counted.
    gc.disable()
    Path(result).write_text(json.dumps(measure(app)), encoding="utf-8")


def fill() -> Any:
    """Create the app, with ten products in ten categories."""
    app = import_module("my_app").create_app(
        {"WTF_CSRF_ENABLED": False, "SECRET_KEY": "for the notebook"}
    )
    client = app.test_client(use_cookies=False)
    for number in range(PRODUCTS):
        client.post("/en/category-create", data={"name": f"Shelf {number}"})
        client.post("/en/product-create", data=_product(f"Cup {number}", number + 1))
    return app


def requests(app: Any) -> dict[str, Send]:
    """Return the three requests as functions; each checks its response."""
    client = app.test_client(use_cookies=False)

    def create() -> None:
        assert client.post("/en/product-create", data=_product("Jug", 1)).status_code == 302

    def listing() -> None:
        assert "Cup 9" in client.get("/en/products").text

    def search() -> None:
        assert "Cup 9" in client.get("/en/product-search?name=Cup").text

    return {"create": create, "list": listing, "search": search}


def _product(name: str, category: int) -> dict[str, str]:
    return {"name": name, "price": "9.50", "company": "Casa", "category": str(category)}


def profile(app: Any) -> dict[str, Any]:
    """Profile each request with the app's generate_profile.py, and record its calls.

    Return the trees of calls, and the files of the profiles, the fastest first.
    """
    from reading.recorder import record

    program = import_module("generate_profile")

    sends = requests(app)
    for send in sends.values():
        _warm(send)
    folder = Path.cwd()
    trees = {name: record(send, str(folder)) for name, send in sends.items()}
    program.profiled(app, folder / "profile")
    return {"files": {name: _profiles(send) for name, send in sends.items()}, "trees": trees}


def lists(app: Any) -> None:
    """Profile the list of products; leave only the fastest profile in the folder."""
    send = requests(app)["list"]
    _warm(send)
    import_module("generate_profile").profiled(app, Path("profile"))
    for file in _profiles(send)[1:]:
        Path(file).unlink()


def _profiles(send: Send) -> list[str]:
    """Send a request several times; return the profiles, the fastest first."""
    folder = Path("profile")
    before = {*folder.iterdir()}
    for _ in range(PROFILES):
        send()
    files = [str(path.resolve()) for path in {*folder.iterdir()} - before]
    return sorted(files, key=lambda file: Stats(file).total_tt)  # type: ignore[attr-defined]


def cost(app: Any) -> dict[str, dict[str, float]]:
    """Return the shortest time of each request without a profiler and with two of them."""
    from cProfile import Profile

    from pyinstrument import Profiler

    best: dict[str, dict[str, float]] = {}
    for name, send in requests(app).items():
        _warm(send)
        times: dict[str, list[float]] = {"none": [], "cProfile": [], "pyinstrument": []}
        for _ in range(ROUNDS):  # in turns, so that other programs disturb all alike
            times["none"].append(_seconds(send))
            times["cProfile"].append(_seconds(partial(Profile().runcall, send)))
            with Profiler(async_mode="disabled"):
                times["pyinstrument"].append(_seconds(send))
        best[name] = {tool: min(seconds) for tool, seconds in times.items()}
    return best


def _seconds(send: Send) -> float:
    begin = time.perf_counter()
    send()
    return time.perf_counter() - begin


def sample(app: Any) -> dict[str, float]:
    """Return the seconds of each owner in pyinstrument's samples, over many lists."""
    from pyinstrument import Profiler

    from reading.owners import OWNERS, owner_of

    send = requests(app)["list"]
    _warm(send)
    profiler = Profiler(interval=0.0005, async_mode="disabled")
    with profiler:
        for _ in range(LISTS):
            send()
    folder = str(Path.cwd())
    seconds = dict.fromkeys(OWNERS, 0.0)
    assert profiler.last_session is not None
    for stack, lasted in profiler.last_session.frame_records:
        # A frame is its name, file and line; the last one is where the time was spent.
        files = [frame.split("\x00")[1] for frame in stack]
        written_in_python = [file for file in files if not file.startswith("<built-in")]
        seconds[owner_of(written_in_python[-1], folder)] += lasted
    return seconds


def _warm(send: Send) -> None:
    for _ in range(WARM):
        send()


if __name__ == "__main__":
    main(*sys.argv[1:])
