"""A small Flask app that fails in all ways, run in a process of its own with the real SDK."""

from __future__ import annotations

import subprocess
import sys

APP = """
import sys
import flask, sentry_sdk

sentry_sdk.init(sys.argv[1], traces_sample_rate=float(sys.argv[2]))
app = flask.Flask("shop")

@app.get("/crash")
def crash():
    return {}["pen"]

@app.get("/handled")
def handled():
    try:
        open("/no/such/folder/picture.png")
    except OSError as error:
        sentry_sdk.capture_exception(error)
    return "saved"

@app.get("/message")
def message():
    sentry_sdk.capture_message("No categories", level="warning")
    return "none"

for path in sys.argv[3:]:
    app.test_client().get(path)
sentry_sdk.get_client().close(timeout=5)
"""


def visit(dsn: str, *paths: str, traces: float = 0) -> None:
    """Ask the app for the paths, with this DSN, and end it when all has been sent."""
    command = [sys.executable, "-c", APP, dsn, str(traces), *paths]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
