"""The settings and their defaults.

An environment variable such as FLASK_SECRET_KEY overrides a default; the argument of
`create_app` overrides both.
"""

SECRET_KEY = "dev"  # for development only
SQLALCHEMY_DATABASE_URI = "sqlite:///catalog.db"
UPLOAD_FOLDER = "uploads"  # relative to the instance folder
MAX_CONTENT_LENGTH = 5_000_000
BOOTSTRAP_SERVE_LOCAL = True
