"""What must hold whatever the right gradients are."""

import numpy as np

from grader.spec import expect

NAMES = ("start", "decay")
SHAPES = dict.fromkeys(NAMES, ())
RATE = 0.1  # fixed by the contract
ROUNDING = 2.0**-23  # of a float32, relative to its size


def test_functions_exist(learner):
    expect.functions_exist(learner)


def test_forward(tries):
    for draw in tries:
        height = foam_height(draw.inputs, draw.inputs["minutes"])
        expect.close(draw.got["height"], height, what="height")
        loss = np.mean(np.square(height - draw.inputs["heights"]))
        expect.close(draw.got["steps"][0]["loss"], loss, what="loss of the first step")


def test_from_tape(tries):
    """In front of all that asks for gradients. A missing one is the next checks' matter."""
    first = tries[0].got["steps"][0]
    expect.from_tape(first["gradients"], first["loss"], tries[0].got["replays"])
    for draw in tries:
        for number, step in enumerate(draw.got["steps"], start=1):
            right, noise = gradients_of(step["before"], draw.inputs)
            there = {name: right[name] for name in NAMES if step["gradients"][name] is not None}
            expect.close(step["gradients"], there, atol=noise, what=f"gradient of the loss in step {number}")


def test_first_step(answers):
    for answer in answers:
        first = answer["steps"][0]
        expect.connected(first["gradients"])
        expect.shapes(first["gradients"], SHAPES)
        moved_by_its_gradients(first, "change in the first step")


def test_connected(answers):
    for answer in answers:
        for number, step in enumerate(answer["steps"], start=1):
            expect.connected({f"{name} in step {number}": step["gradients"][name] for name in NAMES})
            expect.shapes(step["gradients"], SHAPES)


def test_every_step(answers):
    for answer in answers:
        for number, step in enumerate(answer["steps"], start=1):
            moved_by_its_gradients(step, f"change in step {number}")


def test_training(trusted, answers):
    notebook = trusted.probes[0].result
    minutes, heights = (notebook["data"][name] for name in ("minutes", "heights"))
    ends = answers[0]["trained"]
    expect.trained(ends, notebook["begin"], lambda end: np.mean(np.square(foam_height(end, minutes) - heights)), 0.05)


def moved_by_its_gradients(step, what):
    """By those that the step itself returned. The new value can be rounded, so a change has an error of its size."""
    changes = {name: step["after"][name].astype(np.float64) - step["before"][name] for name in NAMES}
    expected = {name: -RATE * step["gradients"][name].astype(np.float64) for name in NAMES}
    sizes = {name: max(abs(step["before"][name]), abs(step["after"][name])) for name in NAMES}
    expect.close(changes, expected, atol={name: ROUNDING * float(sizes[name]) for name in NAMES}, what=what)


# --- the contract in NumPy ---------------------------------------------------------------------------------------


def foam_height(parameters, minutes):
    return parameters["start"] * np.exp(-parameters["decay"] * minutes)


def gradients_of(parameters, inputs):
    """Of the loss, worked out by hand; and how far rounding in float32 can take each from that: near the best
    parameters they are small differences of large terms."""
    start, decay = (parameters[name].astype(np.float64) for name in NAMES)
    minutes, heights = (inputs[name].astype(np.float64) for name in ("minutes", "heights"))
    shrink = np.exp(-decay * minutes)
    height = start * shrink
    slopes = {"start": shrink, "decay": -minutes * height}
    rounding = 4 * ROUNDING * (1 + np.abs(decay) * minutes)  # of the exponential, relative to its size
    residual = height - heights
    uncertain = rounding * (np.abs(height) + np.abs(heights) + np.abs(residual))
    right = {name: np.mean(2 * residual * slope) for name, slope in slopes.items()}
    return right, {name: float(np.mean(2 * uncertain * np.abs(slope))) for name, slope in slopes.items()}
