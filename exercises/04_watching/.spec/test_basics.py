"""What the contract says in so many words: needs no reference, and may go into a learner's kit."""

import numpy as np

from grader.spec import expect

SHAPES = {
    "floor": (12,),
    "listen/kernel": (12, 8),
    "listen/bias": (8,),
    "decide/kernel": (8, 3),
    "decide/bias": (3,),
}
PRICE, LOUDEST = 0.002, 255.0
FINEST = 1e-13  # a gradient per level may be as small as 1e-8


def part(gradients, *names):
    return {name: gradients[name] for name in names}


def test_functions_exist(learner, answers):
    expect.functions_exist(learner)
    answer = answers[0]
    expect.true(
        sorted(answer["names"]) == sorted(SHAPES),
        "The model of `build_model` does not have the five variables of the contract's table.",
    )
    expect.true(
        answer["count"] == len(SHAPES),
        f"`loss_and_gradients` returns {answer['count']} gradients; the model has {len(SHAPES)} variables.",
    )
    expect.true(
        "by the grader's tape" in answer,
        "`compute_loss` does not return a scalar tensor, so TensorFlow has nothing to differentiate.",
    )


def test_forward(tries):
    for draw in tries:
        inputs, got = draw.inputs, draw.got
        loss = loss_of(inputs, inputs["calls"], inputs["species"])
        expect.close(got["scores"], scores_of(inputs, inputs["calls"]), what="result of `classify`")
        expect.close(got["computed loss"], loss, what="result of `compute_loss`")
        expect.close(got["loss"], loss, what="loss of `loss_and_gradients`")
        expect.close(got["goal"], goal_of(inputs), what="goal of `disguise`")


def test_from_tape(answers):
    """In front of all that asks for right gradients."""
    answer = answers[0]
    there = {name: value for name, value in answer["gradients"].items() if value is not None}
    others = {"calls": answer["saliency"], "noise": answer["noise"]}
    expect.from_tape(there | others, answer["loss"], answer["replays"])
    taped = {
        name: value for name, value in answer["by the grader's tape"].items() if value is not None and name in there
    }
    expect.close(there, taped, what="gradient of `compute_loss` by the grader's own tape")


def test_layers(tries):
    names = [name for name in SHAPES if name != "floor"]
    draw = tries[0]
    got = part(draw.got["gradients"], *names)
    expect.connected(got)
    expect.shapes(got, part(SHAPES, *names))
    expect.close(got, part(gradients_of(draw.inputs), *names))


def test_floor(tries):
    """The grader's own tape watches it, or the learner's does: in either case it can learn."""
    draw = tries[0]
    returned, taped = draw.got["gradients"]["floor"], draw.got["by the grader's tape"]["floor"]
    got = {"floor": taped if returned is None else returned}
    expect.connected(got)
    expect.close(got, part(gradients_of(draw.inputs), "floor"))


def test_saliency(tries):
    check_saliency(tries[0])


def test_disguise(tries):
    check_disguise(tries[0])


def test_training(trusted, answers):
    notebook = trusted.probes[0].result
    calls, species = (np.asarray(notebook["data"][name]) for name in ("calls", "species"))
    expect.trained(answers[0]["trained"], notebook["start"], lambda weights: loss_of(weights, calls, species), 0.4)


def check_saliency(draw):
    expect.connected({"calls": draw.got["saliency"]})
    right = saliency_of(draw.inputs)
    per_unit = (
        "`saliency` returns the change per level divided by 255, as the network hears it; it should be per level."
    )
    of_the_loss = (
        "`saliency` returns the gradient of the loss; it should be that of the score of each call's own species."
    )
    expect.close(
        {"calls": draw.got["saliency"]},
        {"calls": right},
        rtol=float(draw.inputs["rtol"]),
        atol=FINEST,
        what="saliency",
        mistakes={
            per_unit: {"calls": right * LOUDEST},
            of_the_loss: {"calls": by_levels(draw.inputs, draw.inputs["calls"], draw.inputs["species"])},
        },
    )


def check_disguise(draw):
    expect.connected({"noise": draw.got["noise"]})
    inputs = draw.inputs
    of_the_loss = by_levels(inputs, inputs["calls"] + inputs["noise"].astype(np.float64), inputs["wanted"])
    of_the_price = 2 * PRICE * inputs["noise"].astype(np.float64) / inputs["noise"].size
    no_price = "The gradient with respect to the noise lacks the price: it is in the goal, but the tape did not see it."
    no_loss = "The gradient with respect to the noise is that of its price alone: the network's loss is missing."
    expect.close(
        {"noise": draw.got["noise"]},
        {"noise": of_the_loss + of_the_price},
        rtol=float(inputs["rtol"]),
        atol=FINEST,
        what="gradient of the goal",
        mistakes={no_price: {"noise": of_the_loss}, no_loss: {"noise": of_the_price}},
    )


# --- the contract in NumPy ---------------------------------------------------------------------------------------


def network(weights, calls):
    """Levels above the floor, units and scores."""
    weights = {name: np.asarray(weights[name], np.float64) for name in SHAPES}
    above = np.maximum(np.asarray(calls, np.float64) / LOUDEST - weights["floor"], 0.0)
    units = np.tanh(above @ weights["listen/kernel"] + weights["listen/bias"])
    return weights, above, units, units.mean(axis=1) @ weights["decide/kernel"] + weights["decide/bias"]


def scores_of(weights, calls):
    return network(weights, calls)[-1]


def log_chances(scores):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def loss_of(weights, calls, species):
    return -np.mean(log_chances(scores_of(weights, calls))[np.arange(len(species)), species])


def goal_of(inputs):
    noise = inputs["noise"].astype(np.float64)
    return loss_of(inputs, inputs["calls"] + noise, inputs["wanted"]) + PRICE * np.mean(noise**2)


def back(weights, calls, by_scores):
    """From the slopes of something with respect to the scores to those with respect to the variables and the levels."""
    weights, above, units, _ = network(weights, calls)
    by_mean = by_scores @ weights["decide/kernel"].T
    by_inner = (1 - units**2) * by_mean[:, None, :] / calls.shape[1]
    by_above = by_inner @ weights["listen/kernel"].T * (above > 0)
    return {
        "floor": -by_above.sum(axis=(0, 1)),
        "listen/kernel": np.einsum("cmb,cmu->bu", above, by_inner),
        "listen/bias": by_inner.sum(axis=(0, 1)),
        "decide/kernel": units.mean(axis=1).T @ by_scores,
        "decide/bias": by_scores.sum(axis=0),
        "levels": by_above / LOUDEST,
    }


def slope_of_loss(weights, calls, species):
    return (np.exp(log_chances(scores_of(weights, calls))) - np.eye(3)[species]) / len(species)


def gradients_of(inputs):
    """Of the loss with respect to the variables, worked out by hand."""
    calls, species = inputs["calls"], inputs["species"]
    return back(inputs, calls, slope_of_loss(inputs, calls, species))


def by_levels(inputs, calls, species):
    return back(inputs, calls, slope_of_loss(inputs, calls, species))["levels"]


def saliency_of(inputs):
    return back(inputs, inputs["calls"], np.eye(3)[inputs["species"]])["levels"]
