"""Uploaded images."""

from pathlib import Path
from uuid import uuid4

from flask import current_app
from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename


def save_image(image: FileStorage) -> str:
    """Save an uploaded image under a safe, unique file name, and return the name."""
    folder = Path(current_app.config["UPLOAD_FOLDER"])
    folder.mkdir(parents=True, exist_ok=True)
    name = secure_filename(f"{uuid4().hex}-{image.filename}")
    image.save(folder / name)
    return name
