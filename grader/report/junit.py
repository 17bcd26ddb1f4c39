"""A verdict as JUnit XML, which CI systems show: one test suite, one test case a check. A notebook that did not run
to its end gets one more test case, which is in error: its checks are merely skipped, and would be shown as no trouble
at all."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from grader.model import Check, Notes, Status, Verdict
from grader.report import terminal, words

_RUNS = "the notebook can be graded"


def render(verdict: Verdict, notes: Notes) -> str:
    suite = ET.Element("testsuite", name=verdict.exercise or "notebook")
    if verdict.status not in (Status.PASSED, Status.FAILED):
        case = _case(suite, verdict, _RUNS, "")
        problem = ET.SubElement(case, "error", type=str(verdict.status), message=verdict.message)
        problem.text = terminal.plain(verdict, notes)
    for check in verdict.checks:
        _check(suite, verdict, check)
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for counter, outcome in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(counter, str(len(suite.findall(f"testcase/{outcome}"))))
    suite.set("time", f"{verdict.timing.total:.3f}")
    root = ET.Element("testsuites", {key: suite.attrib[key] for key in ("tests", "failures", "errors", "time")})
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _check(suite: ET.Element, verdict: Verdict, check: Check) -> None:
    case = _case(suite, verdict, check.title, f".{check.id}")
    if check.status == "passed":
        return
    if check.status == "skipped":
        ET.SubElement(case, "skipped", message=words.skip_reason(verdict, check))
        return
    kind = "error" if check.status == "error" else "failure"
    problem = ET.SubElement(case, kind, type=check.status, message=check.message or check.title)
    problem.text = terminal.plain_check(verdict, check)


def _case(suite: ET.Element, verdict: Verdict, title: str, suffix: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=f"{verdict.exercise or 'notebook'}{suffix}", name=title, time="0")
