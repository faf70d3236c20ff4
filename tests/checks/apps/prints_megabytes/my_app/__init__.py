"""Talks without end."""

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        for _ in range(100):
            print("x" * 1_000_000)
        return "<h1>Hello</h1>"

    return app
