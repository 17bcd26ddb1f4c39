"""The system calls that a notebook's kernel may not make, as a filter that nothing inside can take off again.

A deny list: TensorFlow, its thread pools and XLA use too many calls for an allow list to stay right. What is denied
either widens what the Linux kernel exposes (io_uring, bpf, keys, perf), undoes a wall (mount, unshare, ptrace), hides
memory from the watchdog (memfd, System V segments), or lets the notebook weaken its supervisor, which has process id 1
in the notebook's namespace. Untrusted side; imports nothing but the standard library.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

# name: (number on x86-64, number on aarch64); None where the call does not exist
DENIED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
    "vmsplice": (278, 75),
}
CLONE, CLONE3, IOCTL, PRLIMIT, SETPRIORITY, SOCKET, PERSONALITY = (
    (56, 220),
    (435, 435),
    (16, 29),
    (302, 261),
    (141, 140),
    (41, 198),
    (135, 92),
)
SCHEDULING = ((142, 118), (144, 119), (203, 122), (314, 274))  # sched_setparam, _setscheduler, _setaffinity, _setattr

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, and AUDIT_ARCH
X32 = 0x40000000  # the other ABI of x86-64: the same calls under other numbers
NEW_NAMESPACES = 0x7E020000  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6; AF_VSOCK would reach the host of a virtual machine
AF_NETLINK, NETLINK_ROUTE = 16, 0  # zmq asks it for the names of interfaces when it binds to 127.0.0.1
FAKE_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE = 0, 4  # offsets in struct seccomp_data

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def _argument(index: int) -> Instruction:
    """Load the low half of an argument (both machines are little-endian)."""
    return (LOAD, 0, 0, 16 + 8 * index)


def _fail(code: int) -> Instruction:
    return (RETURN, 0, 0, ERRNO | code)


def program(machine: str) -> list[Instruction]:
    """The filter. Each rule ends the filter or falls through to the next with the call's number loaded."""
    column, architecture = MACHINES[machine]
    number: Instruction = (LOAD, 0, 0, NUMBER)
    lines: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        number,
        (AT_LEAST, 0, 1, X32),
        _fail(errno.ENOSYS),
    ]

    def deny(call: int | None, code: int = errno.EPERM) -> None:
        if call is not None:
            lines.extend([(EQUAL, 0, 1, call), _fail(code)])

    def inspect(call: int, *checks: Instruction) -> None:
        """Where it is this call: run the checks, then load the number again for the rules that follow."""
        lines.extend([(EQUAL, 0, len(checks) + 1, call), *checks, number])

    for name, numbers in DENIED.items():
        deny(numbers[column], errno.ENOSYS if name.startswith(("io_uring", "memfd")) else errno.EPERM)
    deny(CLONE3[column], errno.ENOSYS)  # its flags lie behind a pointer; glibc then falls back to clone
    refuse = _fail(errno.EPERM)
    inspect(CLONE[column], _argument(0), (ANY_BIT, 0, 1, NEW_NAMESPACES), refuse)
    inspect(PRLIMIT[column], _argument(0), (EQUAL, 1, 0, 0), refuse)  # its own limits only
    inspect(SETPRIORITY[column], _argument(0), (EQUAL, 1, 0, 0), refuse, _argument(1), (EQUAL, 1, 0, 0), refuse)
    inspect(PERSONALITY[column], _argument(0), (EQUAL, 2, 0, 0), (EQUAL, 1, 0, 0xFFFFFFFF), refuse)
    inspect(IOCTL[column], _argument(1), (EQUAL, 1, 0, FAKE_INPUT[0]), (EQUAL, 0, 1, FAKE_INPUT[1]), refuse)
    inspect(
        SOCKET[column],
        _argument(0),
        *((EQUAL, len(FAMILIES) - i + 3, 0, family) for i, family in enumerate(FAMILIES)),
        (EQUAL, 0, 2, AF_NETLINK),
        _argument(2),
        (EQUAL, 1, 0, NETLINK_ROUTE),
        _fail(errno.EAFNOSUPPORT),
    )
    for call in SCHEDULING:
        inspect(call[column], _argument(0), (EQUAL, 0, 1, 1), refuse)
    lines.append((RETURN, 0, 0, ALLOW))
    return lines


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install() -> None:
    """Put the filter on this process and all that it will start. no_new_privs must be set. Raises OSError."""
    machine = os.uname().machine
    if machine not in MACHINES:
        raise OSError(errno.ENOSYS, f"no system call filter for {machine}")
    lines = program(machine)
    code = b"".join(struct.pack("=HBBI", *line) for line in lines)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    set_seccomp, filter_mode = 22, 2
    if prctl(set_seccomp, filter_mode, ctypes.byref(_Program(len(lines), code)), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the system call filter could not be installed")
