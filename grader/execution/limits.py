"""The exception that ended a cell -> the limit that it ran into, or None where it is the notebook's own affair.

Some limits end the kernel from outside; of others the system tells the notebook, as an exception, and then the cell's
author should read the same: which limit, and how much. Python, NumPy and TensorFlow say it in words of their own.
"""

from __future__ import annotations

import re

from grader.inside.folders import ROOM_FACTOR
from grader.model import CellError, LimitHit, Limits

_SIGNS = (  # the field of Limits, what the type and the message match, times the field's value
    ("open_files", re.compile(r"\[Errno 24\]|; Too many open files"), 1),
    ("file_size", re.compile(r"\[Errno 27\]|; File too large"), 1),
    ("file_size", re.compile(r"\[Errno 28\]|; No space left on device"), ROOM_FACTOR),
    ("processes", re.compile(r"^RuntimeError: can't start new thread|^BlockingIOError: \[Errno 11\]"), 1),
    ("memory", re.compile(r"^\w*MemoryError|\[Errno 12\]|^ResourceExhaustedError:.*(OOM|failed to allocate)", re.S), 1),
)
_AMOUNT = re.compile(r"Unable to allocate ([\d.]+) ([KMGTPE]i)?B")  # NumPy's
_MEGABYTES = {None: 2**-20, "Ki": 2**-10, "Mi": 1, "Gi": 2**10, "Ti": 2**20, "Pi": 2**30, "Ei": 2**40}


def exhausted(error: CellError, limits: Limits, sandboxed: bool) -> LimitHit | None:
    """The limit, with the amount in its unit where the exception says how much was asked for."""
    said = f"{error.type}: {error.message}"
    for name, sign, times in _SIGNS:
        if sign.search(said):
            if times > 1 and not sandboxed:  # then it is this machine's disk that is full
                return None
            asked = _AMOUNT.search(error.message) if name == "memory" else None
            used = float(asked[1]) * _MEGABYTES[asked[2]] if asked else None
            return LimitHit(name, getattr(limits, name) * times, used)
    return None
