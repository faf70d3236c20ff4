"""Sends its visitors to a file."""

from flask import Flask, redirect


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        return redirect("file:///etc/passwd")

    return app
