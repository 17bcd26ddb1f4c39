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


def in_one_line(text: str) -> str:
    return " ".join(text.split())


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


# --- experiments ----------------------------------------------------------------------------------------------------

TRAINING = """\
import keras, numpy as np, random, tensorflow as tf
keras.utils.set_random_seed(3)
x, y = np.linspace(-1, 1, 24, dtype="f").reshape(8, 3), np.ones((8, 1), "f")
model = keras.Sequential([keras.layers.Dense(4, activation="tanh"), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
optimizer = keras.optimizers.Adam(0.1)
batches = iter([1.0, 2.0, 3.0, 4.0])
total = tf.Variable(0.0)
count = tf.function(lambda: total.assign_add(1.0))
count()
"""
PART = """\
for step in range(3):
    noise = random.random() + np.random.rand() + tf.random.uniform((8, 1))
    with tf.GradientTape() as tape:
        error = model(x, training=True) - y + 1e-3 * noise
        scale = error.numpy()
        loss = tf.reduce_mean(error * scale)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    count()
    print(step)
"""
STATE = """\
told = [one.numpy().tobytes().hex() for one in [*model.variables, *optimizer.variables, total]]
told += [random.random(), np.random.rand(), tf.random.uniform(()).numpy(), keras.layers.Dense(1).name, step]
from tensorflow.python.framework import op_callbacks
print(told, sorted(globals()), op_callbacks.should_invoke_op_callbacks() or False, tf.config.functions_run_eagerly())
"""


def test_experiments_decide_what_one_run_cannot_and_leave_the_notebook_as_one_run_does() -> None:
    *_, state = outputs(LOAD, TRAINING, PART, STATE)
    *_, examined, state_after = outputs(LOAD, TRAINING, f"%%doctor --experiments\n{PART}", STATE)
    *printed, findings = texts(examined)
    assert "".join(printed) == "0\n1\n2\n"
    assert "│ 6       scale = error.numpy()" in findings and "as a constant factor" in findings
    assert "was run 3 more times" in findings and "This was one run" not in findings
    assert texts(state_after) == texts(state)


def test_a_cell_that_takes_from_an_iterator_is_not_experimented_with() -> None:
    cell = "%%doctor --experiments\nbatch = next(batches)\n" + PART.replace("- y", "- batch * y")
    findings = texts(outputs(LOAD, TRAINING, cell)[-1])[-1]
    assert "did not compute the same numbers" in in_one_line(findings) and "healthy" in findings


def test_experiments_run_a_compiled_function_line_by_line() -> None:
    cell = """%%doctor --experiments
scale = 1.0
@tf.function
def f(): return scale * tf.reduce_sum(w ** 2)
for scale in (1.0, 3.0):
    with tf.GradientTape() as tape:
        loss = f()
    tape.gradient(loss, w)
"""
    findings = texts(outputs(LOAD, MODEL, cell)[-1])[-1]
    assert "│ 4   def f()" in findings and "scale" in findings


def test_nothing_is_run_again_where_nothing_is_open() -> None:
    cell = """%%doctor --experiments
runs.append(1)
with tf.GradientTape() as tape:
    loss = w * w
tape.gradient(loss, w);
"""
    found = outputs(LOAD, f"{MODEL}\nruns = []", cell, "print(len(runs))")
    assert "was not run again" in in_one_line(texts(found[-2])[-1]) and texts(found[-1]) == ["1\n"]
