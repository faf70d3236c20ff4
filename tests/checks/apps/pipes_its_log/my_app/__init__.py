"""Puts a pipe where its log should be."""

import os

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        os.mkfifo("application.log")
        return "<h1>Hello</h1>"

    return app
