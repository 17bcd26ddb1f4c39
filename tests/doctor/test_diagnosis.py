"""The diagnosis: exact words are in golden/ (`pytest --update-goldens` writes them), habits are here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.doctor import wording
from grader.doctor.case import PLAIN
from grader.doctor.investigation import Conclusion, Investigation
from grader.model.codes import CODES

from .conftest import Examine
from .workbench import Workbench

pytestmark = pytest.mark.kernel
HERE = Path(__file__).parent
MODES = {mode["id"]: mode for mode in json.loads((HERE / "modes.json").read_text())}
# one mode for each kind of cause
SPOKEN = [
    "SCOPE-01",
    "SCOPE-02",
    "SCOPE-06",
    "WATCH-01",
    "WATCH-02",
    "WATCH-05",
    "WATCH-08",
    "DETACH-01",
    "DETACH-02",
    "DETACH-18",
    "DETACH-20",
    "OP-01",
    "OP-07",
    "OP-12",
    "OP-14",
    "STOP-02",
    "PERS-01",
    "NEST-03",
    "STATE-01",
    "STATE-04",
    "FLOW-03",
    "FLOW-06",
    "FLOW-08",
    "CUST-02",
    "CUST-04",
    "KERAS-01",
    "KERAS-06",
    "KERAS-09",
    "KERAS-14",
    "KERAS-16",
    "SHAPE-01",
    "SHAPE-04",
    "LOSS-01",
    "ZERO-01",
    "ZERO-02",
    "ZERO-04",
    "ZERO-06",
    "NAN-03",
    "NAN-04",
    "NAN-06",
    "OPT-01",
    "OPT-04",
    "OPT-05",
    "OPT-06",
    "OPT-09",
    "SPARSE-01",
    "TGT-01",
]


def said(examine: Examine, mode: str) -> str:
    lines = [f"{mode}: {MODES[mode]['title']}"]
    for found in examine(MODES[mode]["broken"], "modes"):
        lines.append(f"  {found.code} {found.severity} line {found.line}: {found.source}")
        if found.column is not None and found.end_column is not None:
            source = MODES[mode]["broken"].splitlines()[(found.line or 1) - 1]
            lines.append(f"    under: {source[found.column : found.end_column]}")
        lines += [f"    {found.message}", f"    Next: {found.next_step}"]
        if found.path:
            lines.append(f"    {' ─ '.join(found.path)}")
    return "\n".join(lines) + "\n"


def test_each_cause_reads_as_its_golden(examine: Examine, update_goldens: bool) -> None:
    text = "\n".join(said(examine, mode) for mode in SPOKEN)
    golden = HERE / "golden" / "messages.txt"
    if update_goldens:
        golden.write_text(text)
    assert text == golden.read_text()


REPAIRED = ["DETACH-01", "OP-03", "STOP-04", "STATE-05", "ZERO-03", "NAN-05", "CUST-01", "FLOW-13"]
LEFT_ALONE = ["dqn_target_network", "vq_straight_through", "wgan_gradient_penalty", "fit_with_callbacks"]


@pytest.mark.parametrize("mode", REPAIRED)
def test_the_right_line_comes_first_and_the_repairs_are_healthy(examine: Examine, mode: str) -> None:
    row = MODES[mode]
    found = examine(row["broken"], "modes")[0]
    assert found.line is not None
    assert any(culprit in row["broken"].splitlines()[found.line - 1] for culprit in row["culprit_line_contains"])
    assert found.cause in row["acceptable_causes"]
    for repair in row["right"]:
        assert not [finding for finding in examine(repair, "modes") if finding.severity == "error"]


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_a_healthy_program_is_left_alone(examine: Examine, name: str) -> None:
    findings = examine((HERE / "honesty" / "healthy" / f"{name}.py").read_text())
    assert not [finding for finding in findings if finding.severity == "error"]


def test_a_diagnosis_does_not_depend_on_names_or_comments(examine: Examine) -> None:
    source = "import tensorflow as tf\nnumpy = tf.Variable(2.0)\nwith tf.GradientTape() as stop_gradient:\n"
    source += "    predict = numpy * numpy  # .numpy() round argmax\n"
    healthy = source + "g = stop_gradient.gradient(predict, numpy)\n"
    assert examine(healthy) == ()


def test_a_part_that_was_computed_before_the_watch_is_named_at_the_watch(examine: Examine) -> None:
    source = "import tensorflow as tf\nx = tf.constant([1.0, 2.0])\nwith tf.GradientTape() as tape:\n"
    source += (
        "    size = tf.sqrt(tf.reduce_sum(x * x))\n    tape.watch(x)\n    loss = tf.reduce_sum(x**3) + 0.1 * size\n"
    )
    source += "print(tape.gradient(loss, x))\n"
    (finding,) = examine(source)
    assert (finding.code, finding.severity, finding.line) == ("GRAD007", "error", 5)
    watched_first = source.replace("    tape.watch(x)\n", "").replace("tape:\n", "tape:\n    tape.watch(x)\n")
    assert examine(watched_first) == ()


def test_a_factor_that_was_computed_before_the_watch_may_be_meant(examine: Examine) -> None:
    source = "import tensorflow as tf\nx = tf.constant([1.0, 2.0])\nwith tf.GradientTape() as tape:\n"
    source += "    weight = tf.exp(-x)\n    tape.watch(x)\n    loss = tf.reduce_sum(weight * x**3)\n"
    (finding,) = examine(source + "print(tape.gradient(loss, x))\n")
    assert (finding.code, finding.severity, finding.line) == ("GRAD007", "note", 5)


@pytest.mark.parametrize(("asked", "line"), [("scale", 5), ("moving_mean", 15)])
def test_a_keras_variable_is_named_where_the_learner_froze_it_and_a_layers_state_where_it_is_asked_for(
    examine: Examine, asked: str, line: int
) -> None:
    source = f"""\
