"""The pages outside of the catalog: the index, uploaded images and the 404 page."""

from flask import (
    Blueprint,
    current_app,
    redirect,
    render_template,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

pages = Blueprint("pages", __name__)


@pages.route("/")
def index() -> ResponseReturnValue:
    """Redirect to the home page in the visitor's language."""
    return redirect(url_for("catalog.home"))


@pages.route("/uploads/<name>")
def upload(name: str) -> ResponseReturnValue:
    """Serve an uploaded image."""
    return send_from_directory(current_app.config["UPLOAD_FOLDER"], name)


@pages.app_errorhandler(404)
@pages.app_errorhandler(OverflowError)  # a number in the URL is too large for the database
def not_found(error: NotFound | OverflowError) -> ResponseReturnValue:
    """Show the 404 page."""
    return render_template("404.html"), 404
