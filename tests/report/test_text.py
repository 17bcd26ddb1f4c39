"""The text format: exact words are in golden/ (`pytest --update-goldens` writes them), habits are here."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.model import CellError, Check, Comparison, Notes, Verdict
from grader.report import FORMATS, render, show

from . import factories

GOLDEN = Path(__file__).parent / "golden"


def shown(verdict: Verdict, notes: Notes, encoding: str = "utf-8", brief: bool = False, **options: object) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    show(verdict, notes, Console(file=stream, **{"width": 80, **options}), brief)  # type: ignore[arg-type]
    stream.seek(0)
    return stream.read()


def compare(name: str, text: str, update: bool) -> None:
    path = GOLDEN / f"{name}.txt"
    if update:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_each_status_reads_as_its_golden(status: str, update_goldens: bool) -> None:
    compare(status, render(factories.VERDICTS[status](), factories.notes(status)), update_goldens)


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_a_terminal_shows_what_the_file_says(status: str) -> None:
    verdict, notes = factories.VERDICTS[status](), factories.notes(status)
    assert shown(verdict, notes) == render(verdict, notes)


def test_brief_is_one_line_a_check(update_goldens: bool) -> None:
    text = shown(factories.failed(), factories.notes("failed"), brief=True)
    assert len(text.splitlines()) == 1 + len(factories.failed().checks) + 1
    assert "(GRAD002, cell 4, line 7)" in text
    compare("brief", text, update_goldens)


def test_a_terminal_without_the_signs_gets_ascii(update_goldens: bool) -> None:
    text = shown(factories.failed(), factories.notes("failed"), encoding="ascii")
    assert text.isascii()
    compare("ascii", text, update_goldens)


def test_a_learners_letters_that_the_terminal_lacks_do_not_stop_the_report() -> None:
    verdict = replace(factories.failed(), message="Градиент 梯度 ∂")
    assert "???????? ?? ?" in shown(verdict, Notes(), encoding="latin-1")


def test_colour_only_repeats_what_the_words_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    verdict, notes = factories.failed(), factories.notes("failed")
    coloured = shown(verdict, notes, force_terminal=True, color_system="standard")
    assert "\x1b[31m" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    plain = shown(verdict, notes, force_terminal=True, color_system="standard")
    assert not any(f"\x1b[3{colour}m" in plain or f";3{colour}m" in plain for colour in range(8))


@pytest.mark.parametrize("status", factories.VERDICTS)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(status: str, width: int) -> None:
    text = shown(factories.VERDICTS[status](), Notes(factories.HINTS), width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= min(width, 80)


def test_wide_characters_keep_the_underline_in_place() -> None:
    source = '名前 = "梯度"; x = hidden.numpy()'
    column = source.index("hidden")
    cells = factories.cells((source,))
    finding = replace(factories.failed().findings[0], cell=1, line=1, column=column, end_column=column + 14)
    text = render(replace(factories.failed(), cells=cells, findings=(finding,)), Notes())
    code, marks = next((a, b) for a, b in zip(text.splitlines(), text.splitlines()[1:], strict=False) if "^^^" in b)
    assert cell_len(code[: code.index("hidden")]) == marks.index("^")
    assert marks.count("^") == 14


@pytest.mark.parametrize("width", [40, 80])
def test_nothing_is_cut_at_the_underlined_part(width: int) -> None:
    culprit = "tf.numpy_function(smooth_and_standardise, [hidden_layer_of_the_encoder], tf.float32).numpy()"
    source = f"standardised = {culprit} * scale_of_the_features + offset_of_the_features"
    operation = "a_package_with_a_long_name.a_module_with_a_long_name.a_function_with_a_long_name"
    cells = factories.cells(("x = 1", source))
    finding = replace(
        factories.failed().findings[0], cell=2, line=1, column=15, end_column=15 + len(culprit), operation=operation
    )
    text = shown(replace(factories.failed(), cells=cells, findings=(finding,)), Notes(), width=width)
    rows = [line.partition("│")[2][5:] for line in text.split("GRAD002")[1].splitlines() if "│" in line]
    code = [row for row in rows if "^" not in row and row.strip() and row.strip() not in operation]
    assert "".join(code).replace(" ", "") == source.replace(" ", "")
    assert sum(row.count("^") for row in rows) == len(culprit)
    assert operation in "".join(row.strip() for row in rows if row not in code).replace("^", "")


def test_a_finding_of_two_checks_is_told_once() -> None:
    first, second, *rest = factories.failed().checks
    second = replace(second, status="failed", message="Two gradients are wrong.", findings=(0,))
    third = replace(rest[0], status="failed", findings=(0,))
    text = render(replace(factories.failed(), checks=(first, second, third)), Notes())
    assert text.count("^^^^^^^^^^^^^^ EagerTensor.numpy") == 1
    assert text.count("GRAD002, see above:") == 1


def test_failures_come_first_and_right_rows_are_only_counted() -> None:
    text = render(factories.failed(), Notes())
    order = [text.index(title) for title in ("every trainable", "the loss is", "gradients match", "the notebook def")]
    assert order == sorted(order)
    assert "head/kernel" not in text
    assert "(2 other rows are present)" in text


def test_a_long_table_is_cut_and_says_so() -> None:
    rows = tuple(Comparison(f"layer_{n}/{'kernel' * 9}", "wrong", "norm 1", "norm 2", 0.5) for n in range(20))
    check = Check("test_values", "gradients match", "failed", 0, 3, "Some differ.", comparisons=rows)
    text = render(replace(factories.failed(), checks=(check,), findings=()), Notes())
    assert "(14 more rows in the full report)" in text
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("50 %") == 6


def test_a_table_of_nones_has_no_empty_column() -> None:
    rows = (Comparison("encoder/kernel", "none", "None", "an array"),)
    check = Check("test_connected", "connected", "failed", 0, 3, "One is None.", comparisons=rows)
    assert "off by" not in render(replace(factories.failed(), checks=(check,), findings=()), Notes())


def test_an_error_without_a_line_shows_its_cell_and_none_of_our_names() -> None:
    cells = factories.cells()
    error = CellError("SyntaxError", "'(' was never closed", cell=5)
    broken = replace(factories.crashed(), cells=(*cells[:4], replace(cells[4], status="failed", error=error)))
    text = render(broken, Notes())
    assert "Stopped in cell 5:" in text and "cell 5 │ 1   model = build_model()" in text


def test_tensorflows_names_for_its_nodes_are_left_out() -> None:
    text = render(factories.crashed(), Notes())
    assert "InvalidArgumentError: Matrix size-incompatible" in text
    assert "__wrapped__" not in text and "name:" not in text


def test_an_unknown_format_is_a_key_error() -> None:
    assert set(FORMATS) == {"text", "json", "junit", "gradescope", "html", "notebook"}
    with pytest.raises(KeyError):
        render(factories.passed(), Notes(), "pdf")
