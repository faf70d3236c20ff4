"""Says gzip and sends none; the character set is no better."""

from flask import Flask, Response


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        return Response(
            "Hello", headers={"Content-Encoding": "gzip", "Content-Type": "text/html; charset=x"}
        )

    return app
