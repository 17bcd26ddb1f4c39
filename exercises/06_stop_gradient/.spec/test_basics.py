"""What the contract says in so many words: needs no reference, and may go into a learner's kit."""

import numpy as np

from grader.spec import expect

SHAPES = {
    "wire_kernel": (3, 8),
    "wire_bias": (8,),
    "rudder_kernel": (8, 3),
    "rudder_bias": (3,),
    "value_kernel": (8, 1),
    "value_bias": (1,),
}
CURIOSITY = 0.02
WIRES, RUDDER, VALUE = (tuple(name for name in SHAPES if name.startswith(part)) for part in ("wire", "rudder", "value"))
BIASES = ("rudder_bias", "value_bias")  # with one moment, their gradients are those of its scores and its estimate


def part(gradients, names):
    return {name: gradients[name] for name in names}


def arrived(gradients):
    return {name: value for name, value in gradients.items() if value is not None}


def test_functions_exist(learner, answers):
    expect.functions_exist(learner)
    answer = answers[0]
    expect.true(
        answer["names"] == sorted(SHAPES),
        "`new_parameters` does not return the six parameters of the contract's table.",
    )
    expect.true(
        "by the grader's tape" in answer,
        "`compute_loss` does not return a scalar tensor, so TensorFlow has nothing to differentiate.",
    )


def test_forward(tries):
    for draw in tries:
        inputs, got = in_float64(draw.inputs), draw.got
        _, _, scores, estimates = network(inputs, inputs["states"])
        expect.close(got["scores"], scores, what="scores of `steer`")
        expect.close(got["estimates"], estimates, what="estimates of `steer`")
        loss, atol = loss_of(inputs), 1e-6 * float(np.mean(np.square(inputs["returns"])))
        expect.close(got["computed loss"], loss, atol=atol, what="result of `compute_loss`")
        expect.close(got["returned"]["loss"], loss, atol=atol, what="loss of `loss_and_gradients`")


def test_from_tape(answers):
    """In front of all that asks for right gradients."""
    answer = answers[0]
    there = arrived(answer["returned"]["gradients"])
    expect.from_tape(there, answer["returned"]["loss"], answer["replays"])
    taped = answer["by the grader's tape"]
    expect.close(there, part(taped, there), what="gradient of `compute_loss` by the grader's own tape")


def test_wires(tries):
    """With one moment, what the wires receive follows from what the two outputs received, right or wrong."""
    draw = tries[0]
    got = draw.got["single"]["gradients"]
    expect.connected(part(got, WIRES))
    expect.shapes(part(got, WIRES), part(SHAPES, WIRES))
    expect.nonzero(part(got, WIRES))
    inputs = in_float64(draw.inputs)
    by_scores, by_estimates = (np.zeros(SHAPES[name]) if got[name] is None else got[name] for name in BIASES)
    by_bits = inputs["rudder_kernel"] @ by_scores + inputs["value_kernel"] @ by_estimates
    level = network(inputs, inputs["states"][:1])[0][0]
    by_level = by_bits * level * (1 - level)
    right = {"wire_kernel": np.outer(inputs["states"][0], by_level), "wire_bias": by_level}
    expect.close(part(got, WIRES), right, rtol=1e-3, what="gradient with a single moment")


def test_estimate(answers, tries):
    """How the estimate's gradient moves with the returns: the orders' part of it, if there is one, does not."""
    answer, inputs = answers[0], in_float64(tries[0].inputs)
    one, other = (part(answer[case]["gradients"], VALUE) for case in ("returned", "moved"))
    expect.connected(one | other)
    got = {name: other[name].astype(np.float64) - one[name] for name in VALUE}
    bits = network(inputs, inputs["states"])[1]
    by_estimate = -inputs["direction"] / len(inputs["direction"])
    right = {"value_kernel": (bits.T @ by_estimate)[:, None], "value_bias": by_estimate.sum(keepdims=True)}
    expect.close(got, right, rtol=1e-3, atol=1e-6, what="change of the gradient when the returns change")


def test_plain_number(answers, tries):
    """Where each return is what was expected, the estimate's own error is zero."""
    got = part(answers[0]["as expected"]["gradients"], VALUE)
    expect.connected(got)
    inputs = in_float64(tries[0].inputs)
    _, bits, scores, _ = network(inputs, inputs["states"])
    leak = own(log_chances(scores), inputs["orders"]) / len(scores)
    expect.close(
        got,
        {name: np.zeros(SHAPES[name]) for name in VALUE},
        atol=1e-6,
        what="gradient of the estimate where each return is what was expected",
        mistakes={
            "The estimate learns from the orders' part of the loss: (return - estimate) is not a plain number there.": {
                "value_kernel": (bits.T @ leak)[:, None],
                "value_bias": leak.sum(keepdims=True),
            }
        },
    )


def test_curiosity(answers, tries):
    """Where each return is what was expected, the scores receive nothing but curiosity."""
    got = part(answers[0]["as expected"]["gradients"], RUDDER)
    expect.connected(got)
    inputs = in_float64(tries[0].inputs)
    _, bits, scores, _ = network(inputs, inputs["states"])
    by_scores = by_entropy(scores)
    right = {"rudder_kernel": bits.T @ by_scores, "rudder_bias": by_scores.sum(axis=0)}
    expect.close(got, right, rtol=1e-3, atol=1e-6, what="gradient of the scores where each return is what was expected")


def test_training(answers):
    answer = answers[0]
    expect.trained(answer["trained"], answer["start"], cost_of, 0.4)


# --- the contract in NumPy ---------------------------------------------------------------------------------------


def in_float64(inputs):
    return {name: array.astype(np.float64) if array.dtype == np.float32 else array for name, array in inputs.items()}


def network(params, states):
    """Levels, bits, scores and estimates."""
    level = 1 / (1 + np.exp(-(states @ params["wire_kernel"] + params["wire_bias"])))
    bits = (level > 0.5).astype(np.float64)
    estimates = bits @ params["value_kernel"][:, 0] + params["value_bias"][0]
    return level, bits, bits @ params["rudder_kernel"] + params["rudder_bias"], estimates


def log_chances(scores):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def own(table, orders):
    return table[np.arange(len(orders)), orders]


def loss_of(inputs):
    _, _, scores, estimates = network(inputs, inputs["states"])
    chances = log_chances(scores)
    better = inputs["returns"] - estimates
    entropy = -np.sum(np.exp(chances) * chances, axis=1)
    return np.mean(-own(chances, inputs["orders"]) * better + better**2 / 2 - CURIOSITY * entropy)


def by_entropy(scores):
    """Slopes of the third part with respect to the scores."""
    logs = log_chances(scores)
    chances = np.exp(logs)
    entropy = -np.sum(chances * logs, axis=1, keepdims=True)
    return CURIOSITY * chances * (logs + entropy) / len(scores)


def cost_of(params):
    """The mean cost of crossings of our own, in which the likeliest order is given."""
    params = {name: np.asarray(params[name], np.float64).reshape(shape) for name, shape in SHAPES.items()}
    rng = np.random.default_rng(0)
    ferries, costs = 400, []
    offset, drift = rng.uniform(-1.0, 1.0, ferries), np.zeros(ferries)
    current = rng.choice([-1.0, 1.0], ferries)
    for _ in range(10):
        orders = network(params, np.stack([offset, drift, current], axis=1))[2].argmax(axis=1)
        drift = 0.7 * drift + 0.35 * (orders - 1) + 0.12 * current + rng.normal(0.0, 0.03, ferries)
        offset = offset + 0.5 * drift
        costs.append(np.minimum(offset**2, 1.0))
    return float(np.mean(costs))
