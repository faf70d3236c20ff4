"""Answers without end."""

import itertools

from flask import Flask, Response


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        return Response(b"x" * 65536 for _ in itertools.count())

    return app
