"""A root of its own: what a submission sees of the machine's files.

Landlock alone forbids to read and to write; it does not forbid to look at sizes and times, to
change modes, to lock, or to connect to a socket by its path. So each submission gets what
bubblewrap would build: an empty memory disk as its root, with nothing in it but Python, the
system's programs and its own three folders.

It is built in two stages, because the first is the same for all:

1. once, in the zygote (`build`): a mount namespace, a small tmpfs, read-only binds of the system's
   folders and of Python's, pivot_root, and the machine's own root is unmounted. The folder of all
   scratches is bound there as /boxes.
2. for each submission (`enter`), in a mount namespace of its own: its app, home and tmp are bound
   at /site/app, /site/home and /tmp (and /site/tmp), the same paths for every submission and every
   run, so that nothing tells two runs apart. Then /boxes is covered.

Stands alone: the zygote loads it by path and must never import the checks package.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

BOXES = "/boxes"
SITE = "/site"
# What of a scratch is bound below /site, and whether the submission may write there.
FOLDERS = {"app": True, "home": True, "tmp": True, "readable": False}

SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
SYSTEM_FILES = (
    "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/mime.types", "/etc/nsswitch.conf",
    "/etc/host.conf", "/etc/services", "/etc/protocols", "/etc/ssl", "/etc/pki",
    "/etc/alternatives", "/etc/os-release", "/etc/ca-certificates",
)  # fmt: skip
# The machine's own would tell who works here, and where its name servers are.
WRITTEN_FILES = {
    "/etc/passwd": "root:x:0:0::/:/bin/sh\nsite:x:1000:1000::/site/home:/bin/sh\n"
    "nobody:x:65534:65534::/:/bin/false\n",
    "/etc/group": "root:x:0:\nsite:x:1000:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
}
DEVICES = ("null", "zero", "full", "random", "urandom")
DEVICE_LINKS = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}

READ_ONLY, NO_SUID, NO_DEVICES, NO_EXECUTION = 1, 2, 4, 8
BIND, RECURSIVE, SLAVE, SHARED = 1 << 12, 1 << 14, 1 << 19, 1 << 20
DETACH = 2
MOUNT_SETATTR = 442
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
AT_CURRENT_FOLDER, AT_RECURSIVE = -100, 0x8000


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount, or raise OSError with what was wanted."""
    _call("mount", os.fsencode(source), os.fsencode(target), kind and kind.encode(), flags,
          options.encode() or None, what=f"mount {source} at {target}")  # fmt: skip


def restrict(target: str, flags: int, deep: bool = True) -> None:
    """Take rights from a mount and, when `deep`, from all below it (Linux 5.12).

    The older remount would have to repeat each flag that the machine has set already: what
    another user namespace has mounted keeps its flags locked.
    """
    attributes = struct.pack("=QQQQ", flags, 0, 0, 0)
    _call("syscall", MOUNT_SETATTR, AT_CURRENT_FOLDER, os.fsencode(target),
          AT_RECURSIVE if deep else 0, attributes, len(attributes), what=f"restrict {target}",
    )  # fmt: skip


