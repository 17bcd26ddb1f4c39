"""Verdicts as the pipeline makes them for exercise 02, one for each status, and the notes that go beside them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from grader.model import (
    Bug,
    Cell,
    CellError,
    Check,
    Comparison,
    Environment,
    Finding,
    GradientCall,
    GradientRecord,
    LimitHit,
    Notes,
    Status,
    Timing,
    Verdict,
)

SHA = "9f2c1e0b7d5a4c3388e1d20f64b7a9c5e3d1f08a6b2c4d9e7f1a3b5c7d9e0f12"

SOURCES = (
    "import numpy as np\nimport tensorflow as tf\n\ntf.random.set_seed(7)",
    "rng = np.random.default_rng(7)\n"
    'images = rng.normal(size=(256, 12)).astype("float32")\n'
    'scores = (images @ rng.normal(size=(12, 1)) + 0.3).astype("float32")',
    "def build_model():\n"
    "    inputs = tf.keras.Input((12,))\n"
    '    hidden = tf.keras.layers.Dense(8, activation="tanh", name="dense")(inputs)\n'
    '    outputs = tf.keras.layers.Dense(1, name="head")(hidden)\n'
    "    return tf.keras.Model(inputs, [hidden, outputs])",
    "def loss_and_gradients(model, x, y):\n"
    "    with tf.GradientTape() as tape:\n"
    "        hidden, _ = model(x)\n"
    "        # bring the features to unit variance\n"
    "        scale = 1.0 / (tf.math.reduce_std(hidden) + 1e-6)\n"
    '        head = model.get_layer("head")\n'
    "        scaled = hidden.numpy() * scale\n"
    "        error = head(scaled) - y\n"
    "        loss = tf.reduce_mean(error**2)\n"
    "    return loss, tape.gradient(loss, model.trainable_variables)",
    "model = build_model()\n"
    "optimizer = tf.keras.optimizers.SGD(0.05)\n"
    "history = []\n"
    "for step in range(60):\n"
    "    loss, gradients = loss_and_gradients(model, images, scores)\n"
    "    optimizer.apply_gradients((g, v) for g, v in zip(gradients, model.trainable_variables) if g is not None)\n"
    "    history.append(float(loss))",
)

ENVIRONMENT = Environment("2.21.0", "3.15.1", "2.4.0", "3.11.2", "cpu")
TIMING = Timing(total=0.6123, execute=0.4312, probe=0.0521, judge=0.1034)
REPORT = Path("reports/02_detached_tensors.html")
HINTS = (
    "A gradient is None when no recorded operation leads from the loss to the variable.",
    "Print the type of *every* value between the call of `model` and the loss.",
)
BUGS = (
    Bug(
        id="numpy_scaling",
        title="the features are scaled in NumPy",
        code="GRAD002",
        cell=4,
        line=7,
        checks=("test_connected",),
        hints=HINTS,
        debrief="`.numpy()` gives a copy of the values and no history, so everything before it stays as it was drawn. "
        "In real projects this hides in metric code, in a SciPy filter, or in a loss that was ported from NumPy.",
    ),
    Bug(
        id="constant_target",
        title="the targets are rounded to whole numbers",
        code="GRAD003",
        cell=4,
        line=8,
        checks=("test_values",),
        hints=("Rounding is flat almost everywhere.",),
        debrief="The derivative of rounding is zero or missing. *Quantised* models and thresholds contain it.",
    ),
)


def cells(sources: tuple[str, ...] = SOURCES, seconds: float = 0.08) -> tuple[Cell, ...]:
    return tuple(Cell(number, source, "ok", seconds) for number, source in enumerate(sources, start=1))


def falling(start: float, end: float, steps: int = 60) -> tuple[float, ...]:
    return tuple(end + (start - end) * math.exp(-6 * step / steps) for step in range(steps))


def flat(start: float, steps: int = 60) -> tuple[float, ...]:
    return tuple(start - 0.0003 * step + 0.002 * math.sin(step) for step in range(steps))


def training(connected: bool) -> tuple[GradientCall, ...]:
    """What the recorder saw in cell 4."""

    def record(name: str, shape: tuple[int, ...], seen: bool) -> GradientRecord:
        value = np.full(shape, 0.05, np.float32) if seen else None
        return GradientRecord(
            name, shape, "float32", value, value, nones=0 if seen else 60, first_abnormal=None if seen else 1
        )

    sources = (
        record("dense/kernel", (12, 8), connected),
        record("dense/bias", (8,), connected),
        record("head/kernel", (8, 1), True),
        record("head/bias", (1,), True),
    )
    return (GradientCall("gradient", 4, 10, 60, False, sources, falling(1.4, 0.05) if connected else flat(1.4)),)


def passed() -> Verdict:
    repaired = SOURCES[3].replace("hidden.numpy() * scale", "hidden * scale")
    sheet = (
        Check("test_functions_exist", "the notebook defines build_model and loss_and_gradients", "passed", 1, 1),
        Check(
            "test_connected",
            "every trainable variable receives a gradient",
            "passed",
            4,
            4,
            comparisons=(
                Comparison("dense/kernel", "present", "up to 0.31", "an array"),
                Comparison("dense/bias", "present", "up to 0.08", "an array"),
            ),
        ),
        Check(
            "test_values",
            "gradients match on hidden data",
            "passed",
            3,
            3,
            comparisons=(
                Comparison("dense/kernel", "ok", "up to 0.312", "up to 0.312", 2.1e-7),
                Comparison("dense/bias", "ok", "up to 0.0841", "up to 0.0841", 0.0),
            ),
        ),
        Check("test_training", "the notebook's own training really improves", "passed", 2, 2),
    )
    return Verdict(
        exercise="02_detached_tensors",
        title="Detached tensors",
        notebook_sha256=SHA,
        status=Status.PASSED,
        message="All checks passed: every gradient arrives.",
        next_step="`python -m grader list` shows what comes next.",
        score=10.0,
        max_score=10.0,
        checks=sheet,
        environment=ENVIRONMENT,
        timing=TIMING,
        cells=cells((*SOURCES[:3], repaired, SOURCES[4])),
        losses=falling(1.4, 0.05),
        reference_losses=falling(1.4, 0.04),
        training=training(connected=True),
    )


def failed() -> Verdict:
    detached = Finding(
        code="GRAD002",
        cause="detached_numpy",
        severity="error",
        cell=4,
        line=7,
        column=17,
        end_column=31,
        source="        scaled = hidden.numpy() * scale",
        operation="EagerTensor.numpy",
        variables=("dense/kernel", "dense/bias"),
        message="The value leaves TensorFlow here: the tape can't follow it into NumPy, so nothing before this line "
        "receives a gradient.",
        next_step="Which operation in line 7 is not TensorFlow's?",
        path=("loss", "mean", "square", "sub", "head", "╳", "mul (NumPy)", "tanh", "dense", "dense/kernel"),
    )
    note = Finding(
        code="GRAD043",
        cause="wrong_reduction",
        severity="note",
        cell=4,
        line=5,
        column=16,
        end_column=57,
        source="        scale = 1.0 / (tf.math.reduce_std(hidden) + 1e-6)",
        operation="tf.math.reduce_std",
        variables=(),
        message="One spread is taken over all features together. That is allowed; feature by feature is more usual.",
        next_step="Nothing to do, unless you meant axis=0.",
    )
    sheet = (
        Check("test_functions_exist", "the notebook defines build_model and loss_and_gradients", "passed", 1, 1),
        Check(
            "test_connected",
            "every trainable variable receives a gradient",
            "failed",
            0,
            4,
            "2 of 4 variables receive no gradient.",
            "test_functions_exist",
            (0,),
            (
                Comparison("dense/kernel", "none", "None", "an array"),
                Comparison("dense/bias", "none", "None", "an array"),
                Comparison("head/kernel", "present", "up to 1.2", "an array"),
                Comparison("head/bias", "present", "up to 0.74", "an array"),
            ),
        ),
        Check("test_values", "gradients match on hidden data", "skipped", 0, 3, depends_on="test_connected"),
        Check(
            "test_loss",
            "the loss is the mean squared error of the scaled features",
            "failed",
            0,
            1,
            "The loss differs from the expected one on 2 of 2 draws.",
            comparisons=(
                Comparison("loss, batch of 5", "wrong", "1.392", "1.377", 0.0108),
                Comparison("loss, batch of 8", "wrong", "1.5", "1.4999", 0.000067),
            ),
        ),
        Check("test_training", "the notebook's own training really improves", "passed", 1, 1),
    )
    return replace(
        passed(),
        status=Status.FAILED,
        message="2 of 5 checks failed; the first: every trainable variable receives a gradient.",
        next_step="`python -m grader hint 02` gives a hint.",
        score=2.0,
        checks=sheet,
        findings=(detached, note),
        cells=cells(),
        losses=flat(1.4),
        training=training(connected=False),
    )


def held_back() -> Verdict:
    """The failed verdict as it is shown first: where the path is cut, and no line."""
    checks = tuple(
        replace(check, findings=(), paths=(failed().findings[0].path,)) if check.findings else check
        for check in failed().checks
    )
    return replace(failed(), checks=checks, findings=())


def all_skipped(reason: str) -> tuple[Check, ...]:
    return tuple(
        replace(check, status="skipped", points=0.0, message=reason, comparisons=()) for check in passed().checks
    )


def crashed() -> Verdict:
    error = CellError(
        type="InvalidArgumentError",
        message="{{function_node __wrapped__MatMul_device_/job:localhost/replica:0/task:0/device:CPU:0}} Matrix "
        "size-incompatible: In[0]: [256,12], In[1]: [8,1] [Op:MatMul] name: ",
        cell=4,
        line=8,
        column=16,
        end_column=28,
        traceback="cell 5, line 5, in <module>\n    loss, gradients = loss_and_gradients(model, images, scores)\n"
        "cell 4, line 8, in loss_and_gradients\n    error = head(scaled) - y\n"
        "InvalidArgumentError: Matrix size-incompatible: In[0]: [256,12], In[1]: [8,1]",
    )
    ran = cells()
    return replace(
        passed(),
        status=Status.CRASHED,
        message="The notebook stopped with InvalidArgumentError in cell 4, line 8.",
        next_step="Restart the kernel, run all cells until none raises, save, and grade again.",
        score=0.0,
        checks=all_skipped("the notebook stopped in cell 5 with InvalidArgumentError"),
        cells=(*ran[:4], replace(ran[4], status="failed", error=error)),
        losses=(),
        training=(),
    )


def timed_out() -> Verdict:
    ran = cells()
    return replace(
        passed(),
        status=Status.TIMED_OUT,
        message="The notebook exceeded the limit of 60 s for one cell in cell 5 (60.2 s used).",
        next_step="Look there for a loop that does not end or for work that is far larger than the exercise needs.",
        score=0.0,
        checks=all_skipped("the notebook exceeded the limit of 60 s for one cell"),
        limit=LimitHit("cell", 60.0, 60.2),
        cells=(*ran[:4], replace(ran[4], status="failed", seconds=60.2)),
        losses=(),
        training=(),
        timing=Timing(total=60.9, execute=60.4, probe=0.0, judge=0.1),
    )


def killed() -> Verdict:
    return replace(
        timed_out(),
        status=Status.KILLED,
        message="The notebook exceeded the limit of 3,072 MB of memory in cell 5 (3,140 MB used).",
        checks=all_skipped("the notebook exceeded the limit of 3,072 MB of memory"),
        limit=LimitHit("memory", 3072, 3140.0),
        timing=Timing(total=4.2, execute=4.0),
    )


def ungradable() -> Verdict:
    return Verdict(
        exercise="02_detached_tensors",
        title="Detached tensors",
        notebook_sha256=SHA,
        status=Status.UNGRADABLE,
        message="This notebook belongs to exercise 01_tape_scope.",
        next_step="Grade it with `python -m grader grade 01 --notebook notebook.ipynb`.",
        score=0.0,
        max_score=10.0,
    )


def error() -> Verdict:
    return replace(
        ungradable(),
        status=Status.ERROR,
        message="The reference for this exercise could not be computed: its solution did not run.",
        next_step="This is not your fault and costs no attempt. Please tell your instructor.",
    )


VERDICTS = {
    "passed": passed,
    "failed": failed,
    "crashed": crashed,
    "timed_out": timed_out,
    "killed": killed,
    "ungradable": ungradable,
    "error": error,
}


def notes(status: str) -> Notes:
    """What stands beside the verdict of that status."""
    if status == "passed":
        return Notes(
            HINTS,
            BUGS,
            (passed().cells[3].source.replace("hidden * scale", "scale * hidden"),),
            (passed().cells[3].source,),
            REPORT,
        )
    return Notes(hints=HINTS if status == "failed" else (), report=REPORT)
