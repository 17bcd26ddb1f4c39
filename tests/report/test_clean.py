"""Whatever a notebook's texts hold, no format passes on what could harm a terminal, a browser, a parser or a disk."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from grader.model import (
    Cell,
    CellError,
    Check,
    Comparison,
    Finding,
    GradientCall,
    GradientRecord,
    Notes,
    Status,
    Verdict,
)
from grader.report import FORMATS, LARGEST, clean, render

from . import factories

EVIL = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;http://example.org\x1b\\link \x9b2J \x00\x07\x08\x7f\x85 "
    "\u202eoverride\u2066 \ud800 \ufffe \u2028 ]]> </script><script>alert(1)</script> '\"&"
)


def poisoned(text: str) -> tuple[Verdict, Notes]:
    """A failed verdict in which every text that can come from a notebook is `text`."""
    error = CellError(text, text, cell=1, line=1, column=0, end_column=3, traceback=text)
    finding = Finding(
        "GRAD002", "detached_numpy", "error", 1, 1, 0, 3, text, text, (text,), text, text, (text, "╳", text)
    )
    check = Check("id", text, "failed", 0, 1, text, None, (0,), (Comparison(text, "wrong", text, text, 0.5),))
    record = GradientRecord(text, (2,), text, np.zeros(2), None, nones=1)
    call = GradientCall("gradient", 1, 1, 3, False, (record,), (1.0, float("nan"), 3.0))
    verdict = replace(
        factories.failed(),
        status=Status.CRASHED,
        message=text,
        next_step=text,
        checks=(check,),
        findings=(finding, finding),
        cells=(Cell(1, text, "failed", 0.1, error),),
        training=(call,),
    )
    return verdict, Notes((text,), factories.BUGS, (text,), (text,))


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_passes_on_escapes_or_control_characters(name: str) -> None:
    text = render(*poisoned(EVIL), name)
    odd = {
        unicodedata.name(c, hex(ord(c))) for c in text if unicodedata.category(c) in ("Cc", "Cs", "Cf") and c != "\n"
    }
    assert not odd
    text.encode("utf-8")


def test_what_is_left_is_the_text() -> None:
    assert clean.text("\x1b[1;31mValueError\x1b[0m: \x1b]0;x\x07bad\r\nnews\x1b") == "ValueError: bad\nnews"
    assert clean.text("naïve 梯度 👩‍🔬 ∂") == "naïve 梯度 👩‍🔬 ∂"


def test_code_keeps_its_lines_and_columns() -> None:
    source = "a\x0cb\r\nc\x1b[31md\re\tf\u2028g"
    cleaned = clean.code(source)
    assert cleaned == "a\ufffdb\nc\ufffd[31md\ne\tf\ufffdg"


def test_xml_and_json_can_be_parsed_back() -> None:
    verdict, notes = poisoned(EVIL)
    suite = ET.fromstring(render(verdict, notes, "junit"))
    assert "override" in (suite.find("testsuite/testcase[2]/failure") or suite[0][1][0]).attrib["message"]
    assert "override" in json.loads(render(verdict, notes, "json"))["message"]
    assert "override" in json.loads(render(verdict, notes, "gradescope"))["tests"][0]["output"]


def test_html_escapes_everything() -> None:
    page = render(*poisoned(EVIL), "html")
    assert "<script" not in page
    assert not re.search(r"<[^>]*alert", page)


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_stays_small_whatever_comes(name: str) -> None:
    verdict, notes = poisoned("&'\"<界 " * 300_000)
    check, finding, call = verdict.checks[0], verdict.findings[0], verdict.training[0]
    monster = replace(
        verdict,
        checks=(replace(check, comparisons=check.comparisons * 5_000, findings=tuple(range(300))),) * 12,
        findings=(replace(finding, path=finding.path * 500),) * 300,
        training=(replace(call, sources=call.sources * 2_000, losses=(1.0,) * 100_000),) * 200,
        losses=(1.0,) * 1_000_000,
    )
    text = render(monster, replace(notes, hints=notes.hints * 1_000), name)
    assert len(text.encode()) <= LARGEST
    assert clean.SHORTENED in " ".join(text.split())


def test_a_million_lines_of_code_are_only_excerpted() -> None:
    source = "\n".join(f"x{n} = 1  # {'long ' * 50}" for n in range(100_000))
    error = CellError("ValueError", "no", cell=1, line=50_000, column=0, end_column=6)
    verdict = replace(factories.crashed(), cells=(Cell(1, source, "failed", error=error),))
    for name in FORMATS:
        text = render(verdict, Notes(solution=(source,), repaired=(source,)), name)
        assert len(text.encode()) < 200_000
        assert ("x49999" in text) == (name != "json")


def test_a_shortened_message_says_how_much_is_missing() -> None:
    verdict = replace(factories.failed(), message="so " * 10_000)
    message = json.loads(render(verdict, Notes(), "json"))["message"]
    assert message.endswith("(28,000 more characters)") and len(message) < 2_100


def test_the_end_of_a_long_traceback_is_kept() -> None:
    cells = factories.crashed().cells
    assert cells[4].error is not None
    error = replace(cells[4].error, traceback="frame\n" * 50_000 + "the last words")
    verdict, _ = clean.presentable(replace(factories.crashed(), cells=(replace(cells[4], error=error),)), Notes())
    assert verdict.cells[0].error is not None
    traceback = verdict.cells[0].error.traceback
    assert traceback.startswith("…") and traceback.endswith("the last words") and len(traceback) < 7_000


def test_dropped_findings_are_not_pointed_to() -> None:
    many = replace(factories.failed(), findings=factories.failed().findings[:1] * 80)
    many = replace(many, checks=(replace(many.checks[1], findings=(0, 79)),))
    verdict, _ = clean.presentable(many, Notes())
    assert len(verdict.findings) == 50 and verdict.checks[0].findings == (0,)
    assert verdict.message.endswith(clean.SHORTENED)


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_a_usual_verdict_is_not_changed_but_for_tensorflows_noise(status: str) -> None:
    verdict = factories.VERDICTS[status]()
    tidied, _ = clean.presentable(verdict, factories.notes(status))
    assert replace(tidied, cells=verdict.cells) == verdict
