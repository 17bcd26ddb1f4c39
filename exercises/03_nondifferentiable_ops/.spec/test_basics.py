"""What the contract says in so many words: needs no reference, and may go into a learner's kit."""

import numpy as np

from grader.spec import expect

PARAMETERS = ("threshold", "hidden_kernel", "hidden_bias", "output_kernel", "output_bias")
STEP, LIMIT, SHARPNESS, POWER = 1 / 8, 7 / 8, 10.0, 0.3


def test_functions_exist(learner):
    expect.functions_exist(learner)


def test_forward(tries):
    for draw in tries:
        inputs, got = in_float64(draw.inputs), draw.got
        # What each operation is tried on leads to known values, so the place of a wrong one can be named.
        expect.close(
            got["quantize"]["value"],
            quantized(inputs["weights"]),
            what="result of `quantize`",
            at={"w": inputs["weights"]},
        )
        z = inputs["activations"]
        expect.close(got["binarize"]["value"], np.sign(z), what="result of `binarize`", at={"z": z})
        levels, thresholds = inputs["levels"], inputs["thresholds"]
        at = {"x": levels, "threshold": thresholds}
        expect.close(got["gate"]["value"], opened(levels, thresholds), what="result of `gate`", at=at)
        loss = loss_of(inputs, inputs["x"], inputs["y"])
        expect.close(got["own"]["loss"], loss, what="result of `compute_loss`")
        expect.close(got["returned"]["loss"], loss, what="loss of `loss_and_gradients`")


def test_from_tape(answers):
    """In front of all that asks for right gradients."""
    answer = answers[0]
    returned, own = answer["returned"]["gradients"], answer["own"]["gradients"]
    there = {name: value for name, value in returned.items() if value is not None}
    expect.from_tape(there, answer["returned"]["loss"], answer["replays"])
    right = {name: own[name] for name in there}
    expect.close(there, right, what="gradient of `compute_loss` by the grader's own tape")


def test_connected(answers):
    expect.connected(answers[0]["own"]["gradients"])
    expect.connected(answers[0]["returned"]["gradients"])


def test_alive(tries):
    draw = tries[0]
    like = {name: draw.inputs[name].shape for name in PARAMETERS}
    for gradients in (draw.got["own"]["gradients"], draw.got["returned"]["gradients"]):
        expect.shapes(gradients, like)
        expect.finite(gradients)
        expect.nonzero(gradients)


def test_quantize_gradient(tries):
    for draw in tries:
        check_operation(draw, "quantize", {"w": "weights"}, [within(LIMIT)])


def test_binarize_gradient(tries):
    for draw in tries:
        check_operation(draw, "binarize", {"z": "activations"}, [within(1.0)])


def test_gate_gradient(tries):
    slopes = [curve_slope, lambda x, threshold: -curve_slope(x, threshold)]
    for draw in tries:
        check_operation(draw, "gate", {"x": "levels", "threshold": "thresholds"}, slopes)


def test_power_bill(tries):
    """With every hidden weight at 0, the whole gradient of the thresholds is that of the power bill."""
    for draw in tries:
        inputs, got = in_float64(draw.inputs), draw.got["power"]["gradients"]
        bill = -POWER * curve_slope(inputs["x"], inputs["threshold"]).sum(axis=0) / inputs["x"].size
        found = {"threshold": got["threshold"]}
        expect.connected(found)
        expect.close(found, {"threshold": bill}, rtol=1e-3, what="gradient of the power bill")


def test_training(trusted, answers):
    notebook = trusted.probes[0].result
    x, y = (np.asarray(notebook["data"][name]) for name in ("x", "y"))
    expect.trained(answers[0]["trained"], notebook["start"], lambda params: loss_of(params, x, y), 0.6)


# --- the contract in NumPy ---------------------------------------------------------------------------------------


def quantized(w):
    return np.clip(np.round(w / STEP) * STEP, -LIMIT, LIMIT)


def opened(x, threshold):
    return (x > threshold).astype(np.float64)


def within(limit):
    return lambda values: (np.abs(values) <= limit).astype(np.float64)


def curve_slope(x, threshold):
    curve = 1 / (1 + np.exp(-SHARPNESS * (x - threshold)))
    return SHARPNESS * curve * (1 - curve)


def loss_of(params, x, y):
    params = {name: np.asarray(params[name], np.float64) for name in PARAMETERS}
    is_open = opened(x, params["threshold"])
    hidden = (x * is_open) @ quantized(params["hidden_kernel"]) + params["hidden_bias"]
    scores = np.sign(hidden) @ quantized(params["output_kernel"]) + params["output_bias"]
    of_the_truth = scores[np.arange(len(scores)), y]
    return np.mean(np.log(np.exp(scores).sum(axis=1)) - of_the_truth) + POWER * is_open.mean()


def check_operation(draw, name, arguments, slopes):
    """Under an upstream gradient u the chain rule gives u * slope; inside sum((f(0.75 a, ...) + 2)^3) it gives
    3 (f + 2)^2 * slope, and three quarters of that for `a`. `f` is what the learner's function returned: whether that
    is right is another check's matter."""
    inputs, got = in_float64(draw.inputs), draw.got[name]
    sources = {argument: inputs[array] for argument, array in arguments.items()}
    first, *others = sources.values()
    tried = next(iter(arguments.values()))
    result = got["chain_value"]
    shaped = isinstance(result, np.ndarray) and result.shape == first.shape
    expect.true(shaped, f"The result of `{name}` does not have the shape {first.shape} of its input.")
    for case in ("upstream_1", "upstream_2", "chain"):
        at, inner, upstream = [first, *others], 1.0, inputs.get(f"{tried}_{case}")
        if upstream is None:
            at, inner = [0.75 * first, *others], 0.75
            upstream = 3 * (result.astype(np.float64) + 2) ** 2
        parts = [upstream * slope(*at) for slope in slopes]
        expected = [summed_to(source, part) for source, part in zip(sources.values(), parts, strict=True)]
        expected[0] = inner * expected[0]
        expect.connected(got[case])
        for argument, right in zip(arguments, expected, strict=True):
            at_values = {argument: sources[argument] * (inner if argument == next(iter(sources)) else 1.0)}
            what = f"gradient of `{name}` with respect to {argument}"
            expect.close({argument: got[case][argument]}, {argument: right}, rtol=1e-3, what=what, at=at_values)


def summed_to(source, gradient):
    """A source that was broadcast over the readings receives the sum over them."""
    return gradient if gradient.shape == source.shape else gradient.sum(axis=0)


def in_float64(inputs):
    return {name: array.astype(np.float64) if array.dtype == np.float32 else array for name, array in inputs.items()}
