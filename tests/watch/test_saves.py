"""Which saves are news: real files, saved as editors save them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from queue import Empty, SimpleQueue

import pytest

from grader.course.notebook import Notebook
from grader.model.errors import UngradableError
from grader.watch.saves import HALF_WRITTEN_SECONDS, Saves

from .conftest import Desk

SOON, NEVER = 3.0, 0.6  # seconds to wait for what must come, and for what must not

News = SimpleQueue[Notebook | UngradableError]


@pytest.fixture
def seen(desk: Desk) -> Iterator[News]:
    """What is told of a notebook's saves, after the text with which it begins."""
    told: News = SimpleQueue()
    with closing(Saves(desk.notebook, told.put, told.put)):
        assert "intercept.numpy()" in cells(told)[1]
        yield told


def cells(told: News) -> tuple[str, ...]:
    """Of the text that is told next."""
    notebook = told.get(timeout=SOON)
    assert isinstance(notebook, Notebook)
    return notebook.cells


def silent(told: News) -> bool:
    try:
        return not told.get(timeout=NEVER)
    except Empty:
        return True


@pytest.mark.parametrize("way", ["save", "replace"])
def test_changed_code_is_news_whichever_way_it_is_saved(desk: Desk, seen: News, way: str) -> None:
    getattr(desk, way)(desk.text(solved=True))
    assert "+ intercept\n" in cells(seen)[1]
    getattr(desk, way)(desk.text(cell_3="3"))
    assert cells(seen)[2] == "3"


def test_outputs_prose_and_counters_are_no_news(desk: Desk, seen: News) -> None:
    tree = json.loads(desk.text())
    for number, cell in enumerate(tree["cells"]):
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "0.5"}]
        else:
            cell["source"] = "# My notes"
    desk.replace(json.dumps(tree))
    assert silent(seen)
    desk.replace(desk.text(cell_3="3"))
    assert cells(seen)[2] == "3"


def test_another_file_beside_it_is_no_news(desk: Desk, seen: News) -> None:
    desk.notebook.with_name("Untitled.ipynb").write_text(desk.text(cell_3="3"))
    assert silent(seen)


def test_a_half_written_file_is_waited_for(desk: Desk, seen: News) -> None:
    text = desk.text(cell_3="3")
    with desk.notebook.open("w") as file:
        for part in (text[:100], text[100:300], text[300:]):
            assert silent(seen)
            file.write(part)
            file.flush()
    assert cells(seen)[2] == "3"


def test_a_file_that_stays_broken_is_told_once_and_its_repair_is_news(desk: Desk, seen: News) -> None:
    text = desk.text()
    desk.save(text[: len(text) // 2])
    refusal = seen.get(timeout=HALF_WRITTEN_SECONDS + SOON)
    assert isinstance(refusal, UngradableError) and "not valid JSON" in refusal.message
    assert silent(seen)
    desk.save(text)
    assert "intercept.numpy()" in cells(seen)[1]


def test_a_file_that_is_taken_away_and_comes_back_is_news_if_its_code_is(desk: Desk, seen: News) -> None:
    desk.notebook.unlink()
    assert silent(seen)
    desk.save(desk.text(cell_3="3"))
    assert cells(seen)[2] == "3"
