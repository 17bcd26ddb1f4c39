"""Walls between a forked kernel and its siblings: namespaces, mounts, capabilities.

The fork server lives in a bubblewrap sandbox that it shares with every kernel it forks. So each child puts itself into
namespaces of its own before a notebook's code runs: `enter_namespaces`, then a fork (the child is process 1 of its
namespace), then `build_room` there, and `drop_capabilities` in the process that becomes the kernel. Through ctypes:
os.unshare exists from Python 3.12 only, mount and capset not at all. Untrusted side; standard library only.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 4, 24, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION_3 = 0x20080522

USER = 1000  # the notebook's user and group inside; nobody in particular outside
SPACE = "/clinic-space"  # where the child's one writable file system is mounted before its parts are put in place
WORK = "/clinic"  # a checkout with its interpreter may lie in /work
INODES = 20_000

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def prctl(option: int, value: int = 0) -> None:
    _check(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl {option}")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    result = _libc.mount(source.encode(), target.encode(), kind and kind.encode(), ctypes.c_ulong(flags), data.encode())
    _check(result, f"mount {target}")


def enter_namespaces() -> None:
    """Leave everything that is shared with the siblings. The next fork is process 1 of the new process namespace."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET
    _check(_libc.unshare(flags), "unshare")  # EINVAL when this process has a second thread
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{USER} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{USER} {gid} 1")
    _loopback_up()


def _loopback_up() -> None:
    """ipykernel binds a pipe of its own on 127.0.0.1; this one is the namespace's own and leads nowhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        request = fcntl.ioctl(link, SIOCGIFFLAGS, struct.pack("16sh22x", b"lo", 0))
        flags = struct.unpack_from("16sh", request)[1]
        fcntl.ioctl(link, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def build_room(size: int, shown: Sequence[str] = ()) -> None:
    """The child's own view of the file system. Runs as process 1 of the new namespaces, with all capabilities there.

    All that the notebook can write is one file system of `size` bytes in memory. `shown`: folders below /tmp that
    must stay visible, such as a virtual environment in a continuous integration's workspace.
    """
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    kept = [(folder, os.open(folder, os.O_PATH | os.O_CLOEXEC)) for folder in shown]
    mount("tmpfs", SPACE, "tmpfs", MS_NOSUID | MS_NODEV, f"size={size},nr_inodes={INODES},mode=0755")
    for name, target in (("work", WORK), ("tmp", "/tmp"), ("shm", "/dev/shm")):
        part = f"{SPACE}/{name}"
        Path(part).mkdir(mode=0o700)
        mount(part, target, None, MS_BIND)
    for folder, descriptor in kept:
        Path(folder).mkdir(parents=True)
        mount(f"/proc/self/fd/{descriptor}", folder, None, MS_BIND | MS_REC)
        os.close(descriptor)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _check(_libc.umount2(SPACE.encode(), MNT_DETACH), f"umount {SPACE}")
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


def drop_capabilities() -> None:
    """Give up every capability for good, also for programs that are executed later."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        prctl(PR_CAPBSET_DROP, capability)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, bytes(24)), "capset")


def no_new_privileges() -> None:
    """Programs that are executed gain nothing, whatever bits their files have; a system call filter requires it."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
