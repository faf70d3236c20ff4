"""Folders that are made once, and environments installed into them, without a network."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from workbook.errors import WorkbookError
from workbook.servers import prepared


def fill(folder: Path, lock: int) -> None:
    """Make the folder slowly, and note it."""
    with (folder.parent / "made.txt").open("a") as notes:
        notes.write("made\n")
    time.sleep(0.2)
    (folder / "content.txt").write_text("whole")


def use(folder: Path, key: str) -> None:
    with prepared.folder(folder, key, fill) as made:
        assert (made / "content.txt").read_text() == "whole"


def times_made(folder: Path) -> int:
    return (folder.parent / "made.txt").read_text().count("made")


def fail(folder: Path, lock: int) -> None:
    (folder / "content.txt").write_text("half")
    raise KeyboardInterrupt


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "build" / "thing"
    for _ in range(3):
        use(folder, "1")
    assert times_made(folder) == 1


def test_a_folder_is_made_anew_for_another_key(tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    use(folder, "1")
    (folder / "old.txt").touch()
    use(folder, "2")
    assert times_made(folder) == 2
    assert not (folder / "old.txt").exists()


def test_an_interrupted_folder_is_not_taken_for_a_finished_one(tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    with pytest.raises(KeyboardInterrupt), prepared.folder(folder, "1", fail):
        pass
    assert not prepared.is_complete(folder, "1")
    use(folder, "1")
    assert prepared.is_complete(folder, "1")


def test_of_many_processes_one_makes_the_folder_and_all_use_it(tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    code = "import pathlib, sys, test_prepared; test_prepared.use(pathlib.Path(sys.argv[1]), '1')"
    here = Path(__file__).parent
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1])])}
    command = [sys.executable, "-c", code, str(folder)]
    with contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environ))
            for _ in range(4)
        ]
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]
    assert times_made(folder) == 1


def test_what_a_killed_process_left_running_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    code = "import time; time.sleep(0.5); open('late.txt', 'w').close()"

    def make_and_be_killed(made: Path, lock: int) -> None:
        command = [sys.executable, "-c", code]
        children.append(subprocess.Popen(command, cwd=made, pass_fds=[lock]))
        raise KeyboardInterrupt

    children: list[subprocess.Popen[bytes]] = []
    with pytest.raises(KeyboardInterrupt), prepared.folder(folder, "1", make_and_be_killed):
        pass
    use(folder, "1")
    assert children[0].wait() == 0
    assert not (folder / "late.txt").exists()


def test_a_folder_in_use_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "thing"
    with prepared.folder(folder, "1", fill):
        use(folder, "1")
        with (
            pytest.raises(WorkbookError, match=r"holds .*thing for more than 0.2 s"),
            prepared.folder(folder, "2", fill, seconds=0.2),
        ):
            pass
        assert (folder / "content.txt").exists()
    assert capsys.readouterr().err.count("Waiting for another process") == 1
    use(folder, "2")


def wheel(folder: Path) -> Path:
    """Write a small package that pip can install without a network."""
    path = folder / "pen-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\nName: pen\nVersion: 1.0\n"
    kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pen.py", "COLOUR = 'blue'\n")
        archive.writestr("pen-1.0.dist-info/METADATA", metadata)
        archive.writestr("pen-1.0.dist-info/WHEEL", kind)
        archive.writestr("pen-1.0.dist-info/RECORD", "pen.py,,\n")
    return path


def requirements(folder: Path, digest: str | None = None) -> Path:
    package = wheel(folder)
    digest = digest or hashlib.sha256(package.read_bytes()).hexdigest()
    path = folder / "pens.txt"
    path.write_text(f"{package.as_uri()} --hash=sha256:{digest}\n".replace(" --", " \\\n    --"))
    return path


def test_an_environment_is_installed_in_a_path_with_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    folder = tmp_path / "my own build" / "venv"
    folder.mkdir(parents=True)
    with (tmp_path / "lock").open("w") as lock:
        prepared.install(folder, requirements(tmp_path), lock.fileno(), name="Pen")
    command = [str(prepared.python_of(folder)), "-c", "import pen; print(pen.COLOUR)"]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout == "blue\n"


def test_a_package_that_was_changed_is_not_installed(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    folder.mkdir()
    changed = requirements(tmp_path, digest="0" * 64)
    with (tmp_path / "lock").open("w") as lock, pytest.raises(WorkbookError) as failed:
        prepared.install(folder, changed, lock.fileno(), name="Pen")
    assert str(failed.value).startswith("Pen could not be installed: pip failed with pens.txt.")
    assert "The last lines of its output:" in str(failed.value)


def test_the_key_of_an_environment_follows_requirements_and_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pens.txt"
    path.write_text("pen==1.0\n")
    first = prepared.environment_key(path)
    assert prepared.environment_key(path) == first
    monkeypatch.setattr(sys, "base_prefix", "/another/python")
    second = prepared.environment_key(path)
    path.write_text("pen==1.1\n")
    assert len({first, second, prepared.environment_key(path)}) == 3
