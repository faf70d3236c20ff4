"""Run the first test on the app as it is and on broken copies, and see what it leaves behind."""

import subprocess
import sys
from pathlib import Path
from textwrap import shorten

from my_app import create_app
from my_app.extensions import db

VIEWS = Path("my_app/catalog/views.py")
COUNT = "    count = db.session"
BUGS = {
    "the home page returns 404": (COUNT, f"    abort(404)\n{COUNT}"),
    "the home page crashes": ("func.count(Product.id)", "func.count(Product.number)"),
    "the home page counts two products too many": (".scalar_one()", ".scalar_one() + 2"),
}


def run_tests(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the tests as in a terminal: python -m unittest app_tests."""
    command = [sys.executable, "-m", "unittest", *options, "app_tests"]
    return subprocess.run(command, capture_output=True, text=True)


def show(title: str) -> None:
    print(f"\n== {title} ==")


show("python -m unittest -v app_tests")
done = run_tests("-v")
print(done.stderr.strip())
print("exit code:", done.returncode)

show("What the tests left behind")
made = sorted(str(path) for path in Path("instance").rglob("*") if path.is_file())
print("files in instance/:", ", ".join(made) or "none")

show("The same test while the app is broken")
views = VIEWS.read_text()
for bug, (right, wrong) in BUGS.items():
    VIEWS.write_text(views.replace(right, wrong))
    done = run_tests()
    error = next(line for line in done.stderr.splitlines() if "Error: " in line)
    print(f"{bug}:\n    exit code {done.returncode}, {shorten(error, 74, placeholder=' ...')}")
VIEWS.write_text(views)

show("Why the app is made with its settings")
app = create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"})
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///too-late.db"
with app.app_context():
    print("in the config:  ", app.config["SQLALCHEMY_DATABASE_URI"])
    print("in the engine:  ", db.engine.url)
    db.engine.dispose()
