"""Leaves a database that is none."""

from pathlib import Path

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        database = Path("instance/catalog.db")
        database.parent.mkdir(exist_ok=True)
        database.write_text("no database " * 100)
        return "<h1>Hello</h1>"

    return app
