"""Memory, disk, processes and time: what a submission may use, all its processes together."""

import time
from collections.abc import Callable
from typing import Any

import pytest

Attack = Callable[..., dict[str, Any]]

MANY_PROCESSES = """
import os, time
for _ in range(5):
    if os.fork() == 0:
        held = bytearray(400 << 20)
        for at in range(0, len(held), 4096):
            held[at] = 1
        time.sleep(20)
        os._exit(0)
time.sleep(20)
"""
SEGMENTS = """
import ctypes, time
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
for _ in range(5):
    segment = libc.shmget(0, 400 << 20, 0o1600)
    address = ctypes.c_void_p(libc.shmat(segment, None, 0))
    ctypes.memset(address, 1, 400 << 20)
    libc.shmdt(address)
time.sleep(20)
"""


@pytest.mark.parametrize("source", [MANY_PROCESSES, SEGMENTS])
def test_all_processes_together_have_one_limit_of_memory(attack: Attack, source: str) -> None:
    row = attack(source, patience=15)
    assert row["verdict"] == "memory", row
    assert row["message"] == "The app's processes used too much memory while the app was starting."


def test_memory_files_that_no_process_is_charged_for_are_refused(attack: Attack) -> None:
    row = attack(
        "import os\ntry:\n    os.memfd_create('x')\nexcept OSError:\n    pass\n"
        "else:\n    raise RuntimeError('BROKE<a memory file>')\n"
    )
    assert row["verdict"] == "passed", row


FILL = """
import os
block = b"x" * (1 << 20)
try:
    for number in range(64):
        with open(os.environ["TMPDIR"] + f"/{number}", "wb", buffering=0) as file:
            for _ in range(15):
                file.write(block)
except OSError as error:
    print(error, flush=True)
"""
MANY_FILES = """
import os
try:
    for number in range(100_000):
        open(os.environ["TMPDIR"] + f"/{number}", "w").close()
except OSError as error:
    print(error, flush=True)
"""


@pytest.mark.parametrize("source", [FILL, MANY_FILES])
def test_a_full_disk_is_its_own_and_no_other_sites(attack: Attack, source: str) -> None:
    row = attack(
        "",
        "filled = site.run('fill.py')",
        "assert 'No space left' in filled.out, filled",
        "other = sites()",
        "other.write('note.txt', 'x' * 1000)",
        "assert other.get('/').text == 'Hello'",
        files={"fill.py": source},
    )
    assert row["verdict"] == "passed", row


DEEP = """
import os
place = os.open(os.environ["TMPDIR"], os.O_RDONLY)
for _ in range(1500):
    os.mkdir("d", dir_fd=place)
    below = os.open("d", os.O_RDONLY, dir_fd=place)
    os.close(place)
    place = below
"""


def test_folders_a_thousand_deep_leave_nothing_behind(attack: Attack) -> None:
    row = attack(DEEP, "site.get('/')", patience=15)
    assert row["verdict"] == "passed", row


BOMB = """
import os, threading, time
try:
    while os.fork():
        pass
except OSError:
    pass
time.sleep(30)
"""


def test_a_fork_bomb_ends_with_its_site(attack: Attack) -> None:
    begin = time.monotonic()
    row = attack(BOMB, patience=2)
    assert row["verdict"] in ("timeout", "error", "crashed", "memory"), row
    assert time.monotonic() - begin < 20
    assert attack("")["verdict"] == "passed"


def test_a_daemon_ends_with_its_site(attack: Attack) -> None:
    source = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        while True:\n            time.sleep(0.05)\n"
        "            open('/site/app/alive', 'w').close()\n    os._exit(0)\n"
    )
    row = attack(
        source,
        "site.get('/')",
        "site.stop()",
        "(site.folder / 'alive').unlink(missing_ok=True)",
        "import time; time.sleep(0.3)",
        "assert not site.exists('alive')",
    )
    assert row["verdict"] == "passed", row
