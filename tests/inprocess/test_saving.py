"""Whether a notebook's file is older than the cells that ran, and that it is not said of one that is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.inprocess.saving import Cell, after_the_save

LOAD = "%load_ext grader\n%grade"
BORN, SAVED = 100.0, 200.0  # the kernel's start, and a save while it ran


def late(
    history: Sequence[str],
    cells: Sequence[Cell],
    saved: float = SAVED,
    times: Mapping[int, float] | None = None,
) -> list[str]:
    return list(after_the_save(["", *history], cells, times or {}, saved, BORN))


def test_a_notebook_that_was_saved_before_it_ran_as_it_is_raises_no_alarm() -> None:
    assert late(["a", "b\n", LOAD], [("a", None), ("b", None), (LOAD, None)], saved=50.0) == []


def test_a_cell_that_ran_and_is_not_in_a_file_from_before_the_kernel_is_unsaved() -> None:
    assert late(["a", "b2", LOAD], [("a", 1), ("b", 2), (LOAD, 3)], saved=50.0) == ["b2"]


def test_a_cell_that_was_run_then_changed_and_saved_raises_no_alarm() -> None:
    assert late(["a", "b1", "c"], [("a", 1), ("b2", 2), ("c", 3)]) == []
    assert late(["a", "b1"], [("a", 1), ("b2", 2)]) == []


def test_of_a_second_run_the_changed_cell_is_unsaved_and_the_first_run_is_not() -> None:
    history = ["a", "b0", "c", "a", "b2", "c"]
    assert late(history, [("a", 1), ("b1", 2), ("c", 3)]) == ["b2"]


def test_where_the_time_of_a_run_is_known_it_decides() -> None:
    cells = [("a", 1), ("b", 3)]
    assert late(["a", LOAD, "b2"], cells, times={3: SAVED + 5}) == ["b2"]
    assert late(["a", LOAD, "b2"], cells, times={3: SAVED - 5}) == []


def test_magics_and_questions_are_no_code_of_the_notebook() -> None:
    asked = ["%hint", "!ls", "x?", "?x", "%%doctor\nx = 1", "%matplotlib inline\n%grade 02", "%%time\nf()"]
    assert late(asked, [], saved=50.0) == []


def test_blank_space_around_a_cell_makes_no_difference() -> None:
    assert late(["a", "\nb\n\n"], [("a\n", 1), ("b  ", 2)], saved=50.0) == []
