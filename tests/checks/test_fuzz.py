"""Whatever a submission returns, the verdict is about the submission and never grader-error."""

import os
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from checks import CheckFailed, files
from checks.browser import Browser, NoResponse, absolute
from checks.diagnosis import explain, last_failure
from checks.forms import filled_form
from checks.page import Page
from checks.sandbox.launcher import Exit
from checks.verdict import SubmissionError
from workbook.result import CheckResult, Plan, Result, WrongShape, result
from workbook.result import Job as GradeJob
from workbook.text import clean

ROOT = Path(__file__).parents[2]
set_hypothesis_home_dir(ROOT / "build" / "hypothesis")
Grade = Callable[..., dict[str, Any]]
FUZZ = settings(
    max_examples=150, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
# What a check may see of a submission that is wrong.
EXPECTED = (CheckFailed, SubmissionError, NoResponse)

ENCODINGS = st.sampled_from(
    ["utf-8", "zip", "hex", "idna", "punycode", "undefined", "unicode_escape", "utf-7", "mbcs",
     "x\0y", "rot13", "raw_unicode_escape", "utf-16", "no such thing", "base64", ""]
)  # fmt: skip
NAMES = st.sampled_from(["name", "price", "image", "csrf_token", "x[]", "\x1b[2J", "é"])
VALUES = st.one_of(NAMES, st.text(max_size=12))
TAGS = st.builds(
    "<{} type='{}' name='{}' value='{}' {}>".format,
    st.sampled_from(["input", "select", "textarea", "option", "button", "form", "/form", "label"]),
    st.sampled_from(["text", "file", "checkbox", "radio", "submit", "hidden", "image", "date"]),
    NAMES,
    VALUES,
    st.sampled_from(["checked", "selected", "disabled", "multiple", "form=other", ""]),
)
ACTIONS = st.sampled_from(
    ["", "/", "http://[", "//evil.example/", "javascript:alert(1)", "http://127.0.0.1:1/", "../..",
     "\x00", "http://user:pass@host:99999/", "?q=" + "9" * 5000, "mailto:x@y"]
)  # fmt: skip
FORMS = st.builds(
    "<form method='{}' action='{}' enctype='{}'>{}</form>".format,
    st.sampled_from(["get", "post", "dialog", "DELETE", "a b", ""]),
    ACTIONS,
    st.sampled_from(["multipart/form-data", "text/plain", "x", ""]),
    st.lists(TAGS, max_size=6).map("".join),
)


def page(content: bytes, encoding: str = "utf-8", kind: str = "text/html") -> Page:
    """Return a page as the browser would make it of a response."""
    return Page("/en/page", 200, {"content-type": kind}, content, encoding, 0.1)


@FUZZ
@given(st.binary(max_size=400), ENCODINGS, st.sampled_from(["text/html", "application/json", "x"]))
@example(b"[" * 100_000, "utf-8", "application/json")
@example(b"9" * 5000, "utf-8", "application/json")
def test_a_response_of_any_bytes_can_be_read(content: bytes, encoding: str, kind: str) -> None:
    found = page(content, encoding, kind)
    assert isinstance(found.text, str)
    with suppress(*EXPECTED):
        assert isinstance(found.words, str)
    with suppress(*EXPECTED):
        assert isinstance(str(found), str)
    with suppress(CheckFailed):
        found.json()


@FUZZ
@given(st.lists(st.one_of(FORMS, TAGS, st.text(max_size=20)), max_size=4).map("".join))
@example("<form><input type=file name=name value=/etc/hostname></form>")
def test_a_form_of_any_shape_is_filled_or_refused(html: str) -> None:
    for fields in ({"name": "Tea"}, {"name": True}, {"image": ("a.png", b"x")}):
        with suppress(*EXPECTED):
            form = filled_form(page(html.encode("utf-8", "replace")), fields)
            assert form.method in ("GET", "POST")
            url = absolute("http://127.0.0.1:5000/", "/en/page", form.url)
            assert url is None or url.startswith("http://127.0.0.1:5000/")


@contextmanager
def server(response: bytes) -> Iterator[str]:
    """Send the same bytes to everybody who connects."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(1 << 16)
                        connection.sendall(response)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


HEADERS = st.sampled_from(
    [b"Location: http://[", b"Location: //evil/", b"Location: /", b"Content-Length: -1", b"",
     b"Content-Length: 99999999999999999999", b"Content-Encoding: gzip", b"Content-Encoding: br",
     b"Transfer-Encoding: chunked", b"Set-Cookie: a=\xff; expires=never; domain=..", b": : :",
     b"Content-Type: text/html; charset=zip", b"Content-Type: ;;;=", b"X" * 70_000]
)  # fmt: skip
RESPONSES = st.builds(
    lambda status, headers, body: b"HTTP/1.1 " + b"\r\n".join([status, *headers, b"", body]),
    st.sampled_from([b"200 OK", b"302 x", b"999", b"-1 x", b"abc", b"204 No", b"", b"301 \xff"]),
    st.lists(HEADERS, max_size=4),
    st.binary(max_size=60),
)


@settings(FUZZ, max_examples=80)
@given(st.one_of(RESPONSES, st.binary(max_size=60)))
def test_any_bytes_in_the_place_of_a_response_are_a_page_or_none(response: bytes) -> None:
    with server(response) as base:
        browser = Browser(1.0)
        try:
            with suppress(*EXPECTED):
                found = browser.follow(base, browser.send(base, "GET", "/"))
                assert isinstance(str(found), str)
        finally:
            browser.close()


TRACEBACKS = st.lists(
    st.one_of(
        st.just("Traceback (most recent call last):"),
        st.builds('  File "{}", line {}, in f'.format, st.text(max_size=20), st.integers()),
        st.builds("{}: {}".format, st.sampled_from(["ValueError", "MemoryError", "a.b", ""]),
                  st.text(max_size=30)),
        st.just("PermissionError: [Errno 13] Permission denied: '/etc/shadow'"),
        st.text(max_size=30),
    ),
    max_size=8,
).map("\n".join)  # fmt: skip


@FUZZ
@given(TRACEBACKS, st.integers(-70, 255))
def test_any_output_of_a_process_that_ended_is_explained(output: str, code: int) -> None:
    folder = Path("/site/app")
    assert last_failure(output, folder) is None or str(last_failure(output, folder))
    error = explain(Exit(code, 0.0, 0), output, folder, "during GET /")
    row = Plan("test_it", "It works.").result(error.verdict, error.message)
    assert row.verdict not in ("passed", "grader-error")


@FUZZ
@given(st.text(alphabet=st.characters(), max_size=300), st.integers(40, 120))
@example("\ud800\x1b[2J\u202epassed: 7 of 7 checks\x9b\u2028", 100)
@example("x" * 20_000_000, 100)
def test_foreign_text_is_short_and_harmless(text: str, longest: int) -> None:
    shown = clean(text, longest)
    assert len(shown) <= longest
    assert all(c.isprintable() or c in "\n\t" for c in shown)
    assert clean(shown, longest) == shown.strip()
    shown.encode("utf-8")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3),
                            st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


@FUZZ
@given(st.one_of(st.text(max_size=40), st.builds(str, JSON)))
def test_a_line_that_is_no_job_or_result_says_so(line: str) -> None:
    for read in (GradeJob.read, Result.read):
        with suppress(WrongShape):
            read(line)


@FUZZ
@given(st.text(max_size=30), st.sampled_from(["passed", "failed", "skipped", "crashed"]))
def test_a_result_survives_the_pipe(text: str, verdict: Any) -> None:
    row = Plan("test_it", text, 2, "hint", "").result(verdict, text, text, text, 1.0)
    found = result(GradeJob("r", Path("/app"), text), [row], 1.0, missing=["net"])
    assert Result.read(found.json()) == found
    assert isinstance(found.checks[0], CheckResult)


FILE_NAMES = st.binary(min_size=1, max_size=12).filter(
    lambda name: not {*b"/\0"} & {*name} and name not in (b".", b"..")
)


ENTRIES = st.lists(
    st.tuples(FILE_NAMES, st.sampled_from("fdlp"), st.binary(max_size=20)),
    max_size=6, unique_by=lambda entry: entry[0],
)  # fmt: skip


@settings(FUZZ, max_examples=60)
@given(ENTRIES)
def test_files_of_any_name_and_kind_are_read_or_refused(entries: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as place:
        app = Path(place) / "app"
        app.mkdir()
        for name, kind, content in entries:
            path = os.fsencode(app) + b"/" + name
            with suppress(FileExistsError, OSError):
                match kind:
                    case "f":
                        Path(os.fsdecode(path)).write_bytes(content)
                    case "d":
                        Path(os.fsdecode(path)).mkdir()
                    case "l":
                        target = content.replace(b"\0", b"/") or b"."
                        Path(os.fsdecode(path)).symlink_to(os.fsdecode(target))
                    case "p":
                        os.mkfifo(path)
        for found in files.find(app, "**/*"):
            assert found.stat().st_size == len(found.read_bytes())
        for name in [path.name for path in app.iterdir()]:
            assert files.exists(app, name)
            with suppress(*EXPECTED):
                files.read_bytes(app, name)
            with suppress(*EXPECTED):
                files.write_bytes(app, f"{name}/x", b"y")
        assert not (Path(place) / "x").exists()
        with suppress(*EXPECTED):
            files.copy_submission(app, Path(place) / "copy")


CHECK = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("None.")

def test_rows(site):
    '''The database is read.'''
    expect(site.rows("SELECT * FROM product") == 1, wanted="a row")

def test_change(site):
    '''The database is changed.'''
    site.execute("DROP TABLE product")
    expect(False, wanted="nothing more")

def test_form(site):
    '''A form is sent.'''
    page = site.submit("/", name="Tea")
    expect(page.json()["a"]["b"] == 1, wanted="a value")

def test_log(site):
    '''The log is read.'''
    line = site.read("application.log").splitlines()[0]
    expect(int(line.split()[1]) < 0, wanted="a number")
"""
APP = """
from flask import Flask, request

def create_app():
    app = Flask(__name__)

    @app.route("/", methods=["GET", "POST"])
    def home():
        if request.method == "POST":
            return {posted!r}, 200, {{"Content-Type": {kind!r}}}
        return {form!r}

    return app
"""
DATABASES = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=300).map(lambda rest: b"SQLite format 3\0" + rest),
    st.tuples(st.integers(0, 8000), st.binary(min_size=1, max_size=40)),
)