import keras, tensorflow as tf
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.scale = keras.Variable([2.0], trainable=False, name="scale")
        self.norm = keras.layers.BatchNormalization()
        self.norm.build((None, 3))
    def call(self, x):
        return self.scale * self.norm(x)
net = Net()
x = tf.random.normal((4, 3))
sources = [variable for variable in net.variables if variable.path.endswith("{asked}")]
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(net(x) ** 2)
print(tape.gradient(loss, sources))
"""
    (finding,) = (found for found in examine(source) if found.severity == "error")
    assert (finding.code, finding.line) == ("GRAD010", line)


STOPPED = """\
import tensorflow as tf
w = tf.Variable([1.0, 2.0])
v = tf.Variable([0.5, 3.0])
with tf.GradientTape() as tape:
    hidden = 2.0 * w
    loss = tf.reduce_sum(hidden * v) + 0.5 * {part}
print(tape.gradient(loss, [w, v]))
"""


@pytest.mark.parametrize(
    "part", ["tf.reduce_mean((1.0 - tf.stop_gradient(hidden)) ** 2)", "tf.reduce_sum(held * held)"]
)
def test_a_part_of_the_loss_that_is_made_of_stopped_values_only_is_named_where_they_are_stopped(
    examine: Examine, part: str
) -> None:
    source = STOPPED.format(part=part)
    if "held" in part:
        source = source.replace("    loss", "    held = tf.stop_gradient(hidden)\n    loss")
    (finding,) = examine(source)
    assert (finding.code, finding.severity, finding.line) == ("GRAD013", "error", 6)


@pytest.mark.parametrize(
    "part",
    [
        "tf.reduce_mean((v - tf.stop_gradient(hidden)) ** 2)",  # the other side learns
        "tf.stop_gradient(tf.reduce_mean(hidden**2))",  # a value that corrects the sum
        "tf.reduce_mean((hidden + tf.stop_gradient(tf.round(hidden) - hidden)) ** 2)",
    ],
)
def test_a_stop_with_a_purpose_is_left_alone(examine: Examine, part: str) -> None:
    assert not [finding for finding in examine(STOPPED.format(part=part)) if finding.severity == "error"]


def test_an_iterator_that_is_empty_in_the_second_epoch_is_named_where_it_is_asked(examine: Examine) -> None:
    source = "import tensorflow as tf\nw = tf.Variable(2.0)\nbatches = iter([1.0, 2.0])\nfor step in range(3):\n"
    source += "    x = next(batches)\n    with tf.GradientTape() as tape:\n        loss = (w * x - 1.0) ** 2\n"
    source += "    w.assign_sub(0.1 * tape.gradient(loss, w))\n"
    (finding,) = examine(source)
    assert (finding.code, finding.cause, finding.line) == ("GRAD033", "iterator_exhausted", 5)


def test_no_value_travels_by_a_shape(examine: Examine) -> None:
    """On the way back from the second derivative, the shapes that a first one is computed with have fewer cuts."""
    source = """\
import tensorflow as tf
w = tf.Variable([[0.4], [0.7]])
x, y = tf.constant([0.1, 0.5]), tf.constant([0.3, 0.2])
with tf.GradientTape(persistent=True) as tape:
    tape.watch([x, y])
    height = tf.squeeze(tf.tanh(tf.matmul(tf.stack([x, y], axis=1), w)), axis=1)
slope = tape.gradient(height, x)
print(tape.gradient(slope, x))
"""
    (finding,) = examine(source)
    assert (finding.code, finding.line) == ("GRAD001", 7)


def test_a_copy_of_a_weight_that_is_made_in_a_call_is_named_once(examine: Examine) -> None:
    source = """\
import tensorflow as tf
class Half(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.share = self.add_weight(shape=(), initializer="ones", name="share")
        self.base = self.add_weight(shape=(), name="base")
    def call(self, x):
        share = tf.Variable(tf.sigmoid(self.share))
        return share * x + self.base
model, optimizer = Half(), tf.keras.optimizers.SGD(0.1)
for step in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(tf.constant([1.0, 2.0])) ** 2)
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
"""
    assert [(finding.code, finding.line) for finding in examine(source)] == [("GRAD014", 8)]


def conclude(trace: object, source: str) -> Conclusion:
    """From one run alone."""
    investigation = Investigation()
    investigation.add(PLAIN, trace)
    return investigation.conclude({None: source})


def test_the_same_trace_gives_the_same_findings(bench: Workbench) -> None:
    source = MODES["DETACH-08"]["broken"]
    one, other = (conclude(bench.run(source, {}, "modes"), source).findings for _ in "12")
    assert one == other != ()


def test_a_source_that_is_not_there_gives_no_finding(bench: Workbench) -> None:
    conclusion = conclude(bench.run(MODES["DETACH-01"]["broken"], {}, "modes"), "short = 1\n")
    assert conclusion.findings == () and not conclusion.gaps


def test_every_wording_belongs_to_a_cause_that_has_a_code() -> None:
    assert {cause for cause, _ in wording.SENTENCES} <= set(CODES)
