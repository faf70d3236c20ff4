"""Jobs in, results out: order, points, dependences, problems of the grader's own side, its end."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbook import terminal
from workbook.grading import command
from workbook.result import Result

ROOT = Path(__file__).parents[2]
APPS = Path(__file__).parent / "apps"
Grade = Callable[..., dict[str, Any]]

MIXED = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("the file's hint")

@pytest.mark.points(3)
@pytest.mark.hint("my own hint")
def test_z_first(site):
    '''The first
    sentence.'''
    expect(False, wanted="w", seen="s", message="m")

@pytest.mark.depends("test_z_first")
def test_b_second(site):
    '''The second.'''

@pytest.mark.depends("test_b_second")
def test_a_third(site):
    '''The third.'''

@pytest.mark.guard("It held before.")
def test_guard(site):
    '''The guard.'''

@pytest.mark.points(2)
def test_last():
    '''The last.'''
"""


def test_rows_come_in_the_order_of_the_file_with_points_and_hints(grade_source: Grade) -> None:
    result = grade_source(MIXED)
    rows = result["checks"]
    assert [row["name"] for row in rows] == [
        "test_z_first", "test_b_second", "test_a_third", "test_guard", "test_last"]  # fmt: skip
    assert [row["verdict"] for row in rows] == ["failed", "skipped", "skipped", "passed", "passed"]
    assert [row["points"] for row in rows] == [0, 0, 0, 0, 2]
    assert [row["max_points"] for row in rows] == [3, 1, 1, 0, 2]
    first = {key: rows[0][key] for key in ("sentence", "hint", "wanted", "seen", "message")}
    assert first == {"sentence": "The first sentence.", "hint": "my own hint", "wanted": "w",
                     "seen": "s", "message": "m"}  # fmt: skip
    assert rows[1]["message"] == "It needs test_z_first, which did not pass."
    assert rows[3]["guard"] == "It held before."
    assert (result["verdict"], result["points"], result["max_points"]) == ("failed", 2, 7)


GUARDED = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("Do not.")

@pytest.mark.points(3)
def test_new():
    '''The new thing works.'''

@pytest.mark.guard("It worked before.")
def test_old():
    '''The old thing still works.'''
    expect({works}, wanted="what worked before")
"""


def test_a_guard_that_fails_costs_all_points(
    grade_source: Grade, capsys: pytest.CaptureFixture[str]
) -> None:
    good = grade_source(GUARDED.format(works=True))
    assert (good["verdict"], good["points"], good["note"]) == ("passed", 3, "")
    bad = grade_source(GUARDED.format(works=False))
    assert (bad["verdict"], bad["points"], bad["max_points"]) == ("failed", 0, 3)
    assert [row["points"] for row in bad["checks"]] == [0, 0]
    terminal.console.cache_clear()
    terminal.result(Result.read(json.dumps(bad)))
    *_, closing, note = capsys.readouterr().out.splitlines()
    assert closing == "failed: 1 of 2 checks, 0 of 3 points"
    assert note == "No points count while a guard fails: The old thing still works."


def test_a_check_that_ends_the_process_is_one_grader_error(grade_source: Grade) -> None:
    source = GUARDED.replace("works.'''\n\n", "works.'''\n    import os; os._exit(3)\n\n", 1)
    rows = grade_source(source.format(works=True))["checks"]
    assert [row["verdict"] for row in rows] == ["grader-error", "skipped"]
    assert "exit code 3" in rows[0]["message"]
    assert rows[1]["message"] == "Not run: test_new ended the grader's process."


def test_what_the_check_broke_itself_is_not_the_apps_message(grade_source: Grade) -> None:
    source = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("None.")

def test_crash(site):
    '''A crash is seen.'''
    {sabotage}
    site.get("/crash")
    expect(False, wanted="a mail", seen="")
"""
    (row,) = grade_source(source.format(sabotage=""), app="catalog")["checks"]
    assert row["message"].startswith("The app reported: ")
    sabotage = 'site.execute("CREATE TABLE x (a); DROP TABLE x")'
    (row,) = grade_source(source.format(sabotage=sabotage), app="catalog")["checks"]
    assert (row["message"], row["seen"]) == ("", "nothing")


HINTS = """
import pytest
from checks import CheckFailed, expect
pytestmark = pytest.mark.hint("the marker's hint")

def test_own():
    '''A hint of its own.'''
    expect(True, wanted="a", hint="not this one")
    expect(False, wanted="b", seen=[1], hint="chosen by what was seen")

def test_raised():
    '''A hint that is raised.'''
    raise CheckFailed("c", seen={"status": 404}, hint="look at the status")

def test_marker():
    '''The hint of the marker.'''
    expect(False, wanted="d")
"""


