"""The trace: what it notices, that it changes nothing, and that it stays small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .workbench import Workbench

pytestmark = pytest.mark.kernel
HEALTHY = Path(__file__).parent / "honesty" / "healthy"

# every variable, weight and tensor that a program leaves behind, bit for bit
EVERYTHING = """{
    name: [w.numpy().tobytes().hex() for w in (value.weights if hasattr(value, "weights") else [value])]
    for name, value in list(globals().items())
    if isinstance(value, (tf.Variable, tf.Tensor, keras.layers.Layer)) and "string" not in str(value.dtype)
}"""
LINE = """
import numpy as np, tensorflow as tf
w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    y = tf.reduce_sum(tf.multiply(w, 3.0))
    z = np.square(y)
g = tape.gradient(y, w)
"""
LONG = """
import tensorflow as tf
w = tf.Variable(tf.ones((200, 200)))
for step in range(2000):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((w @ w) ** 2)
    w.assign_sub(1e-4 * tape.gradient(loss, w))
"""
MEMORY = "__import__('resource').getrusage(__import__('resource').RUSAGE_SELF).ru_maxrss // 1024"

PLAIN_AND_TRACED: tuple[dict[str, Any] | None, ...] = (None, {})  # plans


def of_kind(trace: Any, kind: str) -> list[Any]:
    return [event for event in trace["events"] if event["kind"] == kind]


COMPARED = ["gan_two_tapes", "gradient_reversal", "compiled_step_with_metrics", "jacobian_hessian"]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.soak if n else ()) for n, name in enumerate(COMPARED)]
)
def test_a_traced_run_gives_bitwise_the_same_numbers(bench: Workbench, name: str) -> None:
    source = (HEALTHY / f"{name}.py").read_text() + "\nfrom tensorflow import keras\n"
    plain, traced = (bench.run(source, plan, extra=EVERYTHING)["extra"] for plan in PLAIN_AND_TRACED)
    assert plain and plain == traced


def test_a_variable_handed_to_an_operation_is_seen_as_a_read(bench: Workbench) -> None:
    trace = bench.run(LINE, {})
    assert [operation[1] for operation in trace["operations"] if operation[5]] == ["ReadVariableOp", "Mul", "Sum"]


def test_a_value_that_numpy_takes_by_itself_is_seen_leaving(bench: Workbench) -> None:
    trace = bench.run(LINE, {})
    if trace["hooks"]["buffer"] != "works":
        pytest.skip(trace["hooks"]["buffer"])
    exits = [(exit_["how"], trace["places"][exit_["place"]]["line"]) for exit_ in of_kind(trace, "exit")]
    assert exits[0] == ("buffer", 6)


def test_every_backward_step_is_noted(bench: Workbench) -> None:
    assert [event["op"] for event in of_kind(bench.run(LINE, {}), "backward")] == ["Sum", "Mul", "ReadVariableOp"]


def test_an_exception_of_the_learner_is_noted_with_its_line_and_still_raised(bench: Workbench) -> None:
    trace = bench.run("import tensorflow as tf\nx = tf.ones((2, 3)) @ tf.ones((2, 3))\n", {})
    (error,) = of_kind(trace, "error")
    assert error["type"] == "InvalidArgumentError" and trace["places"][error["place"]]["line"] == 2


def test_a_nudge_changes_what_depends_on_the_variable_and_nothing_else(bench: Workbench) -> None:
    source = "import tensorflow as tf\na = tf.Variable(1.0)\nb = tf.Variable(1.0)\n"
    result = bench.run(source, {"nudge": [[0, 0, 0.25]]}, extra="[float(a), float(b)]")
    assert result["extra"][0] != 1.0 and result["extra"][1] == 1.0


def test_it_stops_after_the_number_of_steps_that_the_plan_allows(bench: Workbench) -> None:
    source = (HEALTHY / "gan_two_tapes.py").read_text()
    assert bench.run(source, {"steps": 3})["steps"] == 3


@pytest.mark.soak
def test_a_long_loop_is_traced_in_little_memory(bench: Workbench) -> None:
    plain, traced = (bench.run(LONG, plan, extra=MEMORY) for plan in PLAIN_AND_TRACED)
    assert traced["extra"] < plain["extra"] + 500
    assert len(traced["trace"]["events"]) < 20_000 and traced["trace"]["dropped"] == 0
