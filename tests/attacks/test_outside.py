"""What lies outside of its own folders a submission cannot reach, in any way."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Attack = Callable[..., dict[str, Any]]

REACH = """
import os, socket
hits = []

def attempt(name, action):
    try:
        action()
    except OSError:
        return
    hits.append(name)

{attempts}
if hits:
    raise RuntimeError("BROKE<%s>" % ", ".join(hits))
"""


def attempts(**actions: str) -> str:
    """Return an app's beginning that tries each of the expressions."""
    return REACH.format(
        attempts="\n".join(f"attempt({name!r}, lambda: {code})" for name, code in actions.items())
    )


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the user who grades."""
    path = tmp_path / "secret.txt"
    path.write_text("the user's own")
    path.chmod(0o666)
    return path


def test_files_outside_cannot_be_read_written_or_looked_at(attack: Attack, secret: Path) -> None:
    before = secret.stat()
    row = attack(
        attempts(
            read=f"open({str(secret)!r}).read()",
            write=f"open({str(secret)!r}, 'a').write('x')",
            stat=f"os.stat({str(secret)!r})",
            chmod=f"os.chmod({str(secret)!r}, 0o600)",
            times=f"os.utime({str(secret)!r}, (1, 1))",
            listing=f"os.listdir({str(secret.parent)!r})",
            checks=f"os.stat({str(Path(__file__).parents[2] / 'checks' / 'site.py')!r})",
            home="os.listdir('/root')",
            system="open('/usr/bin/BROKE', 'w')",
        )
    )
    assert row["verdict"] == "passed", row
    after = secret.stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Path]:
    """A socket in the filesystem, as tmux, ssh-agent and databases have."""
    path = tmp_path / "sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        path.chmod(0o777)
        yield path


def test_a_socket_of_the_machine_cannot_be_reached_by_its_path(
    attack: Attack, listening: Path
) -> None:
    row = attack(attempts(socket=f"socket.socket(socket.AF_UNIX).connect({str(listening)!r})"))
    assert row["verdict"] == "passed", row


def test_the_machine_cannot_be_reached_by_any_network(attack: Attack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        row = attack(
            attempts(
                loopback=f"socket.create_connection(('127.0.0.1', {port}), 1)",
                vsock="socket.socket(40, socket.SOCK_STREAM)",
                packets="socket.socket(17, socket.SOCK_RAW)",
            )
        )
    assert row["verdict"] == "passed", row


def test_processes_outside_cannot_be_seen_signalled_or_traced(attack: Attack) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        row = attack(
            "import ctypes\nlibc = ctypes.CDLL(None)\n\n"
            "def call(*args):\n    if libc.syscall(*args) < 0:\n        raise OSError\n"
            + attempts(
                signal=f"os.kill({other.pid}, 9)",
                environ=f"open('/proc/{other.pid}/environ').read()",
                init="open('/proc/1/environ').read()",
                trace="call(101, 16, os.getppid(), 0, 0)",
            )
        )
        assert other.poll() is None
        assert other.stdin
        other.stdin.write(b"\n")
    assert row["verdict"] == "passed", row


def test_the_keys_of_the_login_cannot_be_read(attack: Attack) -> None:
    row = attack(
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "if libc.syscall(250, 0, -3, 0) >= 0: raise RuntimeError('BROKE<a keyring>')\n"
    )
    assert row["verdict"] == "passed", row


def test_no_namespace_of_its_own_and_no_mount(attack: Attack) -> None:
    row = attack(
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "hits = [flag for flag in (1 << 28, 1 << 17, 1 << 30) if libc.unshare(flag) == 0]\n"
        "hits += ['mount'] * (libc.mount(b'x', b'/site/tmp', b'tmpfs', 0, None) == 0)\n"
        "hits += ['io_uring'] * (libc.syscall(425, 1, ctypes.create_string_buffer(120)) >= 0)\n"
        "if hits: raise RuntimeError(f'BROKE<{hits}>')\n"
    )
    assert row["verdict"] == "passed", row


def test_a_folder_of_the_app_cannot_become_a_link_to_another(attack: Attack, secret: Path) -> None:
    swap = (
        "import os\nhere = os.getcwd()\ntry:\n    os.rename(here, here + '2')\n"
        f"    os.symlink({str(secret.parent)!r}, here)\nexcept OSError:\n    pass\n"
    )
    row = attack(swap, "site.get('/')", "site.write('secret.txt', 'written by the grader')")
    assert row["verdict"] == "passed", row
    assert secret.read_text() == "the user's own"
