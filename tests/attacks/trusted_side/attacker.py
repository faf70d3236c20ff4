"""A small app that an attack changes, and what the grader says about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbook.result import Result

APP = '''\
"""An app that works; an attack adds to it."""

from flask import Flask, request


def create_app():
    app = Flask(__name__)

    @app.route("/", methods=["GET", "POST"])
    def home():
        return "<form method=post><input name=name></form>Hello"

    return app
'''
CHECK = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("None.")

def test_home(site):
    '''The home page greets.'''
    page = site.get("/")
    expect("Good morning" in page.text, wanted="Good morning", seen=page)
"""


@dataclass(frozen=True)
class Graded:
    """What the grader said, and how: its result, what reached the terminal, how long it took."""

    result: Result
    complaints: str
    seconds: float


Attack = Callable[..., Graded]
