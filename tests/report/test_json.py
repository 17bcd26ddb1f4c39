"""The results JSON: valid against its schema, and exactly the documented keys."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from grader.model import LimitHit, Limits, Notes, Status
from grader.report import render

from . import factories

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    schema = json.loads((DOCS / "results.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return dict(schema)


def results(status: str) -> dict[str, Any]:
    return dict(json.loads(render(factories.VERDICTS[status](), factories.notes(status), "json")))


def test_there_is_a_factory_for_every_status() -> None:
    assert set(factories.VERDICTS) == set(Status)


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_each_status_is_valid(status: str, schema: dict[str, Any]) -> None:
    Draft202012Validator(schema).validate(results(status))
    assert results(status)["status"] == status


@pytest.mark.parametrize(
    "change",
    [
        {"status": "skipped"},
        {"status": "error"},  # costs no attempt, so it has no points
        {"format_version": 2},
        {"limit": {"name": "patience", "allowed": 1, "used": None}},
        {"notebook_sha256": "abc"},
        {"extra": 1},
    ],
)
def test_the_schema_refuses_what_is_not_in_the_contract(change: dict[str, Any], schema: dict[str, Any]) -> None:
    assert not Draft202012Validator(schema).is_valid(results("failed") | change)


def test_every_key_is_always_there_and_has_a_row_in_the_docs(schema: dict[str, Any]) -> None:
    assert set(schema["required"]) == set(schema["properties"]) == set(results("failed"))
    words = (DOCS / "results.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`([a-z_0-9]+)`", words))
    keys = set(schema["properties"])
    for part in schema["$defs"].values():
        assert set(part["required"]) == set(part["properties"])
        keys |= set(part["properties"])
    assert keys <= documented
    assert set(Status) <= documented


def test_every_limit_is_in_the_schema(schema: dict[str, Any]) -> None:
    assert set(schema["$defs"]["limit"]["properties"]["name"]["enum"]) == set(Limits.__dataclass_fields__)


def test_a_limit_of_unknown_use_is_null() -> None:
    verdict = replace(factories.killed(), limit=LimitHit("memory", 3072, float("nan")))
    assert json.loads(render(verdict, Notes(), "json"))["limit"] == {"name": "memory", "allowed": 3072, "used": None}


def test_checks_keep_the_exercises_order_and_point_to_their_findings() -> None:
    told = results("failed")
    assert [check["id"] for check in told["checks"]] == [check.id for check in factories.failed().checks]
    assert told["findings"][told["checks"][1]["findings"][0]]["code"] == "GRAD002"
