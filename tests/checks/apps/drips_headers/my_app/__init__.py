"""Sends one letter of a header now and then."""

import time

from flask import Flask, request


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        connection = request.environ["werkzeug.socket"]
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            connection.sendall(b"x")
            time.sleep(0.1)

    return app
