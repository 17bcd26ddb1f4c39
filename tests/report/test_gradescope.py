"""Gradescope's results.json, as https://gradescope-autograders.readthedocs.io/en/latest/specs/ describes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from grader.report import render

from . import factories

VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}


def results(status: str) -> dict[str, Any]:
    return dict(json.loads(render(factories.VERDICTS[status](), factories.notes(status), "gradescope")))


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_the_document_is_what_gradescope_reads(status: str) -> None:
    told = results(status)
    assert isinstance(told["score"], float | int) and isinstance(told["execution_time"], int)
    assert {told["visibility"], told["stdout_visibility"]} <= VISIBILITY
    assert {told["output_format"], told["test_output_format"], told["test_name_format"]} == {"text"}
    assert told["output"]
    for test in told["tests"]:
        assert set(test) == {"name", "score", "max_score", "status", "output", "visibility"}
        assert test["status"] in {"passed", "failed"} and test["visibility"] in VISIBILITY


def test_points_add_up() -> None:
    told = results("failed")
    assert sum(test["score"] for test in told["tests"]) == told["score"] == 2
    assert sum(test["max_score"] for test in told["tests"]) == 10


def test_a_skipped_check_says_why_and_a_failed_one_shows_the_line() -> None:
    tests = {test["name"]: test for test in results("failed")["tests"]}
    skipped = tests["gradients match on hidden data"]
    assert skipped["status"] == "failed" and skipped["output"].startswith("Skipped: needs “every trainable variable")
    assert "hidden.numpy()" in tests["every trainable variable receives a gradient"]["output"]


def test_a_crash_shows_the_cell_to_the_whole_submission() -> None:
    assert "cell 4, line 8" in results("crashed")["output"]
    assert "head(scaled) - y" in results("crashed")["output"]
