"""A verdict as the results.json of a Gradescope autograder
(https://gradescope-autograders.readthedocs.io/en/latest/specs/): the score, a text for the whole submission, and one
test for each check. Gradescope knows only passed and failed, so a skipped check is a failed one that says why it was
skipped."""

from __future__ import annotations

import json
from typing import Any

from grader.model import Check, Notes, Verdict
from grader.report import terminal, words


def render(verdict: Verdict, notes: Notes) -> str:
    results = {
        "score": verdict.score,
        "execution_time": max(0, round(verdict.timing.total)),
        "output": _output(verdict, notes),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(verdict, check) for check in verdict.checks],
    }
    return json.dumps(results, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _output(verdict: Verdict, notes: Notes) -> str:
    """What belongs to no check: all there is when a notebook did not run to its end."""
    if verdict.checks and not words.stopped_cell(verdict):
        return "\n".join(part for part in (verdict.message, verdict.next_step) if part)
    return terminal.plain(verdict, notes)


def _test(verdict: Verdict, check: Check) -> dict[str, Any]:
    return {
        "name": check.title,
        "score": check.points,
        "max_score": check.max_points,
        "status": "passed" if check.status == "passed" else "failed",
        "output": terminal.plain_check(verdict, check).strip(),
        "visibility": "visible",
    }
