"""The report for screen readers: sentences, no drawing, and what came of it last."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from grader.doctor.extent import Examined
from grader.doctor.file import Diagnosis
from grader.model import Cell, CellError, Notes
from grader.report import doctor, show, spoken, summary

from . import factories
from .test_text import compare

DRAWN = re.compile(r"[│─╳✓✗–•├└]|\^\^|  ")


def plain(status: str, **options: bool) -> str:
    stream = io.StringIO()
    show(factories.VERDICTS[status](), factories.notes(status), Console(file=stream, width=80), plain=True, **options)
    return stream.getvalue()


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_nothing_is_drawn_and_the_summary_is_the_last_line(status: str) -> None:
    text = plain(status)
    assert not DRAWN.search(text)
    assert text.splitlines()[-1] == summary(factories.VERDICTS[status]())
    assert "\n\n" not in text


@pytest.mark.parametrize("status", ["failed", "crashed", "passed"])
def test_each_status_is_spoken_as_its_golden(status: str, update_goldens: bool) -> None:
    compare(f"plain-{status}", plain(status), update_goldens)


def test_brief_is_one_sentence_a_check_and_the_summary() -> None:
    text = plain("failed", brief=True)
    assert len(text.splitlines()) == len(factories.failed().checks) + 1
    assert "(GRAD002, cell 4, line 7)" in text


def test_a_place_is_told_by_columns_as_editors_count_them() -> None:
    finding = replace(factories.failed().findings[0], cell=1, line=2, column=4, end_column=5)
    cells = factories.cells(("a = 1\nb = c + d",))
    assert list(spoken.tell_place(cells, finding)) == ["Cell 1, line 2, column 5: c", "The whole line: b = c + d"]
    assert list(spoken.tell_place(cells, replace(finding, column=None))) == ["Cell 1, line 2: b = c + d"]
    assert list(spoken.tell_place(cells, CellError("E", "", 3))) == ["Cell 3."]


def test_a_finding_of_two_checks_is_told_once() -> None:
    checks = tuple(replace(check, status="failed", findings=(0,)) for check in factories.failed().checks)
    text = "\n".join(spoken.report(replace(factories.failed(), checks=checks), Notes()))
    assert text.count("columns 18 to 31") == 1
    assert text.count("GRAD002, told above:") == len(checks) - 1


def test_a_summary_is_one_line_whatever_a_message_holds() -> None:
    verdict = replace(factories.failed(), message="two\nlines\x1b[31m and a colour.")
    assert summary(verdict) == (
        "02 Detached tensors: failed, 2 of 10 points. two lines and a colour. Next: `python -m grader hint 02` gives "
        "a hint."
    )


def test_a_diagnosis_is_told_in_sentences_and_its_outcome_last() -> None:
    line = "    prediction = tf.round(model(x))"
    finding = replace(factories.failed().findings[0], cell=None, line=1, column=17, end_column=35, source=line)
    crash = CellError("ValueError", "no", None, 2)
    cells = (Cell(1, f"{line}\n    raise ValueError('no')", "failed"),)
    message = "It stopped with ValueError in line 2."
    diagnosis = Diagnosis("train.py", "crashed", False, Examined(), message, "Mend it.", (finding,), cells, crash)
    stream = io.StringIO()
    doctor.show(diagnosis, Console(file=stream, width=80), plain=True)
    told = stream.getvalue()
    assert not DRAWN.search(told)
    assert told.startswith("Line 2: raise ValueError('no')\nGRAD002: ")
    assert "Line 1, columns 18 to 35: tf.round(model(x))\n" in told
    assert told.splitlines()[-1] == f"train.py: stopped, 1 error. {message} Next: Mend it."
