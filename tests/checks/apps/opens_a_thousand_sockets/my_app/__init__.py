"""Wants more sockets than there are."""

import socket

from flask import Flask

SOCKETS = []


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        SOCKETS.extend(socket.socket() for _ in range(1000))
        return "<h1>Hello</h1>"

    return app