def build(place: Path, boxes: Path, folders: Iterable[str]) -> None:
    """Make `place` the root of this process: the system, `folders` of Python, and `boxes`.

    The caller is in a mount namespace of its own and has the right to mount.
    """
    # Without this a mount of ours would show up in the machine's namespace; and as a slave we
    # still see what the grader mounts in `boxes` later: the disks of its sites.
    mount("none", "/", None, RECURSIVE | SLAVE)
    mount("root", str(place), "tmpfs", NO_SUID | NO_DEVICES, "size=1m,nr_inodes=2000,mode=755")
    for path in (*SYSTEM_FOLDERS, *folders, *SYSTEM_FILES):
        _show(place, path)
    for path, text in WRITTEN_FILES.items():
        target = _below(place, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    _make_devices(place)
    sites = [f"{SITE}/{name}" for name in FOLDERS]
    for path in (*sites, BOXES, "/tmp", "/dev/shm", "/run", "/old", "/var"):
        _below(place, path).mkdir(parents=True, exist_ok=True)
    _below(place, "/var/tmp").symlink_to("/tmp")
    mount(str(boxes), str(_below(place, BOXES)), None, BIND)
    # A new /proc may only be mounted where an old one can be seen: it is covered, never removed.
    _below(place, "/proc").mkdir()
    mount("/proc", str(_below(place, "/proc")), None, BIND | RECURSIVE)
    _pivot(place)


def enter(box: str) -> None:
    """Bind one box at the fixed paths, cover all others and mount a /proc of our own pid namespace.

    `box` is the name of a scratch below the folder of boxes. The caller is the first process of
    a new pid namespace, in a mount namespace of its own.
    """
    for name, writable in FOLDERS.items():
        source = f"{BOXES}/{box}/{name}"
        if not Path(source).is_dir():
            continue
        mount(source, f"{SITE}/{name}", None, BIND)
        restrict(f"{SITE}/{name}", NO_SUID | NO_DEVICES | (0 if writable else READ_ONLY), False)
    _bind_tmp(f"{BOXES}/{box}/tmp")
    mount("shm", "/dev/shm", "tmpfs", NO_SUID | NO_DEVICES, "size=16m,nr_inodes=200,mode=1777")
    mount("none", BOXES, "tmpfs", READ_ONLY | NO_SUID | NO_DEVICES, "size=4k,nr_inodes=2,mode=0")
    # Read-only: /proc/sys belongs to root, and as root the submission's user would be its owner.
    mount("proc", "/proc", "proc", READ_ONLY | NO_SUID | NO_DEVICES | NO_EXECUTION)


def _bind_tmp(source: str) -> None:
    """Bind a box's folder at /tmp, with what of Python lies there visible in it as before.

    The environment lies below /tmp where the workbook was cloned there. Descriptors keep hold of
    what the new /tmp covers.
    """
    with os.scandir("/tmp") as entries:
        covered = [(each.path, each.is_dir(), os.open(each.path, os.O_PATH)) for each in entries]
    mount(source, "/tmp", None, BIND)
    for path, is_folder, descriptor in covered:
        # An earlier process of the site may have put something else here: it hides Python from
        # itself alone, since nothing outside of this root can be reached.
        with suppress(OSError):
            Path(path).mkdir(exist_ok=True) if is_folder else Path(path).touch()
            mount(f"/proc/self/fd/{descriptor}", path, None, BIND | RECURSIVE)
        os.close(descriptor)


def hand_over(box: str, user: int) -> None:
    """Make a box the property of the user who works in it, as far as root has written it.

    Links are not followed, and what cannot be reached stays as it is: it was not made by root.
    """
    for above in [Path(BOXES, box), *Path(BOXES, box).parents][:-2]:
        above.chmod(0o711)
    todo = [f"{BOXES}/{box}/{name}" for name, writable in FOLDERS.items() if writable]
    for folder in todo:
        os.chown(folder, user, user)
    while todo:
        with suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.stat(follow_symlinks=False).st_uid != user:
                    os.chown(entry.path, user, user, follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)


def _show(place: Path, path: str) -> None:
    """Bind a file or folder of the machine read-only at its own path; a link stays a link."""
    target = _below(place, path)
    source = Path(path)
    if target.is_symlink() or target.exists() or not source.exists():
        return  # there is none here, or it lies in a folder that is bound already
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink() and path in SYSTEM_FOLDERS:  # /bin -> usr/bin
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir()
    else:
        target.touch()
    mount(path, str(target), None, BIND | RECURSIVE)
    restrict(str(target), READ_ONLY | NO_SUID | NO_DEVICES)


def _make_devices(place: Path) -> None:
    devices = _below(place, "/dev")
    devices.mkdir()
    for name in DEVICES:
        (devices / name).touch()
        mount(f"/dev/{name}", str(devices / name), None, BIND)
        restrict(str(devices / name), NO_SUID | NO_EXECUTION)
    for name, rest in DEVICE_LINKS.items():
        (devices / name).symlink_to(f"/proc/self/fd{rest}")


def _pivot(place: Path) -> None:
    """Swap the roots and unmount the machine's."""
    old = str(_below(place, "/old"))
    number = PIVOT_ROOT[platform.machine()]
    _call("syscall", number, os.fsencode(place), os.fsencode(old), what="pivot_root")
    os.chdir("/")
    _call("umount2", b"/old", DETACH, what="unmount the old root")
    Path("/old").rmdir()
    restrict("/", READ_ONLY | NO_SUID | NO_DEVICES, deep=False)


def python_folders() -> list[str]:
    """Return the folders of this interpreter and of its environment, and what else it has mapped.

    A library of the interpreter may lie anywhere (Homebrew, conda, a shared build).
    """
    installations = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    named = {*installations, *map(os.path.realpath, installations)} - {"/"}
    paths = {path for path in sys.path if path.startswith("/") and Path(path).exists()}
    lines = Path("/proc/self/maps").read_text(errors="surrogateescape").splitlines()
    fields = [line.split(maxsplit=5) for line in lines]
    mapped = {each[5] for each in fields if len(each) == 6 and Path(each[5]).is_file()}
    return outermost([*named, *paths, *mapped])


def outermost(paths: Iterable[str]) -> list[str]:
    """Leave out what lies in another of the paths."""
    kept: list[str] = []
    for path in sorted({*paths}):
        if not any(path.startswith(f"{each}/") for each in kept):
            kept.append(path)
    return kept


def _below(place: Path, path: str) -> Path:
    return place / path.lstrip("/")


_LIBC = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object, what: str) -> None:
    if getattr(_LIBC, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
