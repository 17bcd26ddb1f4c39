"""What follows from the contract's formulas: needs no reference."""

import numpy as np

from grader.spec import expect

SHAPES = {"hidden/kernel": (2, 20), "hidden/bias": (20,), "output/kernel": (20, 1)}
SPIN_WEIGHT, COAST_WEIGHT = 0.1, 2.0


def test_functions_exist(learner, answers):
    expect.functions_exist(learner)
    for answer in answers:
        expect.true(
            sorted(answer["names"]) == sorted(SHAPES),
            "The model of `build_model` does not have the three trainable variables of the contract's table.",
        )


def test_forward(tries):
    for draw in tries:
        inputs, got = in_float64(draw.inputs), draw.got
        positions, rtol = inputs["positions"], float(inputs["rtol"])
        terms = np.abs(inputs["output/kernel"]).sum()
        expect.close(
            got["stream"],
            stream_function(inputs, positions),
            atol=1e-6 * terms,
            what="result of `stream_function`",
        )
        expect.close(got["current"], current(inputs, positions), rtol=rtol, what="result of `current`")
        # With the vorticities that came: if those are wrong, that is the next check's matter.
        loss = loss_of(inputs, *data_of(inputs), turning=got["vorticity"])
        expect.close(got["loss"], loss, rtol=rtol, what="result of `compute_loss`")
        expect.close(got["returned"]["loss"], loss, rtol=rtol, what="loss of `loss_and_gradients`")


def test_one_for_each(answers):
    answer = answers[0]
    expect.true(
        answer["returned"]["count"] == len(SHAPES),
        f"`loss_and_gradients` returns {answer['returned']['count']} gradients; the model has three variables.",
    )
    expect.connected(answer["returned"]["gradients"])
    expect.shapes(answer["returned"]["gradients"], SHAPES)
    expect.finite(answer["returned"]["gradients"])


def test_vorticity(tries):
    for draw in tries:
        inputs = in_float64(draw.inputs)
        xx, xy, yy = second_derivatives(inputs, inputs["positions"])
        expect.close(
            draw.got["vorticity"],
            -(xx + yy),
            rtol=float(inputs["rtol"]),
            atol=rounding(inputs),
            what="vorticity",
            mistakes={
                "The vorticity contains the mixed second derivatives as well, ∂²ψ/∂x∂y twice. A gradient of several "
                "numbers is the gradient of their sum.": -(xx + 2 * xy + yy),
                "The vorticity is that of one direction alone; the other one is missing.": -xx,
            },
        )


def test_from_tape(answers):
    """In front of all that asks for right gradients."""
    answer = answers[0]
    expect.true(
        "by the grader's tape" in answer,
        "`compute_loss` does not return a scalar tensor, so TensorFlow has nothing to differentiate.",
    )
    gradients, taped = answer["returned"]["gradients"], answer["by the grader's tape"]
    there = {name: value for name, value in gradients.items() if value is not None}
    expect.from_tape(there | {"speed_change": answer["speed change"]}, 0.0, answer["replays"])
    expect.close(
        there, {name: taped[name] for name in there}, what="gradient of `compute_loss` by the grader's own tape"
    )


def test_vorticity_pulls(tries):
    """The measured vorticities enter one term of the loss, and that linearly: what changes in the gradient when they
    are others is this term's alone."""
    inputs, got = in_float64(tries[0].inputs), tries[0].got
    others = {**inputs, "spins": inputs["other spins"]}
    check_change(
        inputs,
        others,
        got["returned"],
        got["other spins"],
        "the measured vorticities",
        "The gradient of the loss does not depend on the measured vorticities: their term is in the loss, but no "
        "gradient passes through `vorticity` to the weights.",
    )


def test_coast_pulls(tries):
    """What changes in the gradient with another coast is the coast's term alone."""
    inputs, got = in_float64(tries[0].inputs), tries[0].got
    others = {**inputs, "coast": inputs["other coast"]}
    check_change(
        inputs,
        others,
        got["returned"],
        got["other coast"],
        "the coast",
        "The gradient of the loss does not depend on where the coast is: the flow through it is in the loss, but not "
        "in the gradient.",
    )


