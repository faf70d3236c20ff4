"""Kills itself while it answers."""

import os
import signal

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        os.kill(os.getpid(), signal.SIGKILL)

    return app
