"""Small programs, each with one mechanism by which training goes wrong silently: its code, the line and the words.
Their healthy neighbours are among them, and get no error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import Examine
from .workbench import Workbench

pytestmark = pytest.mark.kernel
PROGRAMS = sorted((Path(__file__).parent / "mechanisms").glob("*.py"))


def read_header(source: str) -> dict[str, str]:
    return dict(re.findall(r"^# (code|culprit|says): (.+)$", source, re.MULTILINE))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_mechanism_is_named_at_its_line_and_its_neighbours_are_healthy(examine: Examine, path: Path) -> None:
    source = path.read_text("utf-8")
    errors = [finding for finding in examine(source) if finding.severity == "error"]
    wanted = read_header(source)
    if not wanted:
        assert errors == []
        return
    assert errors[0].code == wanted["code"], errors[0].message
    assert wanted["culprit"] in errors[0].source
    assert wanted["says"] in errors[0].message


TWO = """
import keras, tensorflow as tf
used, idle = tf.Variable(1.0, name="used"), tf.Variable(1.0, name="idle")
fixed = tf.Variable(2.0, trainable=False, name="fixed")
optimizer = keras.optimizers.SGD(0.1)
for step in range(3):
    with tf.GradientTape() as tape:
        loss = (fixed * used - 1.0) ** 2
    gradients = tape.gradient(loss, [used, idle])
    optimizer.apply_gradients([(gradients[0], used)])
"""


def test_the_ledger_has_a_row_for_each_variable(bench: Workbench) -> None:
    rows = {row.name: row for row in bench.investigate(TWO).conclude({None: TWO}).ledger}
    assert set(rows) == {"used", "idle"}
    used, idle = rows["used"], rows["idle"]
    assert (used.asked, used.none, used.steps, used.moved, used.line) == (3, 0, 3, True, 3)
    assert (idle.asked, idle.none, idle.steps, idle.moved, idle.largest) == (3, 3, 0, False, None)
    assert used.largest == pytest.approx(4.0)


HIDDEN = """
import keras, tensorflow as tf
w = tf.Variable(1.0, name="w")
@tf.custom_gradient
def weaken(x):
    return tf.identity(x), lambda upstream: 0.0 * upstream
optimizer = keras.optimizers.SGD(0.1)
for step in range(3):
    with tf.GradientTape() as tape:
        loss = (weaken(w) - 3.0) ** 2
    optimizer.apply_gradients([(tape.gradient(loss, w), w)])
"""


def test_a_sign_that_no_rule_explains_is_a_finding_with_its_numbers(bench: Workbench) -> None:
    conclusion = bench.investigate(HIDDEN).conclude({None: HIDDEN})
    (finding,) = conclusion.findings
    assert (finding.cause, finding.line, finding.variables) == ("unexplained", 11, ("w",))
    assert finding.message.startswith("All 3 gradients of w were zero")
    assert (conclusion.fired, conclusion.alone) == (("movement",), ("movement",))


CALLED_ELSEWHERE = """
import keras, tensorflow as tf
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = keras.layers.Dense(1)
    def call(self, x):
        return self.out(x)
net = Net()
x, y = tf.random.normal((8, 3)), tf.random.normal((8, 1))
def step(prediction):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((prediction - y) ** 2)
    return tape.gradient(loss, net.trainable_variables)
def train():
    prediction = net(x)
    return step(prediction)
train()
"""


def test_what_is_called_outside_the_tape_is_named_at_the_call(examine: Examine) -> None:
    finding = examine(CALLED_ELSEWHERE)[0]
    assert (finding.cause, finding.source) == ("outside_tape", "prediction = net(x)")
