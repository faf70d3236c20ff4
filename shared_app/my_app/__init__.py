"""The catalog: a small shop in three languages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from my_app import languages, pages, samples, settings
from my_app.catalog import views
from my_app.extensions import bootstrap, csrf, db


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Create the app, with the default settings, the environment's and those in `config`."""
    app = Flask(__name__)
    app.config.from_object(settings)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    # A relative path is relative to the instance folder, wherever the app is started.
    app.config["UPLOAD_FOLDER"] = str(Path(app.instance_path, app.config["UPLOAD_FOLDER"]))

    bootstrap.init_app(app)
    csrf.init_app(app)
    db.init_app(app)
    languages.init_app(app)
    app.register_blueprint(views.catalog)
    app.register_blueprint(pages.pages)
    app.cli.add_command(samples.add_samples)

    # Enough while the tables stay as they are; changing them takes migrations: Flask-Migrate.
    with app.app_context():
        db.create_all()
    return app
