"""Score sheets are fair: cheats get little, and to repair one more of the planted bugs never costs points.

The sets of bugs are put together here from the lines in which each bug stands, and go through the real pipeline.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from grader.authoring.points import Scored, unfair
from grader.course.catalogue import exercises
from grader.course.notebook import Notebook, read
from grader.grading.grader import Grader
from grader.model import Exercise

# With one bug there is no half of the way to pay for.
EXERCISES = [each for each in exercises(Path(__file__).parents[2] / "exercises") if len(each.bugs) > 1]

Parts = dict[str, tuple[str, str]]  # by bug: a line or more as they are broken, and repaired


def tape_scope(left: frozenset[str]) -> dict[int, str]:
    """Cells 4 and 8: what a bug of this name leaves out of the tape runs before the tape opens."""
    penalty = ["penalty = 0.01 * tf.add_n([tf.reduce_sum(tf.square(k)) for k in kernels])"]
    gains = ["gains = [1.0 + model.weather(weather) for _, weather, _ in stations]"]
    scaled = ["weather = (readings - WEATHER_MEAN) / WEATHER_SPREAD"]
    station = [
        "predicted = tf.squeeze(model.head(model.signal(stations[number][0]) * gains[number]), axis=1)",
        "loss += tf.reduce_mean(tf.square(predicted - stations[number][2])) / len(stations)",
    ]
    penalty_outside, gains_outside = "penalty_before_tape" in left, "gains_before_tape" in left
    before = penalty * penalty_outside + gains * gains_outside
    inside = penalty * (not penalty_outside) + gains * (not gains_outside)
    tape = ["with tf.GradientTape() as tape:"]
    if "tape_per_station" in left:
        added = [] if penalty_outside else ["loss += penalty / len(stations)"]
        rounds = indented(tape + indented([*inside, *added, *station]))
        begin = "loss = penalty" if penalty_outside else "loss = 0.0"
        body = [*before, begin, "for number in range(len(stations)):", *rounds]
    else:
        rounds = ["for number in range(len(stations)):", *indented(station)]
        body = [*before, *tape, *indented([*inside, "loss = penalty", *rounds])]
    kernels = "kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]"
    returned = "return loss, tape.gradient(loss, model.trainable_variables)"
    outside = "readings_scaled_before_tape" in left
    sensitivity = [
        "readings = tf.convert_to_tensor(readings)",
        *(scaled if outside else []),
        *tape,
        *indented(["tape.watch(readings)", *([] if outside else scaled)]),
        *indented(["predicted = estimate(model, electrodes, weather)"]),
        "return tape.gradient(predicted, readings)",
    ]
    return {
        4: "\n".join(["def loss_and_gradients(model, stations):", *indented([kernels, *body, returned])]),
        8: "\n".join(["def weather_sensitivity(model, electrodes, readings):", *indented(sensitivity)]),
    }


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def replaced(exercise: Exercise, left: frozenset[str], parts: Parts) -> dict[int, str]:
    """The solution's cells with the broken lines of these bugs in place of the repaired ones."""
    assert exercise.solution is not None
    cells = dict(enumerate(read(exercise.solution).cells, start=1))
    changed: dict[int, str] = {}
    for bug in exercise.bugs:
        broken, repaired = parts[bug.id]
        source = changed.get(bug.cell, cells[bug.cell])
        assert source.count(repaired) == 1, bug.id
        changed[bug.cell] = source.replace(repaired, broken) if bug.id in left else source
    return changed


