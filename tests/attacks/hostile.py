"""What the attacks share: an app, a check, and how a grader starts."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
START = """
import runpy
from checks.sandbox import layers
{before}
runpy.run_path("checks/__main__.py", run_name="__main__")
"""

CHECK = """
import pytest
pytestmark = pytest.mark.hint("Read.")

def test_it(site, sites):
    '''The home page greets.'''
{lines}
"""
APP = """
from flask import Flask

def create_app(config=None):
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "Hello")
    return app
"""
