"""Call a function so often that a profile of the request can be told from every other."""

import time
from typing import Any

from flask import request, request_started

# "calls": how often the function is called in a request, as {"GET /en/home": 17}.
VALUES: dict[str, Any]
VALUES = {}
inside = 0


def PROBE() -> None:
    """Be seen by a profiler."""


@request_started.connect
def call(sender: object, **extra: object) -> None:
    """Call the function; with PROBE in the query, say how many requests are here together."""
    global inside
    for _ in range(VALUES["calls"].get(f"{request.method} {request.path}", 0)):
        PROBE()
    if "PROBE" in request.args:
        inside += 1
        time.sleep(0.4)
        print("PROBE together:", inside, flush=True)
        inside -= 1
