"""Reading a learner's file: what is taken over, and what is refused in one sentence."""

import json
from pathlib import Path

import pytest

from grader.course.notebook import parse, read
from grader.model.errors import UngradableError


def as_json(cells: list[dict[str, object]], **metadata: object) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}).encode()


def code(source: str | list[str], **metadata: object) -> dict[str, object]:
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": []}


def test_only_the_text_of_code_cells_is_taken_over() -> None:
    content = as_json([{"cell_type": "markdown", "source": "# story"}, code(["a = 1\n", "b = 2"]), code("c = 3")])
    assert parse(content).cells == ("a = 1\nb = 2", "c = 3")


def test_a_notebook_is_known_by_its_metadata_whatever_its_name() -> None:
    assert parse(as_json([], gradient_clinic={"exercise": "02_x"}), "homework (1).ipynb").exercise == "02_x"


def test_cells_tagged_repair_are_found() -> None:
    assert parse(as_json([code("a"), code("b", tags=["repair"])])).repair_cells == (2,)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    assert parse(b"\xef\xbb\xbf" + as_json([code("a\r\nb")])).cells == ("a\nb",)


def test_a_notebook_of_version_3_can_be_read() -> None:
    content = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "a = 1"}]}], "metadata": {}}
    assert parse(json.dumps(content).encode()).cells == ("a = 1",)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "  \n",
        "!python -m grader 02",
        "%load_ext grader\n!python3 -m grader hint 02",
        "! grader list",
        "%load_ext grader\n%grade",
        "%hint --again",
        "%report",
        "%%doctor",
    ],
)
def test_cells_that_only_call_the_grader_are_not_run(cell: str) -> None:
    assert not parse(as_json([code(cell)])).runs(1)


@pytest.mark.parametrize(
    "cell", ["a = 1", "!pip list", "# python -m grader 02", "!python -m grader 02\na = 1", "%grades"]
)
def test_other_cells_are_run(cell: str) -> None:
    assert parse(as_json([code(cell)])).runs(1)


def test_of_a_mixed_cell_all_but_the_graders_commands_is_run_at_its_lines() -> None:
    notebook = parse(as_json([code("%%doctor --steps 3\na = 1\n%grade\nb = a %hint"), code("%grade")]))
    assert notebook.to_run(1) == "# %%doctor --steps 3\na = 1\n# %grade\nb = a %hint"
    assert notebook.to_run(2) == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00garbage",
        b"{",
        b"[]",
        b"3",
        b"null",
        b'{"cells": 3}',
        b'{"cells": [3]}',
        b'{"cells": [{"cell_type": "code"}]}',
        b'{"cells": [{"cell_type": "code", "source": 3}]}',
        b'{"worksheets": []}',
        b"[" * 100_000,
        b'{"metadata": [], "cells": []}',
    ],
)
def test_what_is_no_notebook_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(UngradableError) as refusal:
        parse(content, "homework.ipynb")
    assert refusal.value.message.startswith("homework.ipynb is not a notebook")
    assert "\n" not in refusal.value.message
    assert refusal.value.next_step


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UngradableError, match=r"gone.ipynb can't be read: No such file"):
        read(tmp_path / "gone.ipynb")
