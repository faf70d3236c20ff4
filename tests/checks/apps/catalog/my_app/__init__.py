"""A small catalog with all that a check can ask for: forms, files, a database, a log."""

import logging
import os
import sqlite3
from pathlib import Path

from flask import Flask, jsonify, redirect, request, session
from flask_wtf import CSRFProtect

FORM = """<form method="post" enctype="multipart/form-data">
<input type="hidden" name="csrf_token" value="{token}"><input name="name">
<select name="category"><option value="">none</option><option value="7">Books</option></select>
<input type="file" name="image"><input type="submit" value="Save"></form>"""


def create_app(config=None):
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x", LOG_LEVEL="INFO", ANSWER=None)
    app.config.from_prefixed_env()
    CSRFProtect(app)
    instance = Path(app.instance_path)
    instance.mkdir(exist_ok=True)
    handler = logging.FileHandler(instance / "application.log")
    app.logger.addHandler(handler)
    app.logger.setLevel(app.config["LOG_LEVEL"])
    print("the app is made")

    def database():
        connection = sqlite3.connect(instance / "catalog.db")
        connection.execute("CREATE TABLE IF NOT EXISTS product (id INTEGER PRIMARY KEY, name)")
        return connection

    @app.get("/")
    def home():
        app.logger.info("home page")
        if request.headers["Accept"] == "application/json":
            return jsonify(answer=app.config["ANSWER"], query=request.args.to_dict())
        return f"<title>Shop</title><p>{os.environ.get('MOOD')} Hello\n  you</p>"

    @app.route("/en/product-create", methods=["GET", "POST"])
    def create():
        if request.method == "GET":
            from flask_wtf.csrf import generate_csrf

            return FORM.format(token=generate_csrf())
        image = request.files["image"]
        with database() as connection:
            values = (f"{request.form['name']}/{request.form['category']}/{image.filename!r}",)
            row = connection.execute("INSERT INTO product (name) VALUES (?)", values)
        session["count"] = session.get("count", 0) + 1
        return redirect(f"/en/product/{row.lastrowid}")

    @app.get("/en/product/<int:number>")
    def product(number):
        return f"product {number}, your {session.get('count')}."

    @app.get("/crash")
    def crash():
        raise LookupError("no such shelf")

    @app.get("/ask")
    def ask():
        return input("name? ")

    return app
