"""Never answers."""

import time

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        while True:
            time.sleep(1)

    return app
