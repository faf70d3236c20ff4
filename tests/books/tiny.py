"""A tiny workbook: a Flask app of two pages and three recipes, written into a folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from workbook.patch import Store
from workbook.series import Series, load

Files = Mapping[str, str]

APP = '''\
"""A tiny shop."""

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)
    app.config.from_prefixed_env()

    @app.get("/")
    def home():
        return "Welcome"

    # Pages of the shop stand below.

    @app.get("/about")
    def about():
        text = "A shop"
        return text

    return app
'''
GREETS = APP.replace(
    """        return "Welcome"
""",
    """        name = app.config.get("SHOP", "the shop")
        return f"Hello from {name}"
""",
)
PRICES = '''\
"""Prices of the shop."""

PRICES = {"tea": 3}


def price_of(name):
    return PRICES.get(name)
'''
SELLS = GREETS.replace("import Flask\n", "import Flask\n\nfrom my_app.prices import price_of\n")
SELLS = SELLS.replace(
    """stand below.
""",
    """stand below.

    @app.get("/price/<name>")
    def price(name):
        return f"{name}: {price_of(name)}"
""",
)
CLOSES = SELLS.replace(
    """        return text
""",
    """        text += ", open until six"
        return text
""",
)
STATES: tuple[Files, ...] = (
    {"my_app/__init__.py": APP, "run.py": "import my_app\n"},
    {"my_app/__init__.py": GREETS, "run.py": "import my_app\n"},
    {"my_app/__init__.py": SELLS, "run.py": "import my_app\n", "my_app/prices.py": PRICES},
    {"my_app/__init__.py": CLOSES, "run.py": "import my_app\n", "my_app/prices.py": PRICES},
)
NAMES = ("greeting", "prices", "hours")
CHECKS = (
    '''\
import pytest
from checks import expect


@pytest.mark.hint("Look at home().")
def test_the_home_page_greets(site):
    """The home page says hello."""
    page = site.get("/")
    expect("Hello" in page.text, wanted="a Hello on the home page", seen=page)


@pytest.mark.hint("Look at app.config.")
def test_the_name_is_a_setting(site):
    """SHOP is the name of the shop."""
    site.configure(SHOP="Ann's")
    page = site.get("/")
    expect("Ann's" in page.text, wanted="the name of the shop", seen=page)


@pytest.mark.hint("It was there.")
@pytest.mark.guard("The page was there before.")
def test_the_page_about_the_shop_stays(site):
    """The page about the shop opens."""
    expect("A shop" in site.get("/about").text, wanted="A shop")
''',
    '''\
import pytest
from checks import expect


@pytest.mark.hint("Look at price().")
def test_tea_has_a_price(site):
    """Tea costs 3."""
    page = site.get("/price/tea")
    expect("tea: 3" in page.text, wanted="the price of tea", seen=page)
''',
    '''\
import pytest
from checks import expect


@pytest.mark.hint("Look at about().")
def test_the_hours_are_told(site):
    """The page about the shop tells its hours."""
    page = site.get("/about")
    expect("until six" in page.text, wanted="the hours", seen=page)
''',
)
MISTAKE = "It looks right: the name is a constant.\n\nCaught-by: {by}\nSays: {says}\n\n"
ENTRY = """\
[[recipe]]
id = "{id}"
chapter = "ch01_tiny"
title = "{title}"
goal = "The shop has {id}."
minutes = 5
needs = []
time_limit = 10

"""
LESSON = """\
# {number}. {title}

The shop lacks {id}.

<!-- recorded: output -->
<!-- end -->

<!-- recorded: hunk my_app/__init__.py -->
<!-- end -->
"""


def write(folder: Path, files: Files) -> Path:
    """Write files into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def diff(place: Path, before: Files, after: Files) -> str:
    """Return what git says of a change."""
    store = Store(place / "diff.git").open()
    trees = []
    for files in (before, after):
        folder = write(place / "state", files)
        trees.append(store.tree_of(folder))
        shutil.rmtree(folder)
    return store.export(*trees)


def add_diff(place: Path, path: Path, words: str, before: Files, after: Files) -> None:
    """Write a step, a mistake, a variant or a break."""
    write(path.parent, {path.name: words + diff(place, before, after)})


def make(place: Path) -> Series:
    """Make the tiny workbook in place/book."""
    root = place / "a book"  # the space is meant
    write(root / "shared_app", STATES[0])
    manifest = "# The order.\n\n"
    for number, name in enumerate(NAMES, 1):
        facts = {"id": name, "title": name.title(), "number": number}
        manifest += ENTRY.format(**facts)
        folder = root / "chapters" / "ch01_tiny" / f"r{number:02d}_{name}"
        lesson = LESSON.format(**facts)
        snippet = "import my_app\n"
        write(folder, {"README.md": lesson, "snippet.py": snippet, "check.py": CHECKS[number - 1]})
        add_diff(place, folder / "step.diff", f"Why {name}.\n\n", *STATES[number - 1 : number + 1])
    manifest += '[[planned]]\nid = "wishes"\nchapter = "ch01_tiny"\ntitle = "Wishes"\n'
    write(root / "chapters", {"series.toml": manifest})
    _add_mistake_and_variant(place, root)
    return load(root)


def _add_mistake_and_variant(place: Path, root: Path) -> None:
    folder = root / "chapters" / "ch01_tiny" / "r01_greeting"
    constant = GREETS.replace('app.config.get("SHOP", "the shop")', '"the shop"')
    words = MISTAKE.format(by="test_the_name_is_a_setting", says="the name of the shop")
    path = "my_app/__init__.py"
    wrong = {**STATES[1], path: constant}
    add_diff(place, folder / "mistakes" / "constant.diff", words, STATES[1], wrong)
    right = {**STATES[1], path: GREETS.replace('f"Hello from {name}"', '"Hello from " + name')}
    add_diff(place, folder / "variants" / "plus.diff", "With a plus.\n\n", STATES[1], right)
