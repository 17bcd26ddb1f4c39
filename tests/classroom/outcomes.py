"""What became of a batch: what it told as it went, the rows that it left, and the processes that it should not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from grader.classroom.gradebook import Gradebook

from ..conftest import wait_until


class Watched:
    """Counts, and remembers the slowest that it was shown."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.slowest = ("", 0.0)

    def finished(self, status: str) -> None:
        self.counts[status] += 1

    def look(self, running: Iterable[tuple[str, float]]) -> None:
        self.slowest = max([self.slowest, *running], key=lambda item: item[1])


def statuses(output: Path) -> dict[str, str]:
    with Gradebook(output) as gradebook:
        rows = gradebook.rows()
    assert len({row.student for row in rows}) == len(rows)
    return {row.student: row.status for row in rows}


def wait_until_gone(group: int) -> None:
    """Wait for the end of a batch and its workers."""
    wait_until(lambda: not in_group(group))


def in_group(group: int) -> list[int]:
    """Processes that are left of a batch and its workers; zombies don't count."""
    left = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                left.append(int(entry.name))
    return left
