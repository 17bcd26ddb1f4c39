"""JUnit XML: what the schemas of CI systems have in common, and no crash that looks like success."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from grader.report import render

from . import factories

OUTCOMES = {"failure", "error", "skipped"}


def suite(status: str) -> ET.Element:
    root = ET.fromstring(render(factories.VERDICTS[status](), factories.notes(status), "junit"))
    assert root.tag == "testsuites" and [child.tag for child in root] == ["testsuite"]
    return root[0]


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_the_document_is_what_ci_systems_expect(status: str) -> None:
    whole = suite(status)
    cases = list(whole)
    assert {case.tag for case in cases} == {"testcase"}
    for case in cases:
        assert set(case.attrib) == {"classname", "name", "time"}
        assert float(case.attrib["time"]) >= 0
        assert [child.tag for child in case] in ([], ["failure"], ["error"], ["skipped"])
        assert all("message" in child.attrib for child in case)
    assert len({(case.attrib["classname"], case.attrib["name"]) for case in cases}) == len(cases)
    assert whole.attrib["name"] == "02_detached_tensors" and float(whole.attrib["time"]) >= 0
    assert int(whole.attrib["tests"]) == len(cases)
    for counter, outcome in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
        assert int(whole.attrib[counter]) == len(whole.findall(f"testcase/{outcome}"))


@pytest.mark.parametrize("status", ["crashed", "timed_out", "killed", "ungradable", "error"])
def test_a_notebook_that_did_not_run_is_an_error_and_not_only_skips(status: str) -> None:
    errors = suite(status).findall("testcase/error")
    assert [error.attrib["type"] for error in errors] == [status]


def test_each_check_is_one_case() -> None:
    whole = suite("failed")
    assert [case.attrib["name"] for case in whole] == [check.title for check in factories.failed().checks]
    failure = whole.find("testcase/failure")
    assert failure is not None and "hidden.numpy()" in (failure.text or "")
    skipped = whole.find("testcase/skipped")
    assert skipped is not None and skipped.attrib["message"].startswith("needs “every trainable")
