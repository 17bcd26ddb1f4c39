"""How numbers, places and limits are said."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from grader.model import LimitHit, Limits
from grader.words import LIMITS, exceeded, number, out_of, place, plural, points, score_in_words

SANDBOX_PAGE = Path(__file__).parent.parent / "docs" / "sandbox.md"


def test_every_limit_has_its_words_and_its_line_in_the_docs() -> None:
    names = [field.name for field in fields(Limits)]
    assert list(LIMITS) == names
    assert all(
        f"| `{name}` | {number(getattr(Limits(), name)).replace(',', '')}" in SANDBOX_PAGE.read_text() for name in names
    )


@pytest.mark.parametrize(
    ("hit", "text", "timeout"),
    [
        (LimitHit("wall", 120.0, 120.0), "exceeded the limit of 120 s for the notebook in cell 2", True),
        (LimitHit("cpu", 240.0, 240.3), "exceeded the limit of 240 s of processor time in cell 2 (240.3 s used)", True),
        (
            LimitHit("memory", 3072, 4100.04),
            "exceeded the limit of 3,072 MB of memory in cell 2 (4,100.04 MB used)",
            False,
        ),
        (LimitHit("processes", 512, 513), "exceeded the limit of 512 processes in cell 2 (513 processes used)", False),
        (LimitHit("open_files", 1024), "exceeded the limit of 1,024 open files in cell 2", False),
    ],
)
def test_a_limit_is_said_with_its_number(hit: LimitHit, text: str, timeout: bool) -> None:
    assert exceeded(hit, " in cell 2") == text
    assert hit.is_timeout == timeout


def test_numbers_stand_with_their_nouns() -> None:
    assert (plural(1, "step"), plural(2000, "step"), plural(2, "entry", "entries")) == (
        "1 step",
        "2,000 steps",
        "2 entries",
    )
    assert (number(1200), number(2.5), number(float("inf"))) == ("1,200", "2.5", "inf")
    assert (points(7.5), points(10.0), points(0.333)) == ("7.5", "10", "0.33")
    assert (out_of(3, 10), score_in_words(2.5, 10)) == ("3 / 10", "2.5 of 10 points")


def test_a_place_is_a_cell_and_a_line() -> None:
    assert (place(3, 4), place(3, None), place(None, 4), place(None, None)) == (
        "cell 3, line 4",
        "cell 3",
        "line 4",
        "",
    )
