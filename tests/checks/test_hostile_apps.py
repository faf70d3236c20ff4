"""What a submission may try: each has its verdict, one clear sentence, and an end."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

APPS = Path(__file__).parent / "apps"
Grade = Callable[..., dict[str, Any]]

# app: the verdict and a text that the learner's message must hold
AT_START = {
    "leaves_at_import": ("crashed", "left by itself while the app was starting, with exit code 0"),
    "exits_at_import": ("crashed", "left by itself while the app was starting, with exit code 0"),
    "skips_at_import": ("error", "not today (my_app/__init__.py, line 5)"),
    "loops_at_import": ("timeout", "create_app() was still running after 1.5 seconds"),
    "no_factory": ("error", "has no attribute 'create_app'"),
    "too_much_memory": ("memory", "MemoryError (my_app/__init__.py, line 3)"),
    "asks_the_internet": ("error", "Network is unreachable"),
    "looks_into_the_judge": ("error", "found nothing"),
}
WHILE_ANSWERING = {
    "kills_itself": ("crashed", "was killed by SIGKILL during GET /"),
    "kills_its_parent": ("failed", "PermissionError"),
    "loops_in_a_request": ("timeout", "GET / had no response within 1.5 seconds"),
    "prints_megabytes": ("failed", "printed more than 1 MB"),
    "answers_megabytes": ("error", "larger than 5 MB"),
    "drips": ("timeout", "GET / had no response within 1.5 seconds"),
    "drips_headers": ("timeout", "GET / had no response within 1.5 seconds"),
    "answers_nonsense": ("error", "GET / had no HTTP response"),
    "answers_a_bomb": ("error", "larger than 5 MB"),
    "answers_a_maze": ("failed", ""),
    "answers_broken_gzip": ("error", "GET / had no HTTP response"),
    "exits_in_a_request": ("error", "GET / had no HTTP response"),
    "opens_a_thousand_sockets": ("failed", "Too many open files"),
}
FILES = {
    "links_its_log": ("forbidden", "application.log is a link to /etc/passwd"),
    "pipes_its_log": ("failed", ""),
    "deletes_its_folder": ("failed", ""),
    "bad_database": ("failed", ""),
}


def assert_never_passed(result: dict[str, Any]) -> None:
    """No row may be a pass, and none the grader's problem."""
    verdicts = {row["name"]: row["verdict"] for row in result["checks"]}
    assert not {"passed", "grader-error"} & set(verdicts.values()), result
    assert result["points"] == 0


@pytest.mark.parametrize("name", AT_START | WHILE_ANSWERING)
def test_a_hostile_app_gets_its_verdict_and_one_clear_sentence(grade: Grade, name: str) -> None:
    verdict, words = (AT_START | WHILE_ANSWERING)[name]
    result = grade(name)
    assert_never_passed(result)
    assert result["verdict"] == verdict, result["checks"][0]
    assert words in result["checks"][0]["message"]
    assert result["seconds"] < 30


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def create_app():\n    return Flask()", "NameError: name 'Flask' is not defined"),
        ("import os\ndef create_app()\n    return 1", "SyntaxError: expected ':'"),
    ],
)
def test_a_mistake_is_quoted_with_its_place(
    grader: Any, tmp_path: Path, source: str, words: str
) -> None:
    (tmp_path / "my_app").mkdir()
    (tmp_path / "my_app" / "__init__.py").write_text(source)
    result = grader.ask(id="x", app=tmp_path, check=APPS / "greets.py")
    assert result["verdict"] == "error"
    assert f"{words} (my_app/__init__.py, line 2)" in result["checks"][0]["message"]


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_not_what_they_seem_harm_nobody(grade: Grade, name: str) -> None:
    verdict, words = FILES[name]
    result = grade(name, "looks_around")
    assert_never_passed({**result, "checks": [r for r in result["checks"] if "log" in r["name"]],
                         "points": 0})  # fmt: skip
    assert "grader-error" not in [row["verdict"] for row in result["checks"]], result
    assert result["checks"][0]["verdict"] == verdict, result
    assert words in result["checks"][0]["message"]
    assert result["seconds"] < 30


@pytest.mark.parametrize("name", ["redirects_for_ever", "redirects_outside"])
def test_redirects_are_followed_only_within_reason(grade: Grade, name: str) -> None:
    assert grade(name, "follows")["verdict"] == "failed"


@pytest.mark.parametrize("name", ["reads_the_chapters", "writes_outside"])
def test_the_files_of_others_are_forbidden(grader: Any, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "chapters" / "answers.txt"
    secret.parent.mkdir()
    secret.write_text("42")
    check = tmp_path / "check.py"
    check.write_text(
        "import pytest\n@pytest.mark.hint('Do not.')\ndef test_it(site):\n    '''It starts.'''\n"
        f"    site.environ(STOLEN={str(secret)!r})\n    site.get('/')\n"
    )
    result = grader.ask(id="x", app=APPS / name, check=check)
    assert result["verdict"] == "forbidden"
    assert "It may use no file but its own" in result["checks"][0]["message"]
    assert [path.name for path in secret.parent.iterdir()] == ["answers.txt"]


def test_a_fork_bomb_goes_off_in_its_own_small_world(grader: Any, grade: Grade) -> None:
    result = grade("forks_without_end")
    assert_never_passed(result)
    # Hundreds of processes fail at once: what the output's last line says is chance.
    assert result["verdict"] in ("error", "crashed", "timeout")
    only_the_zygote_remains(grader.process.pid)


def test_a_process_left_in_the_background_ends_with_its_app(grader: Any, grade: Grade) -> None:
    assert grade("leaves_a_process")["verdict"] == "passed"
    only_the_zygote_remains(grader.process.pid)


def test_a_job_ends_at_its_time_limit_with_all_rows(grade: Grade, grader: Any) -> None:
    start = time.monotonic()
    result = grade("loops_in_a_request", time_limit=1, patience=60)
    assert [row["verdict"] for row in result["checks"]] == ["timeout", "timeout"]
    assert "still running" in result["checks"][0]["message"]
    assert "No time was left" in result["checks"][1]["message"]
    assert time.monotonic() - start < 30
    only_the_zygote_remains(grader.process.pid)


def test_links_and_pipes_in_a_submission_are_copied_as_what_they_are(
    grader: Any, tmp_path: Path
) -> None:
    app = tmp_path / "app"
    (app / "my_app").mkdir(parents=True)
    good = (APPS / "good" / "my_app" / "__init__.py").read_text()
    (app / "my_app" / "__init__.py").write_text(good)
    (app / "application.log").symlink_to("/etc/passwd")
    (app / "loop").symlink_to(".")
    os.mkfifo(app / "pipe")
    result = grader.ask(id="x", app=app, check=APPS / "greets.py")
    assert result["verdict"] == "passed"


def only_the_zygote_remains(pid: int) -> None:
    """Wait a moment until nothing else is below the grader."""
    end = time.monotonic() + 2
    while len(below(pid)) > 1:
        assert time.monotonic() < end, below(pid)
        time.sleep(0.02)


def below(pid: int) -> list[int]:
    """Return all processes below one, whatever their depth."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *below(child)]
    return found
