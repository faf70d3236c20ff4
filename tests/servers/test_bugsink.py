"""The real Bugsink, told by the real SDK in a process of its own, and by a browser's requests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import mechanicalsoup  # type: ignore[import-untyped]
import pytest
import requests
from sentry_app import visit
from server_watch import eventually, processes_in

from workbook.errors import WorkbookError
from workbook.servers import bugsink
from workbook.servers.bugsink import Bugsink, Issue, Project

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build() -> Path:
    """The workbook's own build folder: Bugsink is installed there once, for all runs."""
    with bugsink.running():
        return bugsink.build_folder()


@pytest.fixture(scope="module")
def server(build: Path) -> Iterator[Bugsink]:
    with bugsink.running(build) as running:
        yield running


@pytest.fixture
def project(server: Bugsink, request: pytest.FixtureRequest) -> Project:
    team = server.create_team(f"Team of {request.node.name}")
    return server.create_project(team, f"Shop of {request.node.name}")


def told(issues: list[Issue]) -> list[tuple[str, str, int]]:
    return [(issue.type, issue.value, issue.count) for issue in issues]


def test_a_team_and_its_projects_have_dsns_of_their_own(server: Bugsink) -> None:
    team = server.create_team("Sales")
    one, two = (server.create_project(team, name) for name in ("Shop", "Stock"))
    assert team.name == "Sales"
    assert (one.name, two.name) == ("Shop", "Stock")
    assert one.dsn != two.dsn
    assert one.dsn.endswith(f"@{server.url.removeprefix('http://')}/{one.id}")


def test_two_same_crashes_are_one_issue_with_two_events(server: Bugsink, project: Project) -> None:
    visit(project.dsn, "/crash", "/crash")
    [issue] = server.wait_for(project, 2)
    assert told([issue]) == [("KeyError", "'pen'", 2)]
    assert issue.transaction == "crash"


def test_a_crash_after_a_restart_of_the_app_joins_its_issue(
    server: Bugsink, project: Project
) -> None:
    visit(project.dsn, "/crash")
    visit(project.dsn, "/crash")
    assert told(server.wait_for(project, 2)) == [("KeyError", "'pen'", 2)]


def test_a_message_and_a_handled_error_are_issues_too(server: Bugsink, project: Project) -> None:
    visit(project.dsn, "/handled", "/message", "/crash", "/message")
    handled, message, crash = server.wait_for(project, 4)
    assert (handled.type, handled.count) == ("FileNotFoundError", 1)
    assert told([message]) == [("Log Message", "No categories", 2)]
    assert told([crash]) == [("KeyError", "'pen'", 1)]


def test_the_events_of_one_project_stay_out_of_another(server: Bugsink, project: Project) -> None:
    other = server.create_project(server.create_team("Others"), "Other")
    visit(other.dsn, "/crash")
    assert len(server.wait_for(other, 1)) == 1
    assert server.issues(project) == []


def test_waiting_in_vain_gives_what_there_is(server: Bugsink, project: Project) -> None:
    started = time.monotonic()
    assert server.wait_for(project, 1, seconds=0.2) == []
    assert time.monotonic() - started < 2


def test_the_admin_sees_project_and_issue_in_a_browser(server: Bugsink, project: Project) -> None:
    visit(project.dsn, "/message")
    [issue] = server.wait_for(project, 1)
    browser = mechanicalsoup.StatefulBrowser()
    browser.open(server.url)
    browser.select_form('form[method="post"]')
    browser["username"], browser["password"] = server.admin
    browser.submit_selected()
    for url in (project.url, issue.url):
        page = browser.open(url)
        assert (page.status_code, page.url) == (200, url)
        assert "No categories" in page.text
    browser.close()


def test_a_stranger_sees_no_issues(server: Bugsink) -> None:
    answer = requests.get(f"{server.url}/api/canonical/0/teams/", timeout=5)
    assert answer.status_code in (401, 403)


def test_a_request_that_bugsink_refuses_is_told(server: Bugsink) -> None:
    with pytest.raises(WorkbookError, match=r"^Bugsink refused POST teams/ with 400: "):
        server.create_team("")


def test_every_start_begins_with_an_empty_database(build: Path, server: Bugsink) -> None:
    server.create_project(server.create_team("Old"), "Old")
    with bugsink.running(build) as fresh:
        assert fresh.url != server.url
        assert fresh.create_project(fresh.create_team("New"), "New").id == 1


def test_once_installed_it_starts_fast_and_without_a_network(
    build: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert bugsink.is_installed(build)
    started = time.monotonic()
    with bugsink.running(build) as server:
        assert time.monotonic() - started < 15
        assert server.create_team("Offline").name == "Offline"
    assert capfd.readouterr() == ("", "")


def test_it_leaves_no_process_and_no_file(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = sorted(build.rglob("bugsink/*"))
    with bugsink.running(build) as server:
        visit(server.create_project(server.create_team("T"), "P").dsn, "/crash")
        assert processes_in(tmp_path)
        started = time.monotonic()
    assert time.monotonic() - started < 6
    assert eventually(lambda: processes_in(tmp_path) == [])
    assert list(tmp_path.iterdir()) == []
    assert sorted(build.rglob("bugsink/*")) == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_the_process_that_started_it(
    number: signal.Signals, build: Path, tmp_path: Path
) -> None:
    code = "import pathlib, sys, time\nfrom workbook.servers import bugsink\n"
    code += "with bugsink.running(pathlib.Path(sys.argv[1])):\n"
    code += "    print('ready', flush=True)\n    time.sleep(600)\n"
    environ = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", code, build],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environ,
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"ready\n"
        assert len(processes_in(tmp_path)) >= 3
        starter.send_signal(number)
    assert eventually(lambda: processes_in(tmp_path) == [])
    assert eventually(lambda: list(tmp_path.iterdir()) == [])


def test_an_installation_that_fails_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with (
        pytest.raises(WorkbookError, match=r"^Bugsink could not be installed: .* again\.\n"),
        bugsink.running(tmp_path / "build"),
    ):
        pass
    assert not bugsink.is_installed(tmp_path / "build")


def test_a_reset_leaves_an_empty_server(build: Path) -> None:
    with bugsink.running(build) as server:
        team = server.create_team("Catalog")
        project = server.create_project(team, "Shop")
        visit(project.dsn, "/crash")
        assert server.wait_for(project, 1)
        server.reset()
        fresh = server.create_project(server.create_team("Catalog"), "Shop")
        assert fresh.id == project.id, "numbers begin anew"
        assert server.issues(fresh) == []
