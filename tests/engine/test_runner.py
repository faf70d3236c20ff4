"""Snippets run for real, and nothing of them stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from engine.conftest import HOME, Book

from workbook.errors import WorkbookError
from workbook.runner import run_snippet


def test_a_snippet_sees_the_app_of_its_own_step(book: Book) -> None:
    series = book.series()
    assert "words: zero one\n" in run_snippet(series, series.find("1")).output
    assert "words: zero one two\n" in run_snippet(series, series.find("2")).output


def test_the_output_holds_no_path_of_the_machine(book: Book) -> None:
    series = book.series()
    assert run_snippet(series, series.find("1")).output.startswith("hello from my_app/__init__.py")


def test_a_snippet_writes_into_a_copy_that_is_gone_afterwards(book: Book) -> None:
    snippet = book.folder(1) / "snippet.py"
    snippet.write_text("import pathlib; pathlib.Path('run.py').write_text('x'); print('done')")
    series = book.series()
    assert run_snippet(series, series.find("1")).output == "done\n"
    assert run_snippet(series, series.find("1")).output == "done\n"
    assert not [*(series.build / "tmp").iterdir()]


def test_a_failing_snippet_gives_its_exit_code_and_words(book: Book) -> None:
    (book.folder(1) / "snippet.py").write_text("raise SystemExit('no luck')")
    series = book.series()
    ran = run_snippet(series, series.find("1"))
    assert ran.code == 1
    assert "no luck" in ran.output


def test_nothing_of_other_projects_reaches_a_snippet(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("FLASK_DEBUG", "SENTRY_DSN", "AWS_PROFILE", "REDIS_URL", "DATABASE_URL")
    names += ("http_proxy", "HTTPS_PROXY", "PYTHONOPTIMIZE", "WERKZEUG_RUN_MAIN", "JUPYTER_PATH")
    for name in names:
        monkeypatch.setenv(name, "elsewhere")
    (book.folder(1) / "snippet.py").write_text(
        f"import os; print([name for name in {names!r} if name in os.environ])"
    )
    series = book.series()
    assert run_snippet(series, series.find("1")).output == "[]\n"


def test_a_snippet_has_a_home_of_its_own(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner's ~/.pdbrc would answer for the debugger of recipe 4."""
    monkeypatch.setenv("TMPDIR", "relative")
    (book.folder(1) / "snippet.py").write_text(
        "import pathlib, tempfile\n"
        "print([*pathlib.Path.home().iterdir()], pathlib.Path(tempfile.gettempdir()).parent.name"
        " == pathlib.Path.home().parent.name)"
    )
    series = book.series()
    assert run_snippet(series, series.find("1")).output == "[] True\n"


def test_a_snippet_that_waits_for_a_key_has_all_the_time(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        old = os.dup(0)
        os.dup2(reader, 0)
        try:
            threading.Timer(1.0, os.write, (writer, b"\n")).start()
            (book.folder(1) / "snippet.py").write_text("input(); print('done')")
            series = book.series()
            ran = run_snippet(series, series.find("1"), time_limit=0.1, keyboard=True)
        finally:
            os.dup2(old, 0)
            os.close(old)
            os.close(writer)
    assert ran.output == "done\n"


HANGING = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def gone(pid: int) -> bool:
    for _ in range(50):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.1)
    return False


def test_a_snippet_that_hangs_is_ended_with_its_children(book: Book) -> None:
    (book.folder(1) / "snippet.py").write_text(HANGING)
    series = book.series()
    said: list[str] = []
    with pytest.raises(WorkbookError, match="did not end within 1 s"):
        run_snippet(series, series.find("1"), said.append, time_limit=1)
    assert gone(int(said[0]))


def test_ctrl_c_leaves_no_process_and_no_folder_behind(book: Book) -> None:
    (book.folder(1) / "snippet.py").write_text(HANGING)
    series = book.series()
    process = subprocess.Popen(
        [sys.executable, "-m", "workbook", "--book", str(book.root), "recipe", "1"],
        env=os.environ | {"PYTHONPATH": str(HOME)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what it runs in the background with Ctrl-C ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    pid = next(int(line) for line in process.stdout if line.strip().isdigit())
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert complaint == "Stopped.\n"
    assert gone(pid)
    assert not [*(series.build / "tmp").iterdir()]
