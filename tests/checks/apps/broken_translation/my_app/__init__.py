"""Greets."""

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        return "<h1>Hello</h1>"

    return app