DETACHED: Parts = {
    "clipped_in_numpy": ("np.clip(features, 0.0, 6.0)", "tf.clip_by_value(features, 0.0, 6.0)"),
    "weights_in_a_variable": (
        "    weights = tf.Variable(weights)\n    weights[:, STUCK].assign(tf.zeros((len(images), 1)))\n",
        "    usable = 1.0 - tf.one_hot(STUCK, POSITIONS)\n    weights = weights * usable[:, tf.newaxis]\n",
    ),
    "length_in_numpy": (
        "pooled / np.linalg.norm(pooled, axis=1, keepdims=True)",
        "tf.math.l2_normalize(pooled, axis=1)",
    ),
    "scale_as_float": ("float(tf.exp(model.log_scale))", "tf.exp(model.log_scale)"),
}
DISCRETE: Parts = {
    "rounded_weights": ("return tf.round(w / STEP) * STEP", "return straight_through(tf.round(w / STEP) * STEP, w)"),
    "counting_gate": (
        "return tf.cast(x > threshold, tf.float32)",
        "return straight_through(tf.cast(x > threshold, tf.float32), tf.sigmoid(SHARPNESS * (x - threshold)))",
    ),
    "sign_activation": ("return tf.sign(z)", "return straight_through(tf.sign(z), tf.clip_by_value(z, -1.0, 1.0))"),
    "counted_power": (
        "tf.math.count_nonzero(is_open, dtype=tf.float32) / (len(x) * BANDS)",
        "tf.reduce_mean(is_open)",
    ),
}
WATCHING: Parts = {
    "copies_watched": (
        "    with tf.GradientTape(watch_accessed_variables=False) as tape:\n"
        "        tape.watch([tf.convert_to_tensor(variable) for variable in model.variables])\n"
        "        loss = compute_loss",
        "    with tf.GradientTape() as tape:\n        loss = compute_loss",
    ),
    "frozen_floor": ('tf.fill([BANDS], 0.1), trainable=False, name="floor"', 'tf.fill([BANDS], 0.1), name="floor"'),
    "whole_numbers": ("calls = tf.convert_to_tensor(calls)\n    with", "calls = tf.cast(calls, tf.float32)\n    with"),
    "watched_late": (
        "        loudness = tf.reduce_mean(tf.square(noise))\n        tape.watch(noise)\n",
        "        tape.watch(noise)\n        loudness = tf.reduce_mean(tf.square(noise))\n",
    ),
}
NESTED: Parts = {
    "inner_after_outer": (
        """    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, y])
        psi = stream_function(model, tf.stack([x, y], axis=1))
    by_x, by_y = tape.gradient(psi, [x, y])
    bends = [tape.gradient(by_x, x), tape.gradient(by_y, y)]
    by_xx, by_yy = (tf.zeros_like(x) if bend is None else bend for bend in bends)
    return -(by_xx + by_yy)""",
        """    with tf.GradientTape(persistent=True) as outer:  # persistent, as it is asked twice
        outer.watch([x, y])
        with tf.GradientTape() as inner:
            inner.watch([x, y])
            psi = stream_function(model, tf.stack([x, y], axis=1))
        by_x, by_y = inner.gradient(psi, [x, y])  # while the outer tape is recording
    return -(outer.gradient(by_x, x) + outer.gradient(by_y, y))""",
    ),
    "leak_in_numpy": (
        "np.mean(np.square(current(model, coast)[:, 1]))",
        "tf.reduce_mean(tf.square(current(model, coast)[:, 1]))",
    ),
    "outer_does_not_watch": ("        speed = ", "        tape.watch(positions)\n        speed = "),
}
STOPPED: Parts = {
    "stopped_as_a_whole": (
        "return tf.stop_gradient(level + (tf.round(level) - level))",
        "return level + tf.stop_gradient(tf.round(level) - level)",
    ),
    "wrong_side_stopped": (
        "better = returns - estimates\n"
        "    orders_part = -tf.reduce_mean(log_chances * better)\n"
        "    error = returns - tf.stop_gradient(estimates)",
        "better = tf.stop_gradient(returns - estimates)\n"
        "    orders_part = -tf.reduce_mean(log_chances * better)\n\n"
        "    error = returns - estimates",
    ),
    "curiosity_stopped": ("chances = tf.stop_gradient(tf.nn.softmax(scores))", "chances = tf.nn.softmax(scores)"),
}
HOURS = """\
        storage = {start}
        seeping = (1.0 - share) * rain
        arriving = []
        for hour in range(rain.shape[1]):
            outflow = leak * storage
            inflow = tf.concat([seeping[:, hour, tf.newaxis], outflow[:, :-1]], axis=1)
            arriving.append(outflow[:, -1])
            {step}
"""
KEPT: Parts = {
    "area_not_tracked": (
        'tf.Variable(0.0, name="log_area")',
        'self.add_weight(shape=(), initializer="zeros", name="log_area")',
    ),
    "share_wrapped_again": ("share = tf.Variable(tf.sigmoid(self.runoff))", "share = tf.sigmoid(self.runoff)"),
    "storage_assigned": (
        HOURS.format(
            start="tf.Variable(tf.zeros((len(rain), STORES)))", step="storage.assign(storage - outflow + inflow)"
        ),
        HOURS.format(start="tf.zeros((len(rain), STORES))", step="storage = storage - outflow + inflow"),
    ),
}
PARTS: dict[str, Parts] = {
    "02_detached_tensors": DETACHED,
    "03_nondifferentiable_ops": DISCRETE,
    "04_watching": WATCHING,
    "05_second_derivatives": NESTED,
    "06_stop_gradient": STOPPED,
    "07_variables_and_state": KEPT,
}


def with_bugs(exercise: Exercise, left: frozenset[str]) -> Notebook:
    assert exercise.solution is not None
    notebook = read(exercise.solution)
    changed = tape_scope(left) if exercise.id == "01_tape_scope" else replaced(exercise, left, PARTS[exercise.id])
    cells = tuple(changed.get(number, cell) for number, cell in enumerate(notebook.cells, start=1))
    return replace(notebook, cells=cells)


@pytest.mark.soak
@pytest.mark.kernel
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_to_repair_one_more_bug_never_costs_points(grader: Grader, exercise: Exercise) -> None:
    bugs = [bug.id for bug in exercise.bugs]
    sets = [frozenset(left) for size in range(len(bugs) + 1) for left in combinations(bugs, size)]
    scored = []
    for left in sets:
        verdict = grader.judge(exercise, with_bugs(exercise, left))
        scored.append(Scored("+".join(sorted(left)) or "none", verdict.score, left=left))
    assert scored[0].score == exercise.max_score
    assert unfair(scored) == (None, None)
    one_left = [one.score for one in scored if one.left is not None and len(one.left) == 1]
    assert min(one_left) >= 0.5 * exercise.max_score  # three repairs of four are most of the work


def test_a_cheat_with_many_points_and_a_repair_that_costs_some_are_named() -> None:
    cheats, steps = unfair(
        [
            Scored("differences", 9, cheat=True),
            Scored("recorded", 4, cheat=True),
            Scored("all but one", 3, left=frozenset({"a"})),
            Scored("all but two", 3.5, left=frozenset({"a", "b"})),
            Scored("none", 10, left=frozenset()),
        ]
    )
    assert cheats == "differences gets 9"
    assert steps == "all but one gets 3, all but two 3.5"
