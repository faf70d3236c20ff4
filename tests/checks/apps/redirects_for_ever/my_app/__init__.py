"""Sends its visitors in a circle."""

from flask import Flask, redirect


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        return redirect("/")

    return app
