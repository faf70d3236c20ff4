"""The virtual environment is made, found broken and made again, on any machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engine.conftest import HOME

from workbook import environ, environment
from workbook.__main__ import foreign

# What the command line itself needs: an environment of these is made in seconds.
FEW = ("click", "rich", "markdown-it-py", "mdurl", "pygments")


class Clone:
    """A workbook whose commands need five packages only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"

    def make(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        own = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        return subprocess.run(
            ["make", f"PYTHON={sys.executable}", *words],
            cwd=self.root,
            env=own | more,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    root = tmp_path_factory.mktemp("machines") / "[2026] course"
    for name in ("Makefile", "workbook", "chapters/series.toml"):
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (HOME / name).is_dir() else shutil.copy
        copy(HOME / name, target)
    text = (HOME / "requirements" / "app.txt").read_text()
    pins = [part for part in re.split(r"(?m)^(?=[\w-])", text) if part.split("==")[0] in FEW]
    (root / "requirements").mkdir()
    (root / "requirements" / "app.txt").write_text("".join(pins))
    return Clone(root)


@pytest.fixture
def ready(clone: Clone) -> Clone:
    """Give the clone with its environment, made under settings that would lead pip astray."""
    ran = clone.make("list", PIP_USER="1", PIP_TARGET=str(clone.root / "astray"))
    assert ran.returncode == 0, ran.stderr
    assert "file_logging" in ran.stdout
    assert not (clone.root / "astray").exists()
    return clone


def test_the_second_command_sets_nothing_up(ready: Clone) -> None:
    ran = ready.make("list")
    assert ran.returncode == 0
    assert ran.stderr == ""


def test_an_environment_whose_python_is_gone_is_made_again(ready: Clone) -> None:
    for name in ("python", "python3"):
        (ready.venv / "bin" / name).unlink(missing_ok=True)
    (ready.venv / "bin" / "python").symlink_to("/nonexistent/python3.11")
    ran = ready.make("list")
    assert ran.returncode == 0, ran.stderr
    assert "Setting up" in ran.stderr


def test_an_environment_without_pip_is_made_again(ready: Clone) -> None:
    """So does one that was interrupted, or whose Python was upgraded."""
    for folder in ready.venv.glob("lib/python*/site-packages/pip"):
        shutil.rmtree(folder)
    ran = ready.make("list")
    assert ran.returncode == 0, ran.stderr
    assert "Setting up" in ran.stderr


def test_a_package_that_somebody_removed_is_installed_again(ready: Clone) -> None:
    for folder in ready.venv.glob("lib/python*/site-packages/*rich*"):
        shutil.rmtree(folder)
    ran = ready.make("list")
    assert ran.returncode == 2
    assert "lacks rich; the next command installs it again" in ran.stderr
    ran = ready.make("list")
    assert ran.returncode == 0, ran.stderr


def test_pip_says_itself_what_went_wrong(ready: Clone) -> None:
    pins = ready.root / "requirements" / "app.txt"
    before = pins.read_text()
    pins.write_text(before + "flask==0.0.0 --hash=sha256:" + "0" * 64 + "\n")
    try:
        ran = ready.make("list", PIP_NO_INDEX="1")
    finally:
        pins.write_text(before)
    assert ran.returncode == 2
    assert "ERROR: No matching distribution found for flask==0.0.0" in ran.stderr
    assert "setup.log" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_folder_with_other_files_is_never_an_environment(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    ran = clone.make("list", f"VENV={tmp_path}")
    assert ran.returncode == 2
    assert "holds other files; name another folder" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_python_that_lacks_a_part_of_its_library_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "NEEDED_MODULES", ("json", "no_sqlite3", "no_ctypes"))
    with pytest.raises(environment.SetUpError, match=r"has no no_sqlite3 and no no_ctypes\."):
        environment._create(tmp_path / "venv")


def test_only_listed_variables_reach_a_command(tmp_path: Path) -> None:
    own = environ.clean(
        {
            "PATH": "/bin",
            "LC_ALL": "C",
            "FLASK_BREAKPOINTS": "true",
            "FLASK_SQLALCHEMY_DATABASE_URI": "sqlite:////other/project.db",
            "AWS_SECRET_ACCESS_KEY": "x",
            "JUPYTER_PATH": "/other",
            "PYTHONPATH": "/other",
            "no_proxy": "corp.example",
            "TMPDIR": "relative",
        }
    )
    assert own == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "FLASK_BREAKPOINTS": "true",
        "no_proxy": "corp.example",
        "TMPDIR": str(Path.cwd() / "relative"),
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to play both")
def test_a_folder_of_root_is_told_to_the_user(tmp_path: Path) -> None:
    build = tmp_path / "build"
    (build / "store.git" / "objects" / "ab").mkdir(parents=True)
    for path in (build, build / "store.git", build / "store.git" / "objects"):
        os.chown(path, 12345, 12345)
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents[:2]:
        folder.chmod(folder.stat().st_mode | 0o111)
    child = os.fork()
    if child == 0:
        os.setuid(12345)
        found = foreign(build)
        os._exit(0 if found == build / "store.git" / "objects" / "ab" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_build_folder_of_our_own_is_fine(tmp_path: Path) -> None:
    (tmp_path / "store.git" / "objects" / "ab").mkdir(parents=True)
    assert foreign(tmp_path) is None
    assert foreign(tmp_path / "no folder") is None


@pytest.mark.parametrize(
    ("verb", "words", "chapters"),
    [
        ("list", [], []),
        ("recipe", ["1"], ["ch01"]),
        ("check", ["second"], ["ch01", "ch02"]),
        ("proof", [], ["ch01", "ch02"]),
        ("proof", ["1"], ["ch01", "ch02"]),
        ("install", ["valkey"], ["ch01", "ch02", "ch03"]),
    ],
)
def test_a_command_installs_the_chapters_up_to_its_recipe(
    verb: str,
    words: list[str],
    chapters: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "requirements").mkdir()
    entries = '[[recipe]]\nid = "first"\nchapter = "ch01"\n[[recipe]]\nid = "second"\n'
    (tmp_path / "chapters" / "series.toml").write_text(entries + 'chapter = "ch02"\n')
    for name in ("ch01", "ch02", "ch03"):
        (tmp_path / "requirements" / f"{name}.txt").write_text("")
    assert environment._chapters(verb, words) == chapters
