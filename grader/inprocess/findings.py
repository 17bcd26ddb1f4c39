"""What one gets from a block: findings to print, to show in a notebook, to iterate over, to check in a test.

The object is there from the block's first line on, and is filled at its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.inprocess.conclusion import Result
from grader.model import Finding


class UnhealthyGradients(AssertionError):  # noqa: N818  read in a test's report, where an Error would be the doctor's
    """`findings.check()`: a gradient does not arrive where it is asked for, or none could be examined."""


class Findings:
    """Iterates over the findings, the likeliest culprit first. Each has its line; `file_of` has its file."""

    def __init__(self) -> None:
        self._result = Result("The block has not ended yet.")

    def fill(self, result: Result) -> None:
        self._result = result

    @property
    def healthy(self) -> bool | None:
        """True: gradients were examined, and no error was found. None: nothing could be concluded."""
        return self._result.healthy

    @property
    def message(self) -> str:
        return self._result.message

    @property
    def limits(self) -> tuple[str, ...]:
        """What cannot be known of this block, in sentences."""
        return self._result.limits

    def __iter__(self) -> Iterator[Finding]:
        return iter([replace(finding, cell=None) for finding in self._result.findings])

    def __len__(self) -> int:
        return len(self._result.findings)

    def __getitem__(self, index: int) -> Finding:
        return list(self)[index]

    def file_of(self, index: int) -> str:
        """The name of the file, or of the notebook's cell, in which a finding's line is."""
        return self._result.labels[self._result.findings[index].cell]

    def check(self) -> None:
        """Raise UnhealthyGradients unless gradients were examined and no error was found."""
        if not self.healthy:
            raise UnhealthyGradients(f"\n{self}")

    def __str__(self) -> str:
        from grader.inprocess import showing

        return showing.text(self._result)

    __repr__ = __str__

    def html(self) -> str:
        """A fragment of HTML with its own styles."""
        from grader.inprocess import showing

        return showing.html(self._result)

    _repr_html_ = html
