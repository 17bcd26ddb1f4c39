"""The system call filter's numbers, against the headers of the system where it has them, and its shape."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.inside import seccomp

from ..conftest import missing

HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"),),
}
SPECIAL = {
    "clone": seccomp.CLONE,
    "clone3": seccomp.CLONE3,
    "ioctl": seccomp.IOCTL,
    "personality": seccomp.PERSONALITY,
    "prlimit64": seccomp.PRLIMIT,
    "setpriority": seccomp.SETPRIORITY,
    "socket": seccomp.SOCKET,
}


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_are_those_of_the_system(machine: str) -> None:
    header = next((path for path in HEADERS[machine] if path.exists()), None)
    if header is None:
        missing(f"no header with the system calls of {machine}")
        return
    lines = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    known = {name: int(number) for name, number in lines}
    column = seccomp.MACHINES[machine][0]
    ours = {name: numbers[column] for name, numbers in {**seccomp.DENIED, **SPECIAL}.items()}
    wrong = {name: number for name, number in ours.items() if name in known and known[name] != number}
    assert not wrong
    assert len(set(ours) & set(known)) > 50


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_jumps_stay_inside_and_every_path_returns(machine: str) -> None:
    lines = seccomp.program(machine)
    assert len(lines) < 4096  # BPF_MAXINSNS
    for index, (code, yes, no, _operand) in enumerate(lines):
        if code in (seccomp.EQUAL, seccomp.AT_LEAST, seccomp.ANY_BIT):
            assert index + 1 + max(yes, no) < len(lines)
    assert lines[-1] == (seccomp.RETURN, 0, 0, seccomp.ALLOW)
