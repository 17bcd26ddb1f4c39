"""What processes use: memory, processor time, threads. Reads /proc; standard library only.

A kernel's supervisor measures with it; the trusted side, which watches cold kernels, shares the reading of Pss.
"""

from __future__ import annotations

import os
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
MB = 2**20
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def processes() -> list[int]:
    """All processes of this namespace."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def descendants(root: int) -> list[int]:
    """Those that `root` started, directly or not, and that still have a living parent among them."""
    children: dict[int, list[int]] = {}
    for pid in processes():
        status = stat(pid)
        if status is not None:
            children.setdefault(int(status[1]), []).append(pid)
    found, waiting = [], [root]
    while waiting:
        waiting += (below := children.get(waiting.pop(), []))
        found += below
    return found


def stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on (the third field), or None when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def seconds_and_threads(pids: list[int]) -> tuple[float, int]:
    """Processor time, including that of children which have been waited for, and the number of threads."""
    ticks = threads = 0
    for pid in pids:
        fields = stat(pid)
        if fields is not None:
            ticks += sum(int(field) for field in fields[11:15])
            threads += int(fields[17])
    return ticks / TICKS, threads


def memory(pids: list[int], worth_a_look: int) -> int:
    """Bytes, each page shared by n processes counted as 1/n.

    Reading Pss walks a process's page tables (5 ms for a kernel with TensorFlow). Resident memory is never less
    and costs nothing to read, so Pss is read only when resident memory is above `worth_a_look`.
    """
    resident = sum(_resident(pid) for pid in pids)
    if resident <= worth_a_look:
        return resident
    shares = ((pid, proportional(pid)) for pid in pids)
    return sum(_resident(pid) if share is None else share for pid, share in shares)


def proportional(pid: int) -> int | None:
    """Bytes that a process adds to the machine's load (Pss); None where the system does not report it."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), None)


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0
