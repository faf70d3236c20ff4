"""Keep a process inside some folders of the filesystem (Linux Landlock, no privilege needed).

Stands alone: the zygote loads it by path and must never import the checks package.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH = 1
VERSION_FLAG = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE = 1 << 14
READ = EXECUTE | READ_FILE | READ_DIR
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | 1 << 15
# What each version of the kernel's interface can handle: later bits are unknown to it.
FILESYSTEM_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3


_LIBC = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the kernel's Landlock version, 0 when it has none."""
    abi: int = _LIBC.syscall(CREATE_RULESET, None, 0, VERSION_FLAG)
    return max(0, abi)


def restrict(readable: Iterable[str | Path], writable: Iterable[str | Path]) -> None:
    """Deny this process every file but these; no_new_privs must be set already."""
    abi = version()
    if not abi:
        raise OSError("this kernel has no Landlock")
    handled = (1 << FILESYSTEM_BITS.get(abi, 16)) - 1
    ruleset = _create(handled, abi)
    try:
        for path in readable:
            _allow(ruleset, path, handled & READ)
        for path in writable:
            _allow(ruleset, path, handled)
        _check(_LIBC.syscall(RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _create(handled: int, abi: int) -> int:
    scoped = SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0
    # Older kernels refuse a longer structure only when the extra bytes are not zero.
    attributes = struct.pack("=QQQ", handled, 0, scoped)
    ruleset: int = _LIBC.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    return _check(ruleset, "landlock_create_ruleset")


def _allow(ruleset: int, path: str | Path, access: int) -> None:
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no permission
    try:
        if not Path(path).is_dir():
            access &= ON_FILES
        rule = struct.pack("=Qi", access, target)
        _check(_LIBC.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0), f"allow {path}")
    finally:
        os.close(target)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
