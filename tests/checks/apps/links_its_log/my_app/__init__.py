"""Puts a link where its log should be."""

from pathlib import Path

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        Path("application.log").symlink_to("/etc/passwd")
        return "<h1>Hello</h1>"

    return app
