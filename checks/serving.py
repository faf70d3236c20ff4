"""Serve an app by create_app(SETTINGS), with fresh values, and wait for what it leaves.

word = fresh_word()                      # nobody can have prepared it
serve(site, {"LOG_FILE": "a.log"})       # create_app({"LOG_FILE": "a.log"}), then serve it
serve(site, {"SENTRY_DSN": dsn}, {})     # two apps in one process; the last one is served
log = eventually(lambda: site.read("a.log"), lambda log: word in log)
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from checks.site import Site

T = TypeVar("T")

RANDOM = random.SystemRandom()
# Neither vowels nor digits: no time, number or word of an app looks like this by accident.
LETTERS = "bcdfghjklmnpqrstvwxz"
SERVE = """
import json, os, sys
settings = json.loads(sys.argv[1])
os.chdir(sys.argv[2] or os.environ["TMPDIR"])
del sys.argv[1:]
from my_app import create_app
for config in settings:
    app = create_app(config)
app.run()
"""


def fresh_word(length: int = 10) -> str:
    """Return a word that did not exist before."""
    return "".join(RANDOM.choices(LETTERS, k=length))


def fresh_number(low: int, high: int) -> int:
    """Return a number from `low` to `high`."""
    return RANDOM.randint(low, high)


def serve(site: Site, *settings: Mapping[str, Any], elsewhere: bool = False) -> None:
    """Serve create_app(SETTINGS) from the next start on; with several settings, the last app.

    The process makes the apps one after the other, in the folder of the submission or elsewhere.
    What `site.configure` has set is still in the environment.
    """
    made = json.dumps([dict(each) for each in settings or ({},)])
    site.use_command("-c", SERVE, made, "" if elsewhere else ".")


def eventually(read: Callable[[], T], enough: Callable[[T], object], seconds: float = 2.0) -> T:
    """Return what `read` returns as soon as it is enough; the last one when the time is over."""
    end = time.monotonic() + seconds
    while not enough(seen := read()) and time.monotonic() < end:
        time.sleep(0.02)
    return seen
