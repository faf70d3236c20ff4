"""A filter of system calls: for what namespaces, Landlock and limits leave open.

- Keys: the kernel's keyrings belong to the user and know no namespace.
- New namespaces: in one of its own a submission would have every capability again, and reach the
  parts of the kernel that few have tested; mounting is of no use without them.
- Sockets other than Unix, IP and routing: AF_VSOCK talks to the machine's hypervisor, and no
  network namespace holds it back.
- io_uring, bpf, userfaultfd, perf: large, seldom needed, and often the way in.
- Looking into other processes (ptrace): init is the same user as the submission.
- Memory files (memfd): they count for no process and lie on no disk, so no limit would bind them.

What is refused fails with an error as if the kernel lacked it; nothing is killed. Calls that the
filter does not know are allowed: it is the last layer, and a list of all that some program may need
would break with the next version of the C library.

Stands alone: the zygote loads it by path and must never import the checks package.
"""

import ctypes
import errno
import functools
import platform
import struct

SET_SECCOMP, FILTER = 22, 2
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000  # the calls of a second interface of x86-64
NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS ... CLONE_NEWNET
SOCKET_FAMILIES = (1, 2, 10, 16)  # unix, IPv4, IPv6, netlink (getaddrinfo asks it for interfaces)

# The number of each call on x86-64 and on ARM64.
REFUSED = {
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438), "kcmp": (312, 272), "setns": (308, 268),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "quotactl": (179, 60), "syslog": (103, 116), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "fanotify_init": (300, 262), "vhangup": (153, 58),
    "sethostname": (170, 161), "setdomainname": (171, 162),
}  # fmt: skip
# For these the C library has another way when the kernel has none. The flags of clone3 lie in
# memory, where a filter cannot look.
MISSING = {"clone3": (435, 435), "memfd_create": (319, 279), "memfd_secret": (447, 447)}
SOCKET, CLONE, UNSHARE = (41, 198), (56, 220), (272, 97)

# Instructions of the kernel's packet filter.
LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, ERROR = 0x7FFF0000, 0x00050000
Instruction = tuple[int, int, int, int]


def refuse_calls() -> None:
    """Install the filter for this process and all that it starts; no_new_privs must be set."""
    code = compiled(platform.machine())
    buffer = ctypes.create_string_buffer(code)
    head = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_SECCOMP, FILTER, ctypes.create_string_buffer(head), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl: no filter of system calls")


@functools.cache
def compiled(machine: str) -> bytes:
    """Return the filter as the kernel reads it."""
    return b"".join(struct.pack("HBBI", *each) for each in program(machine))


def program(machine: str) -> list[Instruction]:
    """Return the filter for a machine; OSError when its numbers are not known."""
    if machine not in AUDIT_ARCH:
        raise OSError(errno.ENOSYS, f"the numbers of system calls on {machine} are not known")
    column = list(AUDIT_ARCH).index(machine)
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        _error(errno.ENOSYS),  # another interface of the same machine, with other numbers
        (LOAD, 0, 0, NUMBER),
        (JUMP_GREATER_EQUAL, 0, 1, X32),
        _error(errno.ENOSYS),
        *(part for numbers in REFUSED.values() for part in _refuse(numbers[column], errno.EPERM)),
        *(part for numbers in MISSING.values() for part in _refuse(numbers[column], errno.ENOSYS)),
        *_refuse_flags(CLONE[column]),
        *_refuse_flags(UNSHARE[column]),
        *_refuse_families(SOCKET[column]),
        (RETURN, 0, 0, ALLOW),
    ]


def _refuse(number: int, code: int) -> list[Instruction]:
    return [(JUMP_EQUAL, 0, 1, number), _error(code)]


def _refuse_flags(number: int) -> list[Instruction]:
    return [
        (JUMP_EQUAL, 0, 4, number),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_ANY_BIT, 0, 1, NEW_NAMESPACES),
        _error(errno.EPERM),
        (RETURN, 0, 0, ALLOW),
    ]


def _refuse_families(number: int) -> list[Instruction]:
    left = len(SOCKET_FAMILIES)
    tests = [(JUMP_EQUAL, left - at, 0, each) for at, each in enumerate(SOCKET_FAMILIES)]
    return [
        (JUMP_EQUAL, 0, left + 3, number),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        *tests,
        _error(errno.EAFNOSUPPORT),
        (RETURN, 0, 0, ALLOW),
    ]


def _error(code: int) -> Instruction:
    return RETURN, 0, 0, ERROR | code
