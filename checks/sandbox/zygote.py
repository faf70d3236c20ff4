"""Fork submissions from a process that has Flask imported already.

Run as a file (`python -P zygote.py FD SCRATCH`): it never imports the checks package, so that a
submission, which inherits this memory, finds nothing of the grader in it.

    zygote -> supervisor -> init (pid 1 of its namespace) -> submission

- The zygote enters a root of its own (root.py) and imports what submissions need.
- A supervisor leaves the namespaces of the zygote. Only its child is in a new pid namespace, so
  it must fork once more; then it waits, and cleans up where there is no namespace to do it.
- Init mounts, watches the memory, hands signals on and reports how the submission ended. When the
  grader hangs up, it ends everything.
- The submission takes the last layers upon itself and runs the learner's code.

A message to the zygote is one JSON object with the descriptors status, output, errors, ready,
stdin[, listener].
"""

# First of all, and without an import that is not recorded.
import sys

if __name__ == "__main__":
    sys.path.insert(0, __file__.rpartition("/")[0])
    from recorder import Recorder  # type: ignore[import-not-found]

    del sys.path[0], sys.modules["recorder"]
    RECORDER = Recorder()
    RECORDER.start()

import fcntl
import gc
import importlib
import importlib.util
import json
import os
import platform
import signal
import socket
import struct
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from checks.sandbox import child, init, landlock, layers, modules, root, seccomp
else:

    def _sibling(name: str) -> ModuleType:
        path = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(f"_zygote_{name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    landlock, layers, child = _sibling("landlock"), _sibling("layers"), _sibling("child")
    root, init, modules = _sibling("root"), _sibling("init"), _sibling("modules")
    seccomp = _sibling("seccomp")

PRELOADED = (
    "unittest.mock", "sqlite3", "tempfile", "json", "runpy", "logging.handlers", "smtplib", "flask",
    "flask.testing", "flask.cli", "flask_sqlalchemy", "sqlalchemy.dialects.sqlite", "flask_wtf",
    "flask_wtf.file", "flask_babel", "babel.dates", "babel.numbers", "flask_bootstrap", "requests",
    "sentry_sdk", "sentry_sdk.integrations.flask", "sentry_sdk.integrations.logging", "mock",
    "sentry_sdk.integrations.sqlalchemy", "werkzeug.serving", "werkzeug.middleware.profiler",
    "email_validator", "nose2", "coverage",
)  # fmt: skip
LARGEST_MESSAGE, MOST_DESCRIPTORS = 1 << 18, 8
SETUP_FAILED = 97
Request = dict[str, Any]


def preload() -> "modules.Preloaded":
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
    RECORDER.stop()
    preloaded = modules.Preloaded(RECORDER.at_start, RECORDER.needs)
    preloaded.finish()
    gc.collect()
    gc.freeze()  # keeps the memory shared: the collector does not touch it again
    return preloaded


def main(control: socket.socket, scratch: Path) -> None:
    """Fork one supervisor for each request until the grader is gone."""
    preloaded = preload()
    layers.attempt(layers.new_keyring)
    world = World.enter(scratch, preloaded)
    filtered = layers.attempt(lambda: seccomp.compiled(platform.machine()))
    complete = world.root and landlock.version() > 0 and filtered
    control.send(json.dumps({"root": world.root, "complete": complete}).encode())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    world.modules.hide()
    while True:
        message, descriptors = receive(control)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            supervise(json.loads(message), descriptors, world)
        for descriptor in descriptors:
            os.close(descriptor)


def receive(control: socket.socket) -> tuple[bytes, list[int]]:
    """Return a message and its descriptors; socket.recv_fds would import a module."""
    room = socket.CMSG_SPACE(MOST_DESCRIPTORS * 4)
    message, ancillary, _, _ = control.recvmsg(LARGEST_MESSAGE, room)
    data = b"".join(part for _, _, part in ancillary)
    return message, list(struct.unpack(f"{len(data) // 4}i", data))


class World:
    """What all submissions of this zygote have in common."""

    def __init__(self, folders: list[str], preloaded: "modules.Preloaded") -> None:
        self.modules = modules.HandOut(preloaded)
        serving = preloaded.modules.get("werkzeug.serving")
        self.serve: Any = getattr(serving, "make_server", None)
        self.folders = folders  # what an interpreter reads
        self.root = False  # whether this process has a root of its own
        self.user = os.geteuid()  # whom submissions run as
        self.readable = self._readable()

    @classmethod
    def enter(cls, scratch: Path, preloaded: "modules.Preloaded") -> "World":
        """Enter a root of its own where the machine allows it."""
        world = cls(root.python_folders(), preloaded)
        # In a child first: a root that is half made cannot be left again.
        if not _works(lambda: world._enter_root(scratch)):
            return world
        world._enter_root(scratch)
        world.root = True
        if world.user == 0 and _works(_read_as_box_user):
            world.user = layers.BOX_USER
        return world

    def _enter_root(self, scratch: Path) -> None:
        layers.private_namespaces(layers.NEW_MOUNT)
        root.build(scratch / "root", scratch, self.folders)

    def _readable(self) -> list[str]:
        """Return what Landlock lets a submission read."""
        shared = [*root.SYSTEM_FILES, *root.WRITTEN_FILES]
        devices = [f"/dev/{name}" for name in root.DEVICES]
        return root.outermost([*root.SYSTEM_FOLDERS, *self.folders, *shared, *devices])


def _read_as_box_user() -> None:
    """Read some files as another user: an installation may be readable to its owner only."""
    layers.become(layers.BOX_USER)
    for module in (os, sys.modules.get("flask", os)):
        Path(str(module.__file__)).read_bytes()
    any(Path(sys.prefix).iterdir())


def _works(action: Any) -> bool:
    """Try something in a child process."""
    pid = os.fork()
    if pid == 0:
        worked = False
        try:
            worked = layers.attempt(action)
        finally:
            os._exit(0 if worked else 1)
    return os.waitpid(pid, 0)[1] == 0


def supervise(request: Request, descriptors: list[int], world: World) -> NoReturn:
    """Start init inside new namespaces and wait for its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    layers.die_with_parent()
    confined = False
    try:
        confined = isolate(request, world)
    except OSError as error:
        init.tell(descriptors[0], {"setup": str(error)})
        os._exit(1)
    pid = os.fork()
    if pid == 0:
        be_init(request, descriptors, world, confined)
    os.closerange(3, 1 << 16)
    if not confined:
        layers.become_subreaper()
    os.waitpid(pid, 0)
    if not confined:
        init.end_children()
    os._exit(0)


def isolate(request: Request, world: World) -> bool:
    """Leave the grader's namespaces; say whether the next child is a pid 1."""
    apart = layers.NEW_PID | layers.NEW_IPC
    network = layers.NEW_NET if request["own_network"] else 0
    if world.root:
        if world.user != os.geteuid():
            root.hand_over(request["box"], world.user)
            layers.become(world.user)
            layers.die_with_parent()  # forgotten with the change of user
        layers.new_user_namespace(apart | network | layers.NEW_MOUNT)
        return True
    return layers.attempt(lambda: layers.new_user_namespace(apart | network))


def be_init(request: Request, descriptors: list[int], world: World, confined: bool) -> NoReturn:
    """Prepare the namespaces, start the submission, report how it ended, then end all others."""
    layers.die_with_parent()
    os.setsid()
    status, *others = descriptors
    try:
        prepare_namespaces(request, world, confined)
    except OSError as error:
        init.tell(status, {"setup": str(error)})
        os._exit(1)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        become_submission(request, others, writer, world)
    for descriptor in (writer, *others):
        os.close(descriptor)
    memory = init.Memory(request["limits"]["memory"], world.root)
    init.Watch(pid, status, reader, confined, memory).run()
    os._exit(0)


def prepare_namespaces(request: Request, world: World, confined: bool) -> None:
    """Do what only the first process of the new namespaces can do."""
    if not confined:
        layers.become_subreaper()
        # Outside a namespace the kernel counts all that the user runs, the desktop too.
        request["limits"]["processes"] = -1
        return
    layers.allow_dumps(False)  # the submission is the same user, and could look into us
    layers.attempt(lambda: layers.limit_processes_of_namespace(request["limits"]["processes"]))
    if request["own_network"]:
        layers.attempt(layers.raise_loopback)
    if world.root:
        root.enter(request["box"])


def become_submission(
    request: Request, descriptors: list[int], report: int, world: World
) -> NoReturn:
    """Apply the layers of a process, then run the submission's code; never return."""
    try:
        arrange_descriptors(descriptors, report)
        confine(request, world)
        child.prepare(request)
        os.set_inheritable(child.REPORT, False)
    except BaseException as error:
        line = json.dumps({"setup": f"{type(error).__name__}: {error}"})
        os.write(child.REPORT, (line + "\n").encode())
        os._exit(SETUP_FAILED)
    os.close(child.REPORT)
    child.run(request, world.modules, world.serve)


def arrange_descriptors(descriptors: list[int], report: int) -> None:
    """Put the passed descriptors at their fixed numbers; close every other."""
    output, errors, ready, stdin, *listener = descriptors
    wanted = [stdin, output, errors, ready, report, *listener]
    # Out of the way first: a number may be both a source and a target.
    parked = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10) for descriptor in wanted]
    for number, descriptor in enumerate(parked):
        os.dup2(descriptor, number, inheritable=True)
    os.closerange(len(parked), 1 << 16)
    os.set_inheritable(child.READY, False)


def confine(request: Request, world: World) -> None:
    """Enter the folder and apply every layer that a process puts on itself."""
    os.setsid()
    os.umask(0o022)
    os.chdir(request["folder"])
    layers.limit(**request["limits"])
    layers.forbid_new_privileges()
    layers.allow_dumps(True)
    if landlock.version():
        home = str(Path(request["folder"]).parent)
        own = [f"{home}/{name}" for name, writable in root.FOLDERS.items() if writable]
        shared = ["/tmp", "/dev/shm"] if world.root else []
        landlock.restrict([*world.readable, f"{home}/readable"],
                          [*own, *shared, *layers.DEVICES_TO_WRITE])  # fmt: skip
    layers.attempt(layers.drop_capabilities)
    layers.attempt(seccomp.refuse_calls)


if __name__ == "__main__":
    layers.die_with_parent()
    main(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2]))
