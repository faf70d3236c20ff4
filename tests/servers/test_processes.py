"""Children that end surely, and say what went wrong."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest
from server_watch import eventually, processes_in

from workbook.errors import WorkbookError
from workbook.servers import processes

# A child with a grandchild; both may ignore the polite signal, and both say so when ready.
FAMILY = """
import os, signal, sys, time
if sys.argv[2] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
pid = os.fork()
print("ready", flush=True)
time.sleep(600)
"""


def started(folder: Path, log: Path) -> bool:
    return len(processes_in(folder)) == 2 and log.read_text().count("ready") == 2


@pytest.mark.parametrize("manner", ["polite", "stubborn"])
def test_a_child_and_its_children_are_gone_at_the_end(manner: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command: list[str | Path] = [sys.executable, "-c", FAMILY, tmp_path, manner]
    with processes.running(command, log=log, grace=0.3) as process:
        assert eventually(lambda: started(tmp_path, log))
        begun = time.monotonic()
    assert time.monotonic() - begun < 20
    assert eventually(lambda: processes_in(tmp_path) == [])
    assert process.returncode == (-signal.SIGTERM if manner == "polite" else -signal.SIGKILL)


def test_the_children_of_a_child_that_has_ended_are_stopped_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import os, sys, time\nif os.fork(): sys.exit()\nprint('ready', flush=True)\n"
    command: list[str | Path] = [sys.executable, "-c", code + "time.sleep(600)", tmp_path]
    with processes.running(command, log=log) as process:
        assert process.wait(timeout=5) == 0
        assert eventually(lambda: "ready" in log.read_text())
        assert processes_in(tmp_path)
    assert eventually(lambda: processes_in(tmp_path) == [])


def test_a_child_is_stopped_when_the_block_fails(tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, "-c", "import time; time.sleep(600)", tmp_path]
    with (
        pytest.raises(KeyboardInterrupt),
        processes.running(command, log=tmp_path / "log"),
    ):
        raise KeyboardInterrupt
    assert processes_in(tmp_path) == []


def test_a_child_that_reads_learns_of_the_end(tmp_path: Path) -> None:
    code = "import sys; sys.stdin.read(); print('over')"
    with processes.running([sys.executable, "-c", code], log=tmp_path / "log") as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=5) == 0


def test_a_run_that_ends_well_says_nothing(tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, "-c", "print('done')"]
    processes.run(command, log=tmp_path / "log", failure="It failed.", seconds=10)
    assert (tmp_path / "log").read_text() == "done\n"


def test_a_run_that_fails_is_told_with_its_last_lines(tmp_path: Path) -> None:
    command: list[str | Path] = [
        sys.executable,
        "-c",
        "for i in range(9): print('line', i)\nraise SystemExit(3)",
    ]
    with pytest.raises(WorkbookError) as failed:
        processes.run(command, log=tmp_path / "log", failure="It failed.", seconds=10)
    words = "".join(f"\n  line {number}" for number in range(4, 9))
    assert str(failed.value) == "It failed.\nThe last lines of its output:" + words


def test_a_run_that_takes_too_long_is_told_and_stopped(tmp_path: Path) -> None:
    code = "import time; print('busy', flush=True); time.sleep(600)"
    command: list[str | Path] = [sys.executable, "-c", code, tmp_path]
    with pytest.raises(WorkbookError, match=r"It failed. It took longer than 0.5 s.\n.*\n  busy"):
        processes.run(command, log=tmp_path / "log", failure="It failed.", seconds=0.5)
    assert processes_in(tmp_path) == []
