"""Try each layer of isolation on this machine, in a child process, and say which it has."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from checks.sandbox import landlock, layers, root, seccomp

Probe = Callable[[], object]


def survey() -> Iterator[tuple[str, str, bool]]:
    """Yield the name of each layer, what it gives, and whether it works here."""
    for name, purpose, probe in _probes():
        yield name, purpose, _works(probe)
    yield "root", "sees no file but its own, Python's and the system's", _root_works()


def missing() -> list[str]:
    """Return the names of the layers that this machine does not have."""
    return [name for name, _, works in survey() if not works]


def _probes() -> list[tuple[str, str, Probe]]:
    private, new_user = layers.private_namespaces, layers.new_user_namespace
    return [
        ("user", "an ordinary user, whoever runs the grader", new_user),
        ("pid", "sees and signals no process but its own", lambda: new_user(layers.NEW_PID)),
        ("ipc", "shares no memory and no queue", lambda: new_user(layers.NEW_IPC)),
        ("net", "reaches nobody but the grader", lambda: private(layers.NEW_NET)),
        ("disk", "a disk of limited size", lambda: private(layers.NEW_MOUNT)),
        ("processes", "no fork bombs", _limit_processes),
        ("limits", "memory, time, files, file size",
         lambda: layers.limit(1 << 32, 60, 1 << 24, 64, 64)),
        ("no-new-privs", "set-user-id programs have no power", layers.forbid_new_privileges),
        ("landlock", "touches no file but its own", _restrict_files),
        ("seccomp", "no keyring, no namespace of its own, no io_uring", _refuse_calls),
    ]  # fmt: skip


def _limit_processes() -> None:
    if os.geteuid() != 0:
        return  # RLIMIT_NPROC binds everybody but root
    layers.new_user_namespace(layers.NEW_PID)
    # Only a process in the new namespace may write its limit.
    if not _works(lambda: layers.limit_processes_of_namespace(400)):
        raise OSError("the kernel has no pid_max for one namespace")


def _restrict_files() -> None:
    layers.forbid_new_privileges()
    landlock.restrict(["/usr"], [])


def _refuse_calls() -> None:
    layers.forbid_new_privileges()
    seccomp.refuse_calls()


def _root_works() -> bool:
    place = Path(tempfile.mkdtemp(prefix="layers-"))
    (place / "root").mkdir()

    def build() -> None:
        layers.private_namespaces(layers.NEW_MOUNT)
        root.build(place / "root", place, root.python_folders())

    try:
        return _works(build)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _works(probe: Probe) -> bool:
    child = os.fork()
    if child == 0:
        worked = False
        try:
            worked = layers.attempt(probe)
        finally:
            os._exit(0 if worked else 1)
    return os.waitpid(child, 0)[1] == 0
