"""The drawings: what they show, and that they show it without colour, too."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from reading import heat, icicle, svg
from reading.owners import APP, FLASK, JINJA, LIBRARY, SQLALCHEMY, owner_of, short_name
from reading.recorder import record
from reading.tables import Table

SVG = "{http://www.w3.org/2000/svg}"


def node(owner: str, name: str, *children: dict[str, Any], sql: str = "") -> dict[str, Any]:
    """Make a node of a tree of calls."""
    file = f"{owner}.py"
    return {"name": name, "file": file, "owner": owner, "sql": sql, "children": [*children]}


def page(queries: int) -> dict[str, Any]:
    """Make the tree of a page that sends so many queries."""
    loads = [
        node(SQLALCHEMY, "load", node(SQLALCHEMY, "run", node(LIBRARY, "execute", sql="SELECT 1")))
        for _ in range(queries)
    ]
    return node(FLASK, "wsgi_app", node(APP, "products", node(JINJA, "render", *loads)))


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb, as WCAG has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def texts(picture: svg.Picture) -> list[str]:
    """Return the words of a picture; fail if it is no XML."""
    return [part.text or "" for part in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def test_calls_inside_of_one_owner_melt_into_one_box() -> None:
    box = icicle.boxes(page(1))
    (view,) = box.children
    (template,) = view.children
    (load,) = template.children
    assert (load.owner, load.calls) == (SQLALCHEMY, 3)
    assert box.calls == 1 + 1 + 1 + 3


def test_every_query_has_a_number_in_the_picture() -> None:
    words = texts(icicle.draw({"list": page(12)}))
    assert [str(number) for number in range(1, 13)] == [word for word in words if word.isdigit()]
    assert "12 queries" in words


def test_two_trees_are_drawn_in_one_scale() -> None:
    picture = icicle.draw({"before": page(10), "after": page(1)})
    roots = [
        float(part.get("width", 0))
        for part in ElementTree.fromstring(picture.svg).iter(f"{SVG}rect")
        if part.get("y") == f"{icicle.TOP:.1f}"
    ]
    assert roots[0] / roots[1] == pytest.approx((3 + 30) / (3 + 3), rel=0.01)
    assert repr(picture) == "before: 10 queries in 33 calls; after: 1 query in 6 calls"


def test_owners_differ_in_lightness_and_their_labels_can_be_read() -> None:
    grounds = sorted((ground for ground, _ in icicle.COLOURS.values()), key=luminance)
    assert all(contrast(dark, light) > 1.25 for dark, light in pairwise(grounds))
    assert all(contrast(ground, ink) >= 4.5 for ground, ink in icicle.COLOURS.values())


def test_words_on_the_ground_and_on_the_heat_can_be_read() -> None:
    for ground in (svg.GROUND, heat.MISSED, heat.HALF, *heat.HEAT.values()):
        assert contrast(ground, svg.INK) >= 7
        assert contrast(ground, heat.BAD) >= 4.5 or ground in heat.HEAT.values()
    assert contrast(svg.GROUND, svg.FAINT) >= 4.5


TEXT = '''def choose(one):
    """Say something."""
    if one:
        return call(
            one,
        )
    raise ValueError
'''


def test_a_listing_says_how_many_tests_run_a_line_and_which() -> None:
    ran = {1: [""], 3: ["m.T.test_a", "m.T.test_b"], 4: ["m.T.test_a", "m.T.test_b"]}
    picture = heat.draw("app.py", TEXT, "choose", ran, [(3, 7)])
    words = texts(picture)
    assert words.count("2 tests") == 4  # the call goes on for three lines
    assert words.count("MISSED") == 1
    assert words.count("import") == 1
    assert "<- never goes to 7" in words
    assert {"a test_a", "b test_b"} <= set(words)
    assert picture.svg.count("<circle") == 8
    assert "lines missed: 7; lines with a partial branch: 3" in repr(picture)


def test_no_name_of_a_test_leaves_the_picture() -> None:
    ran = {3: [f"m.T.test_{'long_' * 12}{number}" for number in range(9)]}
    root = ElementTree.fromstring(heat.draw("app.py", TEXT, "choose", ran, []).svg)
    for part in root.iter(f"{SVG}text"):
        if part.get("text-anchor") == "start":
            length = len(part.text or "") * float(part.get("font-size", 0)) * svg.CHAR
            assert float(part.get("x", 0)) + length < float(root.get("width", 0))


def test_a_picture_needs_no_style_and_escapes_what_it_shows() -> None:
    picture = heat.draw("app.py", "def f():\n    return 1 < 2 & 3\n", "f", {}, [])
    assert not re.search(r"style|<script|href", picture.svg)
    assert "return 1 < 2 & 3" in texts(picture)


def test_a_table_stands_numbers_right_and_texts_left() -> None:
    table = Table(("calls", "name"), [(5, "a"), (1200, "b<c>(d)")])
    assert repr(table) == "calls  name\n    5  a\n 1200  b<c>(d)"
    assert '<td align="right" style="text-align: right">1200</td>' in table._repr_html_()
    assert "<code>b&lt;c&gt;(d)</code>" in table._repr_html_()
    assert table.only("missing").rows == []


def test_every_file_has_an_owner_and_a_name_without_a_machine() -> None:
    import flask
    import jinja2
    import sqlalchemy

    assert owner_of("/x/app/my_app/views.py", "/x/app") == APP
    assert owner_of("/x/app/my_app/templates/a.html", "/x/app") == APP
    for package, owner in ((flask, FLASK), (jinja2, JINJA), (sqlalchemy, SQLALCHEMY)):
        assert owner_of(str(package.__file__), "/x/app") == owner
        assert short_name(str(package.__file__), "/x/app") == f"{package.__name__}/__init__.py"
    assert owner_of(re.__file__, "/x/app") == LIBRARY
    assert owner_of("~", "/x/app") == LIBRARY
    assert short_name(re.__file__, "/x/app") == "re/__init__.py"


def test_a_recording_is_the_same_every_time() -> None:
    def work() -> None:
        Table(("a",), [(1,), (2,)])._repr_html_()

    assert record(work, "/nowhere") == record(work, "/nowhere")
