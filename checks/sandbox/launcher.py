"""Start submissions: the grader's side of the zygote. Each one ends with its status socket."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEGABYTE = 1 << 20
SITE = "/site"  # where a submission with a root of its own finds its folders
LARGEST_OUTPUT = MEGABYTE
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
PLAIN_ENVIRONMENT = {
    "PATH": f"{Path(sys.executable).parent}:{SYSTEM_PATH}",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "MALLOC_ARENA_MAX": "2",  # threads would each reserve 64 MB of the allowed address space
    "PYTHONDONTWRITEBYTECODE": "1",
}


class SandboxError(Exception):
    """The sandbox itself does not work; never the submission's problem."""


@dataclass(frozen=True)
class Limits:
    """What one submission's process may use (bytes and CPU seconds)."""

    memory: int = 1024 * MEGABYTE
    seconds: int = 60
    file_size: int = 16 * MEGABYTE
    files: int = 256
    processes: int = 320


@dataclass(frozen=True)
class Exit:
    """How a process ended: an exit code, or minus the number of a signal.

    `memory`: it was ended because all its processes together used too much.
    """

    code: int
    cpu: float
    kilobytes: int
    memory: bool = False


class Process:
    """A running submission."""

    def __init__(self, status: socket.socket, ready: int, outputs: tuple[int, int]) -> None:
        self._status = status
        self._ready = ready
        self._outputs = outputs
        self._exit: Exit | None = None
        self._closed = False

    def wait(self, seconds: float) -> Exit | None:
        """Return how it ended, None when it is still running after `seconds`."""
        if self._exit is None and select.select([self._status], [], [], max(0, seconds))[0]:
            self._exit = _read_exit(self._status.recv(1 << 16))
        return self._exit

    def ready(self, seconds: float) -> bool:
        """Wait until the app has been made; False when it ended or takes longer."""
        if not select.select([self._ready], [], [], max(0, seconds))[0]:
            return False
        return os.read(self._ready, 1) == b"1"

    def output(self) -> str:
        """Return what it printed so far to its standard output."""
        return _text(self._outputs[0])

    def errors(self) -> str:
        """Return what it printed so far to its standard error."""
        return _text(self._outputs[1])

    def signal(self, number: int) -> None:
        """Send a signal to the process that was started, as `kill` does."""
        with suppress(OSError):
            self._status.send(bytes([number]))

    def kill(self) -> None:
        """End it and all that it started."""
        if self._closed:
            return
        self._closed = True
        with suppress(OSError):
            self._status.shutdown(socket.SHUT_WR)
            # The supervisor hangs up once nothing is left of the submission.
            while select.select([self._status], [], [], 5)[0] and self._status.recv(1 << 16):
                continue
        self._status.close()
        os.close(self._ready)

    def forget(self) -> None:
        """End it and close its output."""
        self.kill()
        for descriptor in set(self._outputs):
            os.close(descriptor)
        self._outputs = (-1, -1)


class Zygote:
    """The process that forks submissions; their folders lie below `scratch`."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._rooted = False
        self.complete = False  # whether submissions get every layer; survey.py says which lack
        self._errors = _memory_file()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with suppress(FileExistsError):
            (scratch / "root").mkdir()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-s", str(Path(__file__).with_name("zygote.py")),
                 str(theirs.fileno()), str(scratch)],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=self._errors, env={**PLAIN_ENVIRONMENT, "HOME": "/"}, cwd="/",
                start_new_session=True,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        """Wait until it has imported what submissions use, and knows its layers."""
        facts = self._control.recv(1 << 16)
        if not facts:
            raise SandboxError(f"Submissions cannot be started: {_text(self._errors)[-500:]}")
        known = json.loads(facts)
        self._rooted, self.complete = known["root"], known["complete"]

    def inside(self, folder: Path) -> Path:
        """Return where a submission sees its folder, a direct child of its scratch."""
        return Path(SITE, folder.name) if self._rooted else folder

    def close(self) -> None:
        """End the zygote and every submission."""
        self._control.close()
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def launch(
        self,
        folder: Path,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        limits: Limits,
        *,
        stdin: str = "",
        listener: socket.socket | None = None,
        separate: bool = False,
        program: bool = False,
        own_network: bool = False,
    ) -> Process:
        """Run `python ARGUMENTS` in `folder`, or serve its app when there are none.

        `program`: the arguments are a command of any program; `separate`: keep standard error apart
        from the output; `own_network`: a loopback interface that nobody else is on.
        """
        request = {
            **self._request(folder, arguments, environ),
            "limits": asdict(limits),
            "program": program,
            "own_network": own_network,
        }
        output = _memory_file()
        errors = _memory_file() if separate else output
        ours, theirs = socket.socketpair()
        ready, write_ready = os.pipe()
        given_input = _memory_file(stdin)
        descriptors = [theirs.fileno(), output, errors, write_ready, given_input]
        if listener is not None:
            descriptors.append(listener.fileno())
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)
        except OSError as error:
            raise SandboxError(f"The process that starts submissions is gone: {error}.") from None
        finally:
            theirs.close()
            os.close(write_ready)
            os.close(given_input)
        return Process(ours, ready, (output, errors))

    def _request(
        self, folder: Path, arguments: Sequence[str], environ: Mapping[str, str]
    ) -> dict[str, Any]:
        """Describe what is to run, with paths as the submission sees them."""
        outer, inner = str(folder.parent), str(self.inside(folder).parent)

        def seen(text: str) -> str:
            return text.replace(outer, inner)

        own = {"HOME": f"{inner}/home", "TMPDIR": f"{inner}/tmp", "PYTHONPATH": f"{inner}/app"}
        given = {name: seen(value) for name, value in environ.items()}
        return {
            "folder": f"{inner}/{folder.name}",
            "box": str(folder.parent.relative_to(self._scratch)) if self._rooted else "",
            "arguments": [seen(argument) for argument in arguments],
            "environ": {**PLAIN_ENVIRONMENT, **own, **given},
        }


def listening_socket() -> socket.socket:
    """Return a listening socket on a free loopback port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    listener.setblocking(True)
    return listener


def wait_until(condition: Any, seconds: float, pause: float = 0.01) -> bool:
    """Poll until the condition holds; False when the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def _read_exit(message: bytes) -> Exit:
    facts = json.loads(message or b'{"lost": true}')
    if "setup" in facts:
        raise SandboxError(f"The sandbox could not be made: {facts['setup']}.")
    if "status" not in facts:  # ended for its memory, or from outside
        return Exit(-signal.SIGKILL, 0.0, 0, memory="memory" in facts)
    code = os.waitstatus_to_exitcode(facts["status"])
    return Exit(code, facts["cpu"], facts["kilobytes"])


def _memory_file(text: str = "") -> int:
    descriptor = os.memfd_create("output")
    # Two streams may share one file: each line goes to the end.
    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
    if text:
        os.write(descriptor, text.encode())
        os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _text(descriptor: int) -> str:
    """Return the beginning and the end of an output: the end tells most."""
    if descriptor < 0:
        return ""
    size, half = os.fstat(descriptor).st_size, LARGEST_OUTPUT // 2
    if size <= LARGEST_OUTPUT:
        return os.pread(descriptor, size, 0).decode("utf-8", "replace")
    first, last = os.pread(descriptor, half, 0), os.pread(descriptor, half, size - half)
    left_out = f"\n... {size - LARGEST_OUTPUT} bytes left out ...\n".encode()
    return (first + left_out + last).decode("utf-8", "replace")