def test_a_failure_has_its_own_hint_or_the_markers(grade_source: Grade) -> None:
    rows = grade_source(HINTS)["checks"]
    hints = [row["hint"] for row in rows]
    assert hints == ["chosen by what was seen", "look at the status", "the marker's hint"]
    assert [row["seen"] for row in rows] == ["[1]", "{'status': 404}", ""]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def test_it(site):\n    '''It.'''\n", "needs a docstring and a hint"),
        ("x = = 1", "SyntaxError"),
        ("", "no check function"),
        ("import os\nos._exit(0)", "exit code 0"),
        ("import pytest\n@pytest.mark.hint('h')\ndef test_it():\n    '''It.'''\n    import os\n"
         "    os._exit(0)\n", "ended early"),
        ("import pytest\n@pytest.mark.hint('h')\n@pytest.mark.depends('test_no')\n"
         "def test_it():\n    '''It.'''\n", "test_no, which is no check before it"),
        ("import pytest\n@pytest.mark.hint('h')\ndef test_it(nope):\n    '''It.'''\n", "nope"),
        ("import pytest\n@pytest.mark.hint('h')\ndef test_it(suite):\n    '''It.'''\n"
         "    suite.expect_noticed({'x': 'y'})\n", "no good app"),
    ],
)  # fmt: skip
def test_a_problem_of_the_check_is_a_grader_error(
    grade_source: Grade, source: str, words: str
) -> None:
    result = grade_source(source)
    assert result["verdict"] == "grader-error"
    assert words in result["checks"][0]["message"]


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ({"check": "/nowhere"}, "There is no check: /nowhere"),
        ({"check": APPS / "greets.py", "app": "/nowhere"}, "There is no app: /nowhere"),
        ({"recipe": "nothing", "app": APPS / "good"}, "nothing"),
        ({}, "There is no check"),
    ],
)
def test_a_job_that_names_what_is_not_there_says_so(
    grader: Any, job: dict[str, Any], words: str
) -> None:
    result = grader.ask(id="j", **job)
    assert (result["id"], result["verdict"]) == ("j", "grader-error")
    assert words in result["checks"][0]["message"]


def test_a_line_that_is_no_job_does_not_end_the_grader(grader: Any, grade: Grade) -> None:
    grader.process.stdin.write("nonsense\n[1]\n")
    grader.process.stdin.flush()
    for _ in range(2):
        assert json.loads(grader.process.stdout.readline())["verdict"] == "grader-error"
    assert grade("good")["verdict"] == "passed"


def test_queued_jobs_are_finished_after_the_input_is_closed() -> None:
    job = json.dumps(
        {
            "id": "q",
            "app": str(APPS / "good"),
            "check": str(APPS / "greets.py"),
        }
    )
    done = subprocess.run(
        command("grade"), input=f"{job}\n{job}\n",
        capture_output=True, text=True, cwd=ROOT, timeout=30, check=True,
    )  # fmt: skip
    assert [json.loads(line)["verdict"] for line in done.stdout.splitlines()] == ["passed"] * 2
    assert done.stderr == ""


def test_a_grader_whose_reader_is_gone_ends_quietly() -> None:
    job = json.dumps(
        {
            "id": "q",
            "app": str(APPS / "good"),
            "check": str(APPS / "greets.py"),
        }
    )
    grader = subprocess.Popen(
        command("grade"), cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert grader.stdout
    grader.stdout.close()
    grader.stdout = None
    assert grader.communicate(f"{job}\n", timeout=20)[1] == ""
    assert grader.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_everything_below_a_grader_ends_with_it(new_grader: Any, number: int) -> None:
    grader = new_grader()
    grader.send(id="x", app=APPS / "loops_in_a_request", check=APPS / "greets.py")
    end = time.monotonic() + 10
    while len(below := family(grader.process.pid)) < 5:
        assert time.monotonic() < end, below
        time.sleep(0.05)
    os.kill(grader.process.pid, number)
    grader.process.wait(5)
    while alive := [pid for pid in below if state(pid) not in ("", "Z")]:
        assert time.monotonic() < end, alive
        time.sleep(0.05)


def test_a_grader_needs_no_privilege_at_all(new_grader: Any) -> None:
    grader = new_grader(before="layers.new_user_namespace(); layers.drop_capabilities()")
    assert grader.ask(app=APPS / "good", check=APPS / "greets.py")["verdict"] == "passed"
    hostile = grader.ask(app=APPS / "forks_without_end", check=APPS / "greets.py", patience=3)
    assert hostile["verdict"] in ("error", "crashed", "timeout")
    lost = grader.ask(app=APPS / "asks_the_internet", check=APPS / "greets.py")
    assert "Network is unreachable" in lost["checks"][0]["message"]


def test_a_machine_without_namespaces_still_grades_and_ends_everything(new_grader: Any) -> None:
    grader = new_grader(
        before="layers.new_user_namespace()"
        "; Path('/proc/sys/user/max_user_namespaces').write_text('0'); layers.drop_capabilities()"
    )
    job = {"check": APPS / "greets.py", "patience": 1.5}
    assert grader.ask(app=APPS / "good", **job)["verdict"] == "passed"
    assert grader.ask(app=APPS / "leaves_a_process", **job)["verdict"] == "passed"
    assert grader.ask(app=APPS / "loops_at_import", **job)["verdict"] == "timeout"
    assert grader.ask(app=APPS / "kills_its_parent", **job)["verdict"] in ("failed", "crashed")
    end = time.monotonic() + 3
    while len(family(grader.process.pid)) > 2:  # the grader and its zygote
        assert time.monotonic() < end, family(grader.process.pid)
        time.sleep(0.05)


def test_the_layers_of_this_machine_are_shown() -> None:
    done = subprocess.run(
        command("layers"), capture_output=True, text=True, cwd=ROOT,
        check=True,
    )  # fmt: skip
    for layer in ("user", "pid", "net", "landlock", "limits"):
        assert layer in done.stdout


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += family(child)
    return found


def state(pid: int) -> str:
    """Return the letter of a process's state, "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def test_a_broken_translation_is_an_error_of_the_submission(grade: Grade) -> None:
    row = grade("broken_translation")["checks"][0]
    assert row["verdict"] == "error"
    assert row["message"] == (
        "my_app/translations/fr/LC_MESSAGES/messages.po cannot be compiled: "
        "line 2: Unknown or misformatted keyword."
    )


def test_a_workbook_may_lie_in_a_folder_with_brackets(grader: Any, tmp_path: Path) -> None:
    check = tmp_path / "[2026] course" / "check.py"
    check.parent.mkdir()
    check.write_bytes((APPS / "greets.py").read_bytes())
    assert grader.ask(id="good", app=APPS / "good", check=check)["verdict"] == "passed"
