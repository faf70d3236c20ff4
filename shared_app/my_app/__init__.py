"""The catalog: a small shop window in three languages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from my_app import languages, pages, samples
from my_app.catalog import views
from my_app.extensions import bootstrap, csrf, db

DEFAULTS = {
    "SECRET_KEY": "dev",  # good enough to try the app; set FLASK_SECRET_KEY anywhere else
    "SQLALCHEMY_DATABASE_URI": "sqlite:///catalog.db",
    "UPLOAD_FOLDER": "uploads",
    "MAX_CONTENT_LENGTH": 5_000_000,
    "BOOTSTRAP_SERVE_LOCAL": True,
}


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Build the app: the defaults, then the FLASK_ environment, then `config`."""
    app = Flask(__name__)
    app.config.from_mapping(DEFAULTS)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    # A relative folder belongs to this installation, wherever the app was started.
    app.config["UPLOAD_FOLDER"] = str(Path(app.instance_path, app.config["UPLOAD_FOLDER"]))

    bootstrap.init_app(app)
    csrf.init_app(app)
    db.init_app(app)
    languages.init_app(app)
    app.register_blueprint(views.catalog)
    app.register_blueprint(pages.pages)
    app.cli.add_command(samples.add_samples)

    # Enough for a small app. One whose tables change needs migrations: Flask-Migrate.
    with app.app_context():
        db.create_all()
    return app
