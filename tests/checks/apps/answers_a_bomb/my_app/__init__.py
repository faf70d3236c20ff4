"""Answers a small thing that unpacks to a huge one."""

import gzip

from flask import Flask, Response


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        bomb = gzip.compress(bytes(40 << 20))
        return Response(bomb, headers={"Content-Encoding": "gzip"})

    return app