def test_speed_change(tries):
    for draw in tries:
        expect.connected({"positions": draw.got["speed change"]})
        inputs = in_float64(draw.inputs)
        expect.close(
            draw.got["speed change"],
            speed_change(inputs, inputs["positions"]),
            rtol=float(inputs["rtol"]),
            atol=rounding(inputs),
            what="result of `speed_change`",
        )


def test_training(trusted, answers):
    data = trusted.probes[0].result["data"]
    buoys = [np.asarray(array, np.float64) for array in data["buoys"]]
    coast = np.asarray(data["coast"], np.float64)
    start = trusted.probes[0].result["start"]
    expect.trained(answers[0]["trained"], start, lambda weights: loss_of(in_float64(weights), buoys, coast), 0.15)


def check_change(inputs, others, one, other, what, silent):
    """How the gradient changes from `inputs` to `others`, in which one thing is different."""
    right = {name: slope(inputs, name) - slope(others, name) for name in SHAPES}
    found = {
        name: one["gradients"][name] - other["gradients"][name]
        for name in SHAPES
        if one["gradients"].get(name) is not None and other["gradients"].get(name) is not None
    }
    expect.close(
        found,
        right,
        rtol=1e-3,
        atol=1e-5,
        what=f"change of the gradient with {what}",
        mistakes={silent: {name: np.zeros(shape) for name, shape in SHAPES.items()}},
    )


# --- the contract in NumPy ---------------------------------------------------------------------------------------


def in_float64(arrays):
    return {name: np.asarray(array, np.float64) for name, array in arrays.items()}


def data_of(inputs):
    return (inputs["positions"], inputs["currents"], inputs["spins"]), inputs["coast"]


def stream_function(weights, positions):
    return np.tanh(positions @ weights["hidden/kernel"] + weights["hidden/bias"]) @ weights["output/kernel"][:, 0]


def current(weights, positions):
    hidden = np.tanh(positions @ weights["hidden/kernel"] + weights["hidden/bias"])
    x, y = weights["hidden/kernel"]
    bent = (1 - hidden**2) * weights["output/kernel"][:, 0]
    return np.stack([bent @ y, -bent @ x], axis=1)


def second_derivatives(weights, positions):
    """Of the stream function: twice by x, by x and y, twice by y."""
    hidden = np.tanh(positions @ weights["hidden/kernel"] + weights["hidden/bias"])
    x, y = weights["hidden/kernel"]
    bent = -2 * hidden * (1 - hidden**2) * weights["output/kernel"][:, 0]
    return bent @ x**2, bent @ (x * y), bent @ y**2


def rounding(inputs):
    """What a second derivative may be off by in float32: it can be a small sum of the hidden units' large terms."""
    hidden = np.tanh(inputs["positions"] @ inputs["hidden/kernel"] + inputs["hidden/bias"])
    terms = np.abs(hidden * (1 - hidden**2) * inputs["output/kernel"][:, 0]) * np.sum(
        inputs["hidden/kernel"] ** 2, axis=0
    )
    return 2e-6 * float(np.max(np.sum(terms, axis=1)))


def speed_change(weights, positions):
    xx, xy, yy = second_derivatives(weights, positions)
    east, north = current(weights, positions).T
    speed = np.hypot(east, north)
    return np.stack([(east * xy - north * xx) / speed, (east * yy - north * xy) / speed], axis=1)


def loss_of(weights, buoys, coast, turning=None):
    """`turning`: vorticities to take in place of the right ones."""
    positions, currents, spins = buoys
    if turning is None:
        xx, _, yy = second_derivatives(weights, positions)
        turning = -(xx + yy)
    misses = np.sum((current(weights, positions) - currents) ** 2, axis=1)
    leak = current(weights, coast)[:, 1]
    return np.mean(misses) + SPIN_WEIGHT * np.mean((turning - spins) ** 2) + COAST_WEIGHT * np.mean(leak**2)


def slope(inputs, name, step=1e-6):
    """The gradient of the loss with respect to one variable, by central differences in float64."""
    found = np.empty(SHAPES[name])
    for index in np.ndindex(found.shape):
        there, back = inputs[name].copy(), inputs[name].copy()
        there[index] += step
        back[index] -= step
        above, below = (loss_of({**inputs, name: moved}, *data_of(inputs)) for moved in (there, back))
        found[index] = (above - below) / (2 * step)
    return found