@settings(FUZZ, max_examples=10)
@given(
    DATABASES,
    st.lists(FORMS, max_size=2).map("".join),
    st.one_of(st.builds(str, JSON), st.text(max_size=30)),
    st.sampled_from(["text/html; charset=zip", "application/json", "text/plain"]),
    st.binary(max_size=80),
)
def test_a_whole_submission_is_never_the_graders_error(
    grade_source: Grade, database: Any, form: str, posted: str, kind: str, log: bytes
) -> None:
    with tempfile.TemporaryDirectory() as place:
        app = Path(place)
        (app / "my_app").mkdir()
        try:
            source = APP.format(form=form, posted=posted, kind=kind)
            (app / "my_app" / "__init__.py").write_text(source, encoding="utf-8")
        except UnicodeEncodeError:
            assume(False)
        # An instance folder is not copied: the app writes it.
        (app / "seed.db").write_bytes(damaged(database))
        (app / "seed.txt").write_bytes(log)
        with (app / "my_app" / "__init__.py").open("a", encoding="utf-8") as file:
            file.write(SEEDS)
        found = grade_source(CHECK, app=place, patience=5, time_limit=30)
    verdicts = [row["verdict"] for row in found["checks"]]
    assert not {"grader-error", "passed"} & {*verdicts}, found


SEEDS = """
import os, shutil
os.makedirs("instance", exist_ok=True)
shutil.copy("seed.db", "instance/catalog.db")
shutil.copy("seed.txt", "application.log")
"""


def damaged(database: bytes | tuple[int, bytes]) -> bytes:
    """Return the bytes of a database: those given, or a good one with some of them changed."""
    if isinstance(database, bytes):
        return database
    at, patch = database
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "good.db"
        with sqlite3.connect(path) as good:
            good.execute("CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT)")
            good.execute("INSERT INTO product (name) VALUES ('Tea')")
        good.close()
        content = path.read_bytes()
    return content[:at] + patch + content[at + len(patch) :]


def test_no_request_tells_that_it_comes_from_the_grader() -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as connection:
                asked.append(connection.recv(1 << 16))
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        Browser(5).send(f"http://127.0.0.1:{listener.getsockname()[1]}/", "GET", "/")
        thread.join()
    told = asked[0].lower()
    assert b"mozilla/5.0" in told
    assert b"python" not in told
    assert b"grader" not in told
