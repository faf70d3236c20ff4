"""Does not speak HTTP."""

from flask import Flask, request


def create_app(config=None):
    app = Flask(__name__)

    @app.get("/")
    def home():
        connection = request.environ["werkzeug.socket"]
        connection.sendall(b"what do you want?\r\n\r\n")
        connection.close()
        return ""

    return app
