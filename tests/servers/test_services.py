"""Services: real software that recipes run against, and what happens where it is missing."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest
from books import services

from checks.services import Services
from workbook import commands, grading, linting, needs, runner
from workbook.errors import UsageError
from workbook.result import Job
from workbook.series import Series
from workbook.servers import bugsink, nginx, ports, valkey
from workbook.servers.service import SERVICES, of_system, service


@pytest.fixture
def book(tmp_path: Path) -> Series:
    return services.make(tmp_path)


def verdicts(series: Series, number: int, app: Path | None = None) -> dict[str, str]:
    from workbook import tree

    recipe = series.find(str(number))
    job = Job(recipe.id, app or tree.build(series, number))
    ((_, found),) = grading.grade(series, [job])
    return {row.name: f"{row.verdict} {row.message}".strip() for row in found.checks}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    offered = service(name)
    assert name == offered.NAME
    assert offered.origin() or f"`make install {name}`" in offered.missing()
    assert bool(offered.origin()) != bool(offered.missing())


def test_an_unknown_service_is_one_sentence() -> None:
    with pytest.raises(UsageError, match="There is no service 'redis'; there are: smtp,"):
        service("redis")


def test_valkey_starts_empty_on_a_port_of_its_own_and_stops() -> None:
    with valkey.running() as one, valkey.running() as two:
        assert one.port != two.port
        with one.client() as client:
            client.set("a", "1")
        assert (one.keys(), two.keys()) == (["a"], [])
        one.reset()
        assert one.keys() == []
    assert not ports.answers(one.port)


def test_valkey_leaves_its_folder_to_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with valkey.running():
        assert [path.name[:7] for path in tmp_path.iterdir()] == ["valkey-"]
    assert not [*tmp_path.iterdir()]


def test_nginx_serves_a_configuration(tmp_path: Path) -> None:
    port = ports.free_port()
    text = services.CONFIGURATION.replace("8090", str(port))
    (tmp_path / "nginx.conf").write_text(text)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "terms.txt").write_text("Be kind.")
    with (
        nginx.running(tmp_path, port=port) as server,
        urllib.request.urlopen(f"{server.url}/files/terms.txt", timeout=5) as response,
    ):
        assert response.read() == b"Be kind."
    assert not ports.answers(port)


def test_a_check_runs_the_submissions_nginx_in_front_of_gunicorn(book: Series) -> None:
    assert verdicts(book, 1) == {"test_nginx_serves_files_and_passes_the_rest_on": "passed"}


def test_a_wrong_configuration_is_an_error_of_the_submission(book: Series, tmp_path: Path) -> None:
    from workbook import tree

    app = tmp_path / "app"
    tree.copy(tree.build(book, 1), app)
    (app / "nginx.conf").write_text(services.CONFIGURATION.replace("proxy_pass", "pass_on"))
    (row,) = verdicts(book, 1, app).values()
    assert row.startswith("error")
    assert 'unknown directive "pass_on"' in row


def test_a_check_counts_in_a_valkey_of_its_own(book: Series) -> None:
    assert set(verdicts(book, 2).values()) == {"passed"}


def test_a_snippet_uses_a_service(book: Series) -> None:
    ran = runner.run_snippet(book, book.find("in_valkey"))
    assert ran.output == "Visit 1 Visit 2\n"


def test_what_a_snippet_and_a_check_use_is_found_in_them(book: Series) -> None:
    first, second = book.recipes
    assert needs.of_snippet(first.snippet) == needs.of_check(first.check) == {"nginx"}
    assert needs.of_snippet(second.snippet) == needs.of_check(second.check) == {"valkey"}


def test_a_missing_service_skips_its_check_functions_and_is_no_pass(
    book: Series, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The grader is a process of its own: what it lacks is told to it by its interpreter's path.
    monkeypatch.setattr(grading, "command", _without_valkey(grading.command))
    assert commands.check(book, book.find("in_valkey"), _app(book), "text") == 125
    assert "Valkey is not installed: `make install valkey` installs it." in capsys.readouterr().out


def _app(book: Series) -> Path:
    from workbook import tree

    return tree.build(book, 2)


def _without_valkey(command: object) -> object:
    code = (
        "import runpy, sys; sys.argv[0:1] = []; sys.path.insert(0, {home!r});"
        "from workbook.servers import valkey; valkey.origin = lambda: None;"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )

    def changed(*arguments: str) -> list[str]:
        python, *options, program = command()  # type: ignore[operator]
        return [python, *options, "-c", code.format(home=str(grading.HOME)), program, *arguments]

    return changed


def test_an_expensive_service_is_started_once_and_reset_for_each_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(valkey, "LIFE", "grader")
    kept = Services()
    first = kept.prepare(["valkey", "smtp"])
    assert [*first] == ["valkey"], "the mail server starts anew for each check function"
    server = first["valkey"]
    assert isinstance(server, valkey.Valkey)
    with server.client() as client:
        client.set("a", "1")
    assert kept.prepare(["valkey"])["valkey"] is server
    assert server.keys() == []
    kept.close()
    assert not ports.answers(server.port)


def test_a_program_of_the_system_tells_its_version(tmp_path: Path) -> None:
    program = tmp_path / "store-server"
    program.write_text("#!/bin/sh\necho 'Store server v=7.0.15 sha=00000000:0'\n")
    program.chmod(0o755)
    old = os.environ["PATH"]
    os.environ["PATH"] = f"{tmp_path}:{old}"
    try:
        found = of_system("store-server", "--version")
    finally:
        os.environ["PATH"] = old
    assert found
    assert str(found) == "store-server 7.0.15 (system)"
    assert subprocess.run([str(found.program)], capture_output=True).returncode == 0
    assert of_system("no-such-server") is None


def test_bugsink_is_missing_where_its_environment_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBOOK_BUILD", str(tmp_path))
    assert bugsink.origin() is None
    assert "`make install bugsink`" in bugsink.missing()


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ("valkey, redis", "`needs` names 'redis'; there are: smtp,"),
        ("valkey, smtp", "`needs` names 'smtp', and neither snippet.py nor check.py uses it."),
        ("", "snippet.py uses the service 'valkey'; add it to `needs`."),
    ],
)
def test_lint_knows_what_a_recipe_needs(book: Series, named: str, problem: str) -> None:
    needs = tuple(name for name in named.split(", ") if name)
    recipe = dataclasses.replace(book.recipes[1], needs=needs)
    (told,) = linting._needs(recipe)
    assert told.startswith("chapters/series.toml, recipe 2 (in_valkey): ")
    assert problem in told
    assert not [*linting._needs(book.recipes[1])]
