"""Which findings of the doctor explain which failed check."""

from __future__ import annotations

import pytest

from grader.grading.verdict import explained
from grader.model import Check, Comparison, Exercise, Finding, Match, Status, Verdict
from grader.model.codes import CODES


@pytest.mark.parametrize(
    ("cause", "complaint", "explains"),
    [
        ("detached_numpy", "none", True),
        ("detached_numpy", "wrong", True),
        ("singular_point", "nan", True),
        ("singular_point", "wrong", False),  # it became infinite later, in a training that diverged
    ],
)
def test_a_finding_explains_a_complaint_of_its_kind(
    line: Exercise, cause: str, complaint: Match, explains: bool
) -> None:
    check = line.checks[0]
    row = Comparison("slope", complaint, "0.8", "0.9")
    verdict = Verdict(
        line.id,
        line.title,
        "",
        Status.FAILED,
        "",
        "",
        0,
        10,
        (Check(check.id, check.title, "failed", 0, check.points, "wrong", comparisons=(row,)),),
    )
    finding = Finding(
        code=CODES[cause],
        cause=cause,
        severity="error",
        cell=9,
        line=1,
        column=None,
        end_column=None,
        source="",
        operation="",
        variables=("slope",),
        message="",
        next_step="",
        path=(),
    )
    assert explained(line, verdict, (finding,)).checks[0].findings == ((0,) if explains else ())
