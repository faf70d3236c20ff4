"""A submission puts links where the grader reads and writes: nothing outside is touched or told."""

from __future__ import annotations

from pathlib import Path

import pytest
from attacker import APP, Attack

CHECK = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("None.")

def test_log(site):
    '''The log is read.'''
    site.get("/")
    expect(False, wanted="a line", seen=site.read("application.log"))

def test_write(site):
    '''A file is written.'''
    site.get("/")
    site.write("notes/x.txt", "written by the grader")
    expect(False, wanted="nothing", seen=site.find("**/*"))

def test_found(site):
    '''Found files are read.'''
    site.get("/")
    for path in site.find("**/*.txt"):
        expect(False, wanted="nothing", seen=path.read_text())
    expect(False, wanted="a file")
"""
BEFORE_REQUEST = """
    @app.before_request
    def swap():
        import os
        try:
            {swap}
        except OSError:
            pass

    return app
"""
WAYS = {
    "its log": "os.symlink('{outside}/secret.txt', 'application.log')",
    "a folder": "os.symlink('{outside}', 'notes')",
    "its instance folder": "os.symlink('{outside}', 'instance')",
    "its own folder": "here = os.getcwd(); os.rename(here, here + '2'); "
    "os.symlink('{outside}', here)",
    "a chain of links": "os.symlink('..', 'up'); os.symlink('up/up/up{outside}', 'notes')",
}


@pytest.mark.parametrize("way", WAYS)
def test_the_grader_follows_no_link_out_of_the_folder(
    attack: Attack, outside: Path, way: str
) -> None:
    swap = WAYS[way].format(outside=outside)
    source = APP.replace("    return app\n", BEFORE_REQUEST.format(swap=swap))
    graded = attack({"my_app/__init__.py": source}, CHECK)
    assert "the secret" not in graded.result.json()
    assert {path.name: path.read_text() for path in outside.iterdir()} == {
        "secret.txt": "the secret"
    }
    assert not {"passed", "grader-error"} & {row.verdict for row in graded.result.checks}
