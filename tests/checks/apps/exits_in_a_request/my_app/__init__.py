"""Raises SystemExit while it answers."""

import sys

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        sys.exit(0)

    return app
