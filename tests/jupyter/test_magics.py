"""`%%doctor` in a real kernel: the findings stand under the cell, and the next cell runs as if there were no doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from nbconvert.preprocessors import CellExecutionError, ExecutePreprocessor
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.kernel

LOAD = "%load_ext grader"
MODEL = "import tensorflow as tf\nw = tf.Variable([1.0, 2.0])"
LOST = """\
%%doctor --steps 3
print("hello")
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.round(w))
gradient = tape.gradient(loss, w)
"an answer"
"""
AFTERWARDS = """\
from tensorflow.python.framework import op_callbacks
print(gradient, op_callbacks.should_invoke_op_callbacks() or False, tf.GradientTape.gradient.__qualname__)
"""


def outputs(*cells: str, fails: bool = False) -> list[list[Any]]:
    """The outputs of each cell, as nbconvert sees them."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    preprocessor = ExecutePreprocessor(timeout=120)
    if fails:
        with pytest.raises(CellExecutionError):
            preprocessor.preprocess(notebook, {})
    else:
        preprocessor.preprocess(notebook, {})
    return [cell.outputs for cell in notebook.cells]


def texts(found: Sequence[Any]) -> list[str]:
    return [
        one.get("text") or one.get("data", {}).get("text/plain", "") for one in found if one.get("name") != "stderr"
    ]


def test_findings_stand_under_the_cell_with_its_lines() -> None:
    *_, cell, after = outputs(LOAD, MODEL, LOST, AFTERWARDS)
    printed, value, findings = texts(cell)
    assert (printed, value) == ("hello\n", "'an answer'")
    assert "In [3] │ 2 " in findings
    assert "│ 4       loss = tf.reduce_sum(tf.round(w))" in findings and "The gradient to w is None" in findings
    page = next(one.data["text/html"] for one in cell if "text/html" in one.get("data", {}))
    assert "<mark>tf.round(w)</mark>" in page
    assert texts(after) == ["None False GradientTape.gradient\n"]


def test_an_exception_fails_the_cell_as_ever_below_the_findings() -> None:
    cell = outputs(LOAD, MODEL, f"{LOST}\ngradient + 1", fails=True)[-1]
    assert [one.output_type for one in cell if one.get("name") != "stderr"] == ["stream", "display_data", "error"]
    assert cell[-1].ename == "TypeError"


def test_without_tensorflow_it_says_so_and_imports_none() -> None:
    found = outputs(LOAD, "%%doctor\nx = 1", "import sys\nprint(x, 'tensorflow' in sys.modules)")
    assert "TensorFlow was not imported" in texts(found[1])[0]
    assert texts(found[2]) == ["1 False\n"]


def test_a_wrong_option_is_one_sentence() -> None:
    cell = outputs(LOAD, "%%doctor --steps 0\nx = 1", fails=True)[-1]
    told = "".join(one.get("text", "") for one in cell)
    assert "UsageError: --steps N: at least one step has to be recorded.\n" in told


def test_a_variable_of_an_earlier_cell_is_blamed_where_it_was_made() -> None:
    cell = "%%doctor\nwith tf.GradientTape() as tape:\n    loss = n * n\ntape.gradient(loss, n)"
    findings = texts(outputs(LOAD, "import tensorflow as tf\n\nn = tf.Variable(3)", cell)[-1])[-1]
    assert "In [2] │ 1   import tensorflow as tf" in findings and "│ 3   n = tf.Variable(3)\n" in findings
