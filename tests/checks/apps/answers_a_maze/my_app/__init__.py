"""Answers HTML that is nested a hundred thousand times."""

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        return "<div>" * 100_000

    return app
