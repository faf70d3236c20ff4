"""Tiny recipes on real services: gunicorn behind nginx, and a cache in Valkey."""

from __future__ import annotations

from pathlib import Path

from books import tiny
from workbook.series import Series, load

APP = '''\
"""A tiny shop that counts its visits."""

import os

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)
    app.config.from_prefixed_env()
    app.config.from_mapping(config or {})

    @app.get("/")
    def home():
        return f"Welcome, served by process {os.getpid()}"

    return app
'''
CONFIGURATION = """\
worker_processes 1;
pid nginx.pid;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    types { text/plain txt; }
    server {
        listen 127.0.0.1:8090;
        location /files/ { alias files/; }
        location / { proxy_pass http://unix:app.sock:; }
    }
}
"""
BEHIND_NGINX = """\
import pytest
from checks import expect


@pytest.mark.hint("Look at `location` in nginx.conf.")
def test_nginx_serves_files_and_passes_the_rest_on(site, nginx):
    '''nginx serves /files/ itself and passes every other request to gunicorn.'''
    configuration = site.read("nginx.conf")
    site.write("nginx.conf", configuration.replace("127.0.0.1:8090", f"127.0.0.1:{nginx.port}"))
    with site.process("gunicorn", "--bind", "unix:app.sock", "my_app:create_app()") as gunicorn:
        gunicorn.wait_for(lambda: (site.folder / "app.sock").exists(), 10, "it listened")
        with site.process(*nginx.command(".", "nginx.conf")) as front:
            front.wait_for(nginx.answers, 5, "it ran")
            page = site.get(nginx.url + "/")
            expect("Welcome" in page.text, wanted="the home page through nginx", seen=page)
            gunicorn.stop()
            expect(site.get(nginx.url + "/").status == 502, wanted="502 without gunicorn")
            text = site.get(nginx.url + "/files/terms.txt")
            expect("Be kind" in text.text, wanted="a file without gunicorn", seen=text)
"""
CACHED = APP.replace(
    """        return f"Welcome, served by process {os.getpid()}"
""",
    """        with redis.Redis.from_url(app.config["CACHE_URL"], decode_responses=True) as store:
            return f"Visit {store.incr('visits')}"
""",
).replace("from flask import Flask", "import redis\nfrom flask import Flask")
IN_VALKEY = """\
import pytest
from checks import expect


@pytest.mark.hint("Look at INCR.")
def test_visits_are_counted_in_valkey(site, valkey):
    '''Every visit is counted in Valkey, over a restart of the app.'''
    site.configure(CACHE_URL=valkey.url)
    site.get("/")
    site.stop()
    page = site.get("/")
    expect("Visit 2" in page.text, wanted="the second visit", seen=page)
    expect(valkey.keys() == ["visits"], wanted="one key, visits", seen=valkey.keys())


@pytest.mark.hint("Look at INCR.")
def test_each_check_function_finds_an_empty_store(site, valkey):
    '''A store begins empty.'''
    expect(valkey.keys() == [], wanted="no key", seen=valkey.keys())
"""
ENTRY = """\
[[recipe]]
id = "{id}"
chapter = "ch01_tiny"
title = "{id}"
goal = "The shop has {id}."
minutes = 5
needs = ["{service}"]
time_limit = 30

"""
BASE = {"my_app/__init__.py": APP, "run.py": "import my_app\n"}
FRONT = {**BASE, "nginx.conf": CONFIGURATION, "files/terms.txt": "Be kind.\n"}
COUNTS = {**FRONT, "my_app/__init__.py": CACHED}
RECIPES = (
    ("behind_nginx", "nginx", BEHIND_NGINX, BASE, FRONT),
    ("in_valkey", "valkey", IN_VALKEY, FRONT, COUNTS),
)
SNIPPETS = {
    "behind_nginx": "from workbook.servers import nginx\n\nprint(nginx.origin())\n",
    "in_valkey": (
        "from my_app import create_app\nfrom workbook.servers import valkey\n\n"
        "with valkey.running() as server:\n"
        '    client = create_app({"CACHE_URL": server.url}).test_client()\n'
        '    print(client.get("/").text, client.get("/").text)\n'
    ),
}


def make(place: Path) -> Series:
    """Make the workbook in place/book."""
    root = place / "a book"
    tiny.write(root / "shared_app", BASE)
    manifest = ""
    for number, (name, service, check, before, after) in enumerate(RECIPES, 1):
        manifest += ENTRY.format(id=name, service=service)
        folder = root / "chapters" / "ch01_tiny" / f"r{number:02d}_{name}"
        files = {"README.md": f"# {name}\n", "snippet.py": SNIPPETS[name], "check.py": check}
        tiny.write(folder, files)
        tiny.add_diff(place, folder / "step.diff", f"Why {name}.\n\n", before, after)
    tiny.write(root / "chapters", {"series.toml": manifest})
    return load(root)
