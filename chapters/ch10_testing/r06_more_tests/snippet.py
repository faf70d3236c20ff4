"""Run the suite on the app as it is, then with one bug at a time: which tests notice it?"""

import re
import subprocess
import sys
from pathlib import Path

from my_app import create_app
from my_app.extensions import db

VIEWS, FORMS, PAGES = "my_app/catalog/views.py", "my_app/catalog/forms.py", "my_app/pages.py"
PRICE = "query.where(Product.price == price)"
BUGS = {
    "a request must have a part for the image": (
        VIEWS,
        "form.image.data",
        'request.files["image"]',
    ),
    "the search ignores the price": (VIEWS, f"query = {PRICE}", PRICE),
    "a price may be negative": (FORMS, "[InputRequired(), PRICES]", "[InputRequired()]"),
    "a missing page returns 200": (PAGES, 'render_template("404.html"), 404', '"Page not found"'),
}


def run_tests(*options: str) -> str:
    """Run the tests as in a terminal: python -m unittest app_tests."""
    command = [sys.executable, "-m", "unittest", *options, "app_tests"]
    return subprocess.run(command, capture_output=True, text=True).stderr


def who_notices(path: str, right: str, wrong: str) -> list[str]:
    """Break the app, return the names of the tests that fail, and undo the change."""
    file = Path(path)
    text = file.read_text()
    file.write_text(text.replace(right, wrong))
    printed = run_tests()
    file.write_text(text)
    return sorted(set(re.findall(r"^(?:FAIL|ERROR): (\w+)", printed, re.MULTILINE)))


def show(title: str) -> None:
    print(f"\n== {title} ==")


show("python -m unittest -v app_tests")
print(run_tests("-v").strip())

show("One bug at a time, and the tests that notice it")
for bug, change in BUGS.items():
    print(f"{bug}:\n    {', '.join(who_notices(*change))}")

show("A form without a token")
for setting in ({}, {"WTF_CSRF_ENABLED": False}):
    app = create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://", **setting})
    response = app.test_client().post("/en/category-create", data={"name": "Kitchen"})
    print(setting or "for visitors", "->", response.status)
    with app.app_context():
        db.engine.dispose()
