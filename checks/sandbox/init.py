"""Watch one submission as the first process of its pid namespace.

It reaps what loses its parent, adds up the memory of all processes, hands signals on, reports how
the submission itself ended, and ends everything when that or the grader is gone.

Stands alone: the zygote loads it by path and must never import the checks package.
"""

import json
import os
import resource
import select
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

TICK = 0.05
PAGE = resource.getpagesize()
SETUP_FAILED = 97


def tell(status: int, facts: dict[str, Any]) -> None:
    """Send a result to the grader, which may be gone."""
    with suppress(OSError):
        os.write(status, json.dumps(facts).encode())


class Watch:
    """What init does until the end."""

    def __init__(
        self, pid: int, status: int, report: int, confined: bool, memory: "Memory"
    ) -> None:
        self.pid = pid
        self.status = status
        self.report = report
        self.confined = confined
        self.memory = memory
        self.result: dict[str, Any] = {}

    def run(self) -> None:
        """Return when all is over and the grader knows it."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        watched = select.poll()
        for descriptor in (reader, self.status):
            watched.register(descriptor, select.POLLIN)
        while not self.result:
            ready = [descriptor for descriptor, _ in watched.poll(TICK * 1000)]
            if reader in ready:
                os.read(reader, 512)
            if self.status in ready and not self._take_signals():
                break
            self._reap()
            if not self.result and self.memory.exceeded():
                self.result = {"memory": True}
        end_all(self.confined)
        tell(self.status, self.result or {"lost": True})

    def _take_signals(self) -> bool:
        """Hand on the signals that the grader sends; say whether it is still there."""
        try:
            numbers = os.read(self.status, 64)
        except OSError:
            return False
        for number in numbers:
            with suppress(OSError):
                os.kill(self.pid, number)
        return bool(numbers)

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.pid:
                self.result = self._ending(status, usage)

    def _ending(self, status: int, usage: resource.struct_rusage) -> dict[str, Any]:
        if os.waitstatus_to_exitcode(status) == SETUP_FAILED:
            lines = os.read(self.report, 1 << 16).splitlines()
            if lines:
                facts: dict[str, Any] = json.loads(lines[-1])
                return facts
        seconds = usage.ru_utime + usage.ru_stime
        return {"status": status, "cpu": seconds, "kilobytes": usage.ru_maxrss}


class Memory:
    """Adds up what all processes use together: the kernel's limits bind each one for itself.

    A cgroup would do it better, but an ordinary user may seldom make one.
    """

    def __init__(self, largest: int, own_proc: bool) -> None:
        self.largest = largest
        self.own_proc = own_proc  # whether /proc shows this namespace only
        self._next = 0.0
        self._inherited = _resident("self")  # the pages that each fork begins with

    def exceeded(self) -> bool:
        """Say whether it is more than the largest sum."""
        segments = self._segments()
        pids = self._pids()
        resident = [_resident(pid) for pid in pids]
        if segments + sum(resident) <= self.largest:
            return False
        # Forks share most of their pages with the zygote: count each page once. That takes time,
        # and hundreds of processes that have hardly touched a page need it seldom.
        begin = time.monotonic()
        if begin < self._next:
            return False
        used = segments + sum(map(_share, pids))
        end = time.monotonic()
        touched = segments + sum(max(0, each - self._inherited) for each in resident)
        self._next = end + (2 if touched > self.largest / 4 else 30) * (end - begin)
        return used > self.largest

    def _segments(self) -> int:
        """Return the bytes of System V segments: they belong to no process."""
        if not self.own_proc:
            return 0
        with suppress(OSError, ValueError, IndexError):
            lines = Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()
            column = lines[0].split().index("rss")
            return sum(int(line.split()[column]) for line in lines[1:])
        return 0

    def _pids(self) -> list[str]:
        if self.own_proc:
            names = [path.name for path in Path("/proc").iterdir()]
            return [name for name in names if name.isdigit() and name != "1"]
        found, todo = [], _children("self")
        while todo:
            found.append(todo.pop())
            todo += _children(found[-1])
        return found


def _children(pid: str) -> list[str]:
    with suppress(OSError):
        number = os.getpid() if pid == "self" else pid
        return Path(f"/proc/{pid}/task/{number}/children").read_text(encoding="ascii").split()
    return []


def _resident(pid: str) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE
    return 0


def _share(pid: str) -> int:
    """Return the bytes of a process; a page that n processes share counts as 1/n."""
    with suppress(OSError, IndexError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def end_all(confined: bool) -> None:
    """Kill everything but this process and wait until it is gone."""
    if not confined:
        end_children()
        return
    with suppress(OSError):
        os.kill(-1, signal.SIGKILL)  # everything in this pid namespace, in one step
    with suppress(ChildProcessError):
        while True:
            os.wait()


def end_children() -> None:
    """Kill all below this subreaper: what loses its parent becomes its child, so look again."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    with suppress(ChildProcessError, OSError):
        while pids := children.read_text().split():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            os.wait()
