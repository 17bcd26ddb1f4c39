"""How things are said, wherever they are said: limits, numbers with their nouns, places."""

from __future__ import annotations

from grader.model import LimitHit

_UNITS = {"wall": "s", "cell": "s", "cpu": "s of processor time", "memory": "MB", "file_size": "MB", "output": "MB"}
_WORDS = {
    "wall": "ran longer than it may",
    "cell": "has a cell that ran longer than it may",
    "cpu": "used more processor time than it may",
    "memory": "used more memory than it may",
    "processes": "started more processes than it may",
    "file_size": "wrote more into files than it may",
    "output": "printed more than it may",
    "open_files": "opened more files than it may",
}


def passed_limit(limit: LimitHit) -> str:
    """Like "printed more than it may"."""
    return _WORDS.get(limit.name, "passed a limit")


def describe_limit(limit: LimitHit) -> str:
    """Like "at most 8 MB are allowed, 9.1 MB were used"."""
    unit = _UNITS.get(limit.name, "")
    allowed = f"at most {limit.allowed:g} {unit}".rstrip()
    used = f", {limit.used:.4g} {unit}".rstrip() + " were used" if limit.used and limit.used > limit.allowed else ""
    return f"{allowed} are allowed{used}"
