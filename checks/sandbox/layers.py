"""The layers of isolation: namespaces, limits, privileges.

Each is one system call or a few, tried where it is entered: a machine that refuses one keeps the
others (survey.py says which it has).

- A user namespace is what lets an ordinary user enter all others: inside it the process has every
  capability, over nothing but these namespaces. Docker and Ubuntu 24.04 refuse it by default.
- A pid namespace ends as one when its first process ends, whatever its processes are called or
  how they have left their parents, and nothing in it sees or signals what is outside.
- An ipc namespace holds System V segments and message queues, a network namespace the interfaces:
  a new one has only a loopback interface, and even that is down until `raise_loopback`.
- A mount namespace lets us mount (root.py) without the machine noticing.

Stands alone: the zygote loads it by path and must never import the checks package.
"""

import ctypes
import fcntl
import os
import platform
import re
import resource
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path

NEW_USER, NEW_PID, NEW_NET = 0x10000000, 0x20000000, 0x40000000
NEW_IPC, NEW_MOUNT = 0x08000000, 0x00020000
SET_DEATH_SIGNAL, SET_DUMPABLE, KEEP_CAPABILITIES = 1, 4, 8
SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS = 36, 38
DROP_FROM_BOUNDING_SET, LAST_CAPABILITY = 24, 40
NO_SUID_NO_DEVICES = 6
RECURSIVE_SLAVE, SHARED = 1 << 14 | 1 << 19, 1 << 20
INNER_USER = 1000
# Whom a submission runs as when root grades: no user of a usual system has this number.
BOX_USER = 65533
JOIN_SESSION_KEYRING = 1
KEYCTL = {"x86_64": 250, "aarch64": 219}
MEGABYTE = 1 << 20

DEVICES_TO_WRITE = ("/dev/null", "/dev/full")


_LIBC = ctypes.CDLL(None, use_errno=True)


def libc_call(name: str, *arguments: object) -> int:
    """Call a function of the C library and turn -1 into an OSError."""
    result: int = getattr(_LIBC, name)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def attempt(layer: Callable[[], object]) -> bool:
    """Enter a layer; say whether this machine allowed it."""
    try:
        layer()
    except OSError:
        return False
    return True


def unshare(flags: int) -> None:
    """Leave the namespaces that the flags name (os.unshare needs Python 3.12)."""
    libc_call("unshare", flags)


def new_user_namespace(more: int = 0, inner_user: int = INNER_USER) -> None:
    """Enter a user namespace, with `more` namespaces, as one mapped user."""
    user, group = os.geteuid(), os.getegid()
    unshare(NEW_USER | more)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inner_user} {user} 1"),
        ("gid_map", f"{inner_user} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text)


def private_namespaces(flags: int) -> None:
    """Enter namespaces directly as root, through a user namespace as anybody else."""
    if os.geteuid() == 0 and attempt(lambda: unshare(flags)):
        return
    new_user_namespace(flags, os.geteuid())


def raise_loopback() -> None:
    """Switch on `lo`, the only interface of a new network namespace."""
    up, get_flags, set_flags = 1, 0x8913, 0x8914
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        name = b"lo".ljust(16, b"\0")
        reply = fcntl.ioctl(probe, get_flags, name + bytes(16))
        flags = struct.unpack_from("H", reply, 16)[0]
        fcntl.ioctl(probe, set_flags, name + struct.pack("H", flags | up) + bytes(14))


def mount_scratch(folder: Path, megabytes: int, inodes: int = 0) -> None:
    """Mount a small memory disk that goes away with the last process that sees it."""
    options = f"size={megabytes}m,nr_inodes={inodes},mode=711".encode()
    target = os.fsencode(folder)
    libc_call("mount", b"scratch", target, b"tmpfs", NO_SUID_NO_DEVICES, options)


def unmount(folder: Path) -> None:
    """Take a mounted disk away, even when something still uses it."""
    detach = 2
    libc_call("umount2", os.fsencode(folder), detach)


def unmount_below(folder: Path) -> None:
    """Unmount the disks that are mounted in a folder."""
    for line in Path("/proc/self/mountinfo").read_bytes().splitlines():
        # Spaces and the like are written as octal numbers.
        named = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), line.split()[4])
        target = Path(os.fsdecode(named))
        if folder in target.parents:
            attempt(lambda target=target: unmount(target))  # type: ignore[misc]


def private_world(scratch: Path, book: Path, megabytes: int = 512) -> list[str]:
    """Give the grader a network and a scratch disk of its own; return the layers it got."""
    layers = []
    if attempt(lambda: private_namespaces(NEW_NET | NEW_MOUNT)):
        layers.append("net")
        raise_loopback()
        if attempt(lambda: _mount_all(scratch, book, megabytes)):
            layers.append("scratch")
    elif attempt(lambda: private_namespaces(NEW_NET)):
        layers.append("net")
        raise_loopback()
    return layers


def _mount_all(scratch: Path, book: Path, megabytes: int) -> None:
    libc_call("mount", b"none", b"/", None, RECURSIVE_SLAVE, None)
    mount_scratch(scratch, megabytes)
    # Shared: the zygote's root, made later, sees the disks that are mounted below it.
    libc_call("mount", b"none", os.fsencode(scratch), None, SHARED, None)
    # Sockets of services live here (Docker, D-Bus): Landlock does not guard a connect.
    if not book.is_relative_to("/run"):  # as it is on a USB stick
        attempt(lambda: mount_scratch(Path("/run"), 1))


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends."""
    libc_call("prctl", SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def become_subreaper() -> None:
    """Inherit the orphans of every process below, so that none of them gets away."""
    libc_call("prctl", SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def allow_dumps(allowed: bool) -> None:
    """Say whether others of this user may look into this process by /proc and ptrace."""
    libc_call("prctl", SET_DUMPABLE, int(allowed), 0, 0, 0)


def new_keyring() -> None:
    """Join a new session keyring: the one of the login holds keys of the user."""
    libc_call("syscall", KEYCTL[platform.machine()], JOIN_SESSION_KEYRING, None)


def become(user: int) -> None:
    """Turn from root into a user without any right, who may still make namespaces."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    allow_dumps(True)  # else /proc/self, with the maps of a new namespace, stays root's


def forbid_new_privileges() -> None:
    """Make set-user-id programs powerless; Landlock and seccomp require it."""
    libc_call("prctl", SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def drop_capabilities() -> None:
    """Drop the capabilities that come with a new user namespace."""
    for capability in range(LAST_CAPABILITY + 1):
        libc_call("prctl", DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)
    libc_call("capset", header, bytes(24))


def limit_processes_of_namespace(count: int) -> None:
    """Limit a new pid namespace (Linux 6.14); RLIMIT_NPROC does not bind root."""
    Path("/proc/sys/kernel/pid_max").write_text(str(count))


def limit(memory: int, seconds: int, file_size: int, files: int, processes: int) -> None:
    """Set the resource limits of this process and its children (memory in bytes; -1: none)."""
    for name, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, files),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(name)[1]
        if value == resource.RLIM_INFINITY:
            continue
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value))
