"""Files and responses are of a shape that no check expects: garbage is never our error."""

from __future__ import annotations

import pytest
from attacker import APP, Attack

CHECK = """
import json
import pytest
from checks import expect
pytestmark = pytest.mark.hint("None.")

def test_stops(site):
    '''The file of stops is read.'''
    site.start()
    stops = [json.loads(line)["function"] for line in site.read("stops.txt").splitlines()]
    expect(stops == 1, wanted="a stop")

def test_form(site):
    '''A form is filled.'''
    site.submit("/", name="Tea")
    expect(False, wanted="nothing more")

def test_id(site):
    '''A category has an id.'''
    site.add_category("Tea")
    expect(False, wanted="nothing more")

def test_page(site):
    '''A page has words.'''
    page = site.get("/", follow=True)
    expect(False, wanted="nothing", seen=page)
"""
HOME = 'return "<form method=post><input name=name></form>Hello"'
WAYS = {
    "lines that are no JSON": APP + "\nopen('stops.txt', 'w').write('[1]\\n{\\n')\n",
    "bytes": APP + "\nopen('stops.txt', 'wb').write(bytes(range(256)) * 9)\n",
    "a charset that is no text encoding": APP.replace(
        HOME, f"{HOME}, 200, {{'Content-Type': 'text/html; charset=zip'}}"
    ),
    "a file field in the place of a text field": APP.replace(
        "<input name=name>", "<input type=file name=name value=/etc/hostname>"
    ),
    "an action that is no URL": APP.replace("<form method=post>", "<form action='http://['>"),
    "an action elsewhere": APP.replace("<form method=post>", "<form action='http://127.0.0.1:1/'>"),
    "a redirect that is no URL": APP.replace(HOME, "return '', 302, {'Location': 'http://['}"),
    "a redirect elsewhere": APP.replace(HOME, "return '', 302, {'Location': '//127.0.0.1:1/'}"),
    "an id of 5000 digits": APP.replace(
        "    return app",
        "    @app.route('/en/category-create', methods=['GET', 'POST'])\n"
        "    def create():\n"
        "        if request.method == 'POST':\n"
        "            return '', 302, {'Location': '/category/' + '9' * 5000}\n"
        "        return '<form method=post><input name=name></form>'\n\n    return app",
    ),
    "a maze of tags": APP.replace("Hello", '" + "<div>" * 50_000 + "'),
}


@pytest.mark.parametrize("way", WAYS)
def test_garbage_has_a_verdict_of_the_submission(attack: Attack, way: str) -> None:
    graded = attack({"my_app/__init__.py": WAYS[way]}, CHECK)
    verdicts = [row.verdict for row in graded.result.checks]
    assert not {"passed", "grader-error"} & {*verdicts}, graded.result
    assert graded.complaints == ""
