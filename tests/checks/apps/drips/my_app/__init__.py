"""Answers a byte now and then."""

import time

from flask import Flask, Response


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        def drops():
            while True:
                yield b"x"
                time.sleep(0.1)

        return Response(drops())

    return app
