"""What the contract says in so many words: needs no reference, and may go into a learner's kit."""

import numpy as np
import pytest

from grader.spec import expect

PARAMETERS = ("threshold", "hidden_kernel", "hidden_bias", "output_kernel", "output_bias")
STEP, LIMIT, SHARPNESS, POWER = 1 / 8, 7 / 8, 10.0, 0.3


@pytest.fixture
def tries(learner, answers):
    """Pairs of hidden inputs, in float64, and what the probe returned for them."""
    return [(in_float64(probe.inputs), answer) for probe, answer in zip(learner.probes, answers, strict=True)]


def test_functions_exist(learner):
    expect.functions_exist(learner)


def test_forward(tries):
    for inputs, got in tries:
        loss = loss_of(inputs)
        values = {
            "quantize(w)": (got["quantize"]["value"], quantized(inputs["weights"])),
            "binarize(z)": (got["binarize"]["value"], np.sign(inputs["activations"])),
            "gate(x, threshold)": (got["gate"]["value"], opened(inputs["levels"], inputs["thresholds"])),
            "compute_loss(...)": (got["own"]["loss"], loss),
            "the loss of loss_and_gradients(...)": (got["loss"], loss),
        }
        found, expected = ({name: pair[side] for name, pair in values.items()} for side in (0, 1))
        expect.close(found, expected, rtol=1e-5, what="value")


def test_output_slope(tries):
    """output_bias is the one parameter behind which the loss is smooth: its gradient is the loss's own slope."""
    for inputs, got in tries:
        for gradients in (got["own"]["gradients"], got["gradients"]):
            expect.connected({"output_bias": gradients["output_bias"]})
            slope = np.sum(gradients["output_bias"] * inputs["direction"])
            expect.true(
                abs(slope - got["slope"]) <= 0.002 + 0.01 * abs(got["slope"]),
                "When output_bias moves a little, the loss changes by another amount than the gradient says.",
            )


def test_connected(tries):
    for _, got in tries:
        expect.connected(got["own"]["gradients"])
        expect.connected(got["gradients"])


def test_alive(tries):
    for inputs, got in tries:
        like = {name: inputs[name].shape for name in PARAMETERS}
        for gradients in (got["own"]["gradients"], got["gradients"]):
            expect.shapes(gradients, like)
            expect.finite(gradients)
            expect.nonzero(gradients)


def test_quantize_gradient(tries):
    for inputs, got in tries:
        check_operation(inputs, got["quantize"], quantized, {"w": "weights"}, [within(LIMIT)])


def test_binarize_gradient(tries):
    for inputs, got in tries:
        check_operation(inputs, got["binarize"], np.sign, {"z": "activations"}, [within(1.0)])


def test_gate_gradient(tries):
    for inputs, got in tries:
        slopes = [curve_slope, lambda x, threshold: -curve_slope(x, threshold)]
        check_operation(inputs, got["gate"], opened, {"x": "levels", "threshold": "thresholds"}, slopes)


def test_power_bill(tries):
    """With every hidden weight at 0, the whole gradient of the thresholds is that of the power bill."""
    for inputs, got in tries:
        bill = -POWER * curve_slope(inputs["x"], inputs["threshold"]).sum(axis=0) / inputs["x"].size
        found = {"threshold": got["power"]["gradients"]["threshold"]}
        expect.connected(found)
        expect.close(found, {"threshold": bill}, rtol=1e-3)


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


def loss_of(inputs):
    is_open = opened(inputs["x"], inputs["threshold"])
    hidden = (inputs["x"] * is_open) @ quantized(inputs["hidden_kernel"]) + inputs["hidden_bias"]
    scores = np.sign(hidden) @ quantized(inputs["output_kernel"]) + inputs["output_bias"]
    of_the_truth = scores[np.arange(len(scores)), inputs["y"]]
    return np.mean(np.log(np.exp(scores).sum(axis=1)) - of_the_truth) + POWER * is_open.mean()


def check_operation(inputs, got, forward, arguments, slopes):
    """Under an upstream gradient u the chain rule gives u * slope; inside sum((f(0.9 a, ...) + 2)^3) it gives
    3 (f + 2)^2 * slope, and 0.9 times that for `a`."""
    sources = [inputs[name] for name in arguments.values()]
    chained = [0.9 * sources[0], *sources[1:]]
    tried = next(iter(arguments.values()))
    cases = {
        "upstream_1": (inputs[f"{tried}_upstream_1"], sources, 1.0),
        "upstream_2": (inputs[f"{tried}_upstream_2"], sources, 1.0),
        "chain": (3 * (forward(*chained) + 2) ** 2, chained, 0.9),
    }
    for case, (upstream, at, inner) in cases.items():
        expected = [summed_to(source, upstream * slope(*at)) for source, slope in zip(sources, slopes, strict=True)]
        expected[0] *= inner
        expect.connected(got[case])
        expect.close(got[case], dict(zip(arguments, expected, strict=True)), rtol=1e-3)


def summed_to(source, gradient):
    """A source that was broadcast over the readings receives the sum over them."""
    return gradient if gradient.shape == source.shape else gradient.sum(axis=0)


def in_float64(inputs):
    return {name: array.astype(np.float64) if array.dtype == np.float32 else array for name, array in inputs.items()}
