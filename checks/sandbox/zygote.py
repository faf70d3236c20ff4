"""Fork submissions from a process that has Flask imported already.

Run as a file (`python -P zygote.py FD`): it never imports the checks package, so that a
submission, which inherits this memory, finds nothing of the judge in it.

    zygote -> supervisor -> init (pid 1 of its namespace) -> submission

The supervisor ends everything when the judge closes the status socket. Messages to the zygote:
one JSON object with the descriptors status, output, errors, ready, stdin[, listener].
"""

import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from checks.sandbox import child, landlock, layers
else:

    def _sibling(name: str) -> ModuleType:
        path = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(f"_zygote_{name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    landlock, layers, child = _sibling("landlock"), _sibling("layers"), _sibling("child")

PRELOADED = (
    "unittest.mock", "sqlite3", "tempfile", "json", "runpy", "logging.handlers", "smtplib", "flask",
    "flask.testing", "flask.cli", "flask_sqlalchemy", "sqlalchemy.dialects.sqlite", "flask_wtf",
    "flask_wtf.file", "flask_babel", "babel.dates", "babel.numbers", "flask_bootstrap", "requests",
    "sentry_sdk", "sentry_sdk.integrations.flask", "sentry_sdk.integrations.logging", "mock",
    "sentry_sdk.integrations.sqlalchemy", "werkzeug.serving", "werkzeug.middleware.profiler",
    "email_validator", "nose2", "coverage",
)  # fmt: skip
LARGEST_MESSAGE = 1 << 18
SETUP_FAILED = 97
INIT, SUBMISSION = "init", "submission"


def preload() -> None:
    """Import what submissions use, and serve one page, so that forks need not."""
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # the submission will say so itself if it needs it
    try:
        child.warm_up()
    except Exception as error:  # a colder start is no reason to stop
        print(f"zygote: no warm-up: {error!r}", file=sys.stderr)
    gc.collect()
    gc.freeze()  # keeps the memory shared: the collector does not touch it again


def main(control: socket.socket) -> None:
    """Fork one supervisor for each request until the judge is gone."""
    preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, LARGEST_MESSAGE, 8)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            supervise(json.loads(message), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def supervise(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Start the submission inside its namespaces, wait for it or for the judge's end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    layers.die_with_parent()
    status = socket.socket(fileno=descriptors[0])
    reader, writer = os.pipe()
    confined = isolate()
    init = os.fork()
    if init == 0:
        status.close()
        os.close(reader)
        be_init(request, descriptors[1:], writer, confined)
    for descriptor in (writer, *descriptors[1:]):
        os.close(descriptor)
    wait_or_kill(init, status, confined)
    with os.fdopen(reader, encoding="utf-8") as report, status:
        lines = report.read().splitlines()
        status.sendall((lines[-1] if lines else '{"lost": true}').encode())
    os._exit(0)


def isolate() -> bool:
    """Leave the judge's namespaces; say whether the next child is a pid 1."""
    pids = layers.NEW_PID | layers.NEW_IPC
    return layers.attempt(lambda: layers.new_user_namespace(pids))


def wait_or_kill(init: int, status: socket.socket, confined: bool) -> None:
    """Return when init has ended; kill it when the judge hangs up."""
    watched = select.poll()
    ended = os.pidfd_open(init)
    watched.register(ended, select.POLLIN)
    watched.register(status, select.POLLIN | select.POLLHUP | select.POLLRDHUP)
    if ended not in [descriptor for descriptor, _ in watched.poll()]:
        # A pid 1 takes its whole namespace along; any other asks for the time to clean up.
        os.kill(init, signal.SIGKILL if confined else signal.SIGTERM)
        if not select.select([ended], [], [], 2)[0]:
            os.kill(init, signal.SIGKILL)
    os.waitpid(init, 0)


def be_init(
    request: dict[str, Any], descriptors: list[int], report: int, confined: bool
) -> NoReturn:
    """Reap everything, report how the submission itself ended, then end all others."""
    layers.die_with_parent()
    os.setsid()
    if confined:
        layers.attempt(lambda: layers.limit_processes_of_namespace(request["limits"]["processes"]))
    else:
        layers.become_subreaper()
        # Outside a namespace the kernel counts all that the user runs, the desktop too.
        request["limits"]["processes"] = -1
    submission = os.fork()
    if submission == 0:
        become_submission(request, descriptors, report)
    for descriptor in descriptors:
        os.close(descriptor)

    def stop(number: int, frame: FrameType | None) -> None:
        end_all(confined)

    signal.signal(signal.SIGTERM, stop)
    wait_for(submission, report)
    end_all(confined)


def wait_for(submission: int, report: int) -> None:
    """Write the wait status of the submission to the report."""
    while True:
        process, status, usage = os.wait3(0)
        if process == submission:
            seconds = usage.ru_utime + usage.ru_stime
            if os.waitstatus_to_exitcode(status) != SETUP_FAILED:
                line = {"status": status, "cpu": seconds, "kilobytes": usage.ru_maxrss}
                os.write(report, (json.dumps(line) + "\n").encode())
            return


def end_all(confined: bool) -> NoReturn:
    """End init; without a pid namespace kill what the submission left behind first."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while not confined:
        alive = children.read_text().split()
        if not alive:
            break
        for pid in alive:
            os.kill(int(pid), signal.SIGKILL)
        while layers.attempt(lambda: os.wait()):
            continue
    os._exit(0)


def become_submission(request: dict[str, Any], descriptors: list[int], report: int) -> NoReturn:
    """Close the doors, then run the submission's code; never return."""
    try:
        arrange_descriptors(descriptors, report)
        confine(request)
        child.prepare(request)
        os.set_inheritable(child.REPORT, False)
    except BaseException as error:
        line = json.dumps({"setup": f"{type(error).__name__}: {error}"})
        os.write(child.REPORT, (line + "\n").encode())
        os._exit(SETUP_FAILED)
    os.close(child.REPORT)
    child.run(request)


def arrange_descriptors(descriptors: list[int], report: int) -> None:
    """Put the passed descriptors at their fixed numbers; close every other."""
    output, errors, ready, stdin, *listener = descriptors
    wanted = [stdin, output, errors, ready, report, *listener]
    # Out of the way first: a number may be both a source and a target.
    parked = [os.dup(descriptor) for descriptor in wanted]
    base = max(64, *parked) + 1
    high = [os.dup2(descriptor, base + index) for index, descriptor in enumerate(parked)]
    for number, descriptor in enumerate(high):
        os.dup2(descriptor, number, inheritable=True)
    os.closerange(len(high), 1 << 16)
    os.set_inheritable(child.READY, False)


def confine(request: dict[str, Any]) -> None:
    """Enter the folder and apply every layer that this machine has."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.chdir(request["folder"])
    layers.limit(**request["limits"])
    layers.forbid_new_privileges()
    if landlock.version():
        readable = [*layers.python_folders(), *request["readable"]]
        landlock.restrict(readable, [request["root"], *layers.DEVICES_TO_WRITE])
    layers.attempt(layers.drop_capabilities)


if __name__ == "__main__":
    layers.die_with_parent()
    main(socket.socket(fileno=int(sys.argv[1])))
