"""What can be said of the learner's functions without knowing the right gradients."""

import numpy as np

from grader.spec import expect

SHAPES = {
    "prototypes": (5, 12),
    "log_scale": (),
    "encoder/kernel": (3, 3, 1, 12),
    "encoder/bias": (12,),
    "attention/kernel": (12, 1),
}


def arrived(gradients):
    """The gradients without the missing ones, which are the next checks' matter."""
    return {name: gradient for name, gradient in gradients.items() if gradient is not None}


def part(gradients, *prefixes):
    return {name: gradient for name, gradient in gradients.items() if name.startswith(prefixes)}


def test_functions_exist(learner):
    expect.functions_exist(learner)


def test_shapes(answers):
    answer = answers[0]
    expect.true(
        sorted(answer["names"]) == sorted(SHAPES),
        "The model of `build_model` does not have the five trainable variables of the contract's table.",
    )
    expect.true(
        answer["gradients"],
        "`loss_and_gradients` does not return one gradient for each of `model.trainable_variables`.",
    )
    there = arrived(answer["gradients"])
    expect.shapes(there, {name: SHAPES[name] for name in there})
    expect.true(
        "by the grader's tape" in answer,
        "`compute_loss` does not return a scalar tensor, so TensorFlow has nothing to differentiate.",
    )


def test_loss_value(tries):
    for draw in tries:
        inputs, got = draw.inputs, draw.got
        right = logits_of(inputs, inputs["images"])
        expect.close(got["logits"], right, what="result of `classify`")
        if "far log_scale" in inputs:
            far = {**inputs, "log_scale": inputs["far log_scale"]}
            expect.close(got["far logits"], logits_of(far, inputs["images"]), what="result of `classify`")
        loss = loss_of(inputs, inputs["images"], inputs["labels"])
        expect.close(got["loss"], loss, what="result of `compute_loss`")
        expect.close(got["returned loss"], loss, what="loss of `loss_and_gradients`")


def test_from_tape(answers):
    """In front of all that asks for right gradients."""
    answer = answers[0]
    there = arrived(answer["gradients"])
    expect.from_tape(there, answer["returned loss"], answer["replays"])
    taped = answer["by the grader's tape"]
    expect.close(
        there, {name: taped[name] for name in there}, what="gradient of `compute_loss` by the grader's own tape"
    )


def test_encoder_connected(answers):
    expect.connected(part(answers[0]["gradients"], "encoder/"))
    expect.nonzero(part(answers[0]["gradients"], "encoder/"))


def test_attention_connected(answers):
    expect.connected(part(answers[0]["gradients"], "attention/"))
    expect.nonzero(part(answers[0]["gradients"], "attention/"))


def test_slopes(tries):
    """Another loss, or other logits, are the matter of `test_loss_value`."""
    inputs, got = tries[0].inputs, tries[0].got
    images, labels = inputs["images"], inputs["labels"]
    right = {"logits": logits_of(inputs, images), "loss": loss_of(inputs, images, labels)}
    if not expect.is_close({name: got[name] for name in right}, right):
        return
    there = arrived(got["gradients"])
    directions = {name: inputs[f"direction {name}"].astype(np.float64) for name in there}
    claimed = {name: np.array([np.sum(there[name] * along) for along in directions[name]]) for name in there}
    measured = {name: np.array([slope(inputs, name, along) for along in directions[name]]) for name in there}
    expect.close(claimed, measured, rtol=1e-3, atol=1e-5, what="slope that the gradient claims")


def test_training(trusted, answers):
    notebook = trusted.probes[0].result
    images, labels = notebook["data"]["images"], notebook["data"]["labels"]
    expect.trained(answers[0]["trained"], notebook["start"], lambda weights: loss_of(weights, images, labels), 0.8)


# --- the contract in NumPy ---------------------------------------------------------------------------------------


def slope(inputs, name, direction, step=1e-7):
    """How fast the loss changes if the variable is moved in this direction, by central differences in float64."""
    there, back = (
        loss_of({**inputs, name: inputs[name] + distance * direction}, inputs["images"], inputs["labels"])
        for distance in (step, -step)
    )
    return (there - back) / (2 * step)


def logits_of(weights, images):
    weights = {name: np.asarray(weights[name], np.float64) for name in SHAPES}
    windows = np.lib.stride_tricks.sliding_window_view(images[..., 0].astype(np.float64), (3, 3), axis=(1, 2))
    encoded = np.tensordot(windows, weights["encoder/kernel"][:, :, 0], axes=2) + weights["encoder/bias"]
    features = np.clip(encoded, 0.0, 6.0).reshape(len(encoded), 36, 12)
    scores = features @ weights["attention/kernel"][:, 0]
    attention = np.exp(scores - scores.max(axis=1, keepdims=True))
    attention /= attention.sum(axis=1, keepdims=True)
    attention[:, 0] = 0.0  # the stuck pixel
    pooled = np.einsum("bp,bpf->bf", attention, features)
    return np.exp(weights["log_scale"]) * unit(pooled) @ unit(weights["prototypes"]).T


def unit(vectors):
    return vectors / np.sqrt(np.sum(vectors**2, axis=1, keepdims=True))


def loss_of(weights, images, labels):
    logits = logits_of(weights, images)
    shifted = logits - logits.max(axis=1, keepdims=True)
    of_the_truth = shifted[np.arange(len(labels)), labels]
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - of_the_truth) + 0.02 * np.square(weights["log_scale"])
