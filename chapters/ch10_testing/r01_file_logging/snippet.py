"""Visit the shop and read its log: at two levels, made twice, under attack, and full."""

from pathlib import Path

from flask import Flask
from flask.logging import default_handler

from my_app import create_app

VISITS = ["/en/home", "/en/product-search?name=phone", "/en/product/999"]
# %0A is a line break: the visitor tries to write a line of his own.
ATTACK = "/en/product-search?name=phone%0A2030-01-01 00:00:00,000 WARNING The safe is open"


def make_app(log_file: str, **config: object) -> Flask:
    """Make an app that writes to a log of its own in the instance folder."""
    app = create_app({"LOG_FILE": log_file, **config})
    # Flask prints every line on the terminal, too; here we want to see the file alone.
    app.logger.removeHandler(default_handler)
    return app


def visit(app: Flask, *addresses: str) -> None:
    """Request pages, as a browser would."""
    for address in addresses:
        app.test_client().get(address)


def show(app: Flask) -> None:
    """Print the log file."""
    print(Path(app.instance_path, app.config["LOG_FILE"]).read_text(encoding="utf-8"))


app = make_app("info.log", LOG_LEVEL="INFO")
app.test_cli_runner().invoke(args=["add-samples"])
visit(app, *VISITS)
print("== LOG_LEVEL=INFO ==")
show(app)

app = make_app("warning.log", LOG_LEVEL="WARNING")
visit(app, *VISITS)
print("== LOG_LEVEL=WARNING, the same visits ==")
show(app)

make_app("twice.log")
app = make_app("twice.log")
visit(app, "/en/home")
print("== The app made twice, one visit ==")
show(app)

app = make_app("attack.log")
visit(app, ATTACK)
print("== A line break in the address ==")
show(app)

app = make_app("full.log", LOG_MAX_BYTES=400, LOG_BACKUPS=2)
visit(app, *["/en/home"] * 40)
print("== 40 visits, LOG_MAX_BYTES=400, LOG_BACKUPS=2 ==")
for path in sorted(Path(app.instance_path).glob("full.log*")):
    print(f"{path.name:<10} {path.stat().st_size:>3} bytes")
