"""What can be said of the learner's functions without knowing the right answers."""

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
    for answer in answers:
        expect.true(
            sorted(answer["names"]) == sorted(SHAPES),
            "The model of `build_model` does not have the five trainable variables of the contract's table",
        )
        expect.true(
            answer["gradients"],
            "`loss_and_gradients` does not return one gradient for each of `model.trainable_variables`",
        )
        there = arrived(answer["gradients"])
        expect.shapes(there, {name: SHAPES[name] for name in there})
        expect.true(
            "slopes" in answer,
            "`compute_loss` does not return a scalar tensor, so TensorFlow has nothing to differentiate",
        )


def test_encoder_connected(answers):
    for answer in answers:
        expect.connected(part(answer["gradients"], "encoder/"))


def test_attention_connected(answers):
    for answer in answers:
        expect.connected(part(answer["gradients"], "attention/"))


def test_finite(answers):
    for answer in answers:
        expect.finite(answer["gradients"])


def test_from_tape(learner, answers):
    for answer, probe in zip(answers, learner.probes, strict=True):
        expect.from_tape(arrived(answer["gradients"]), probe.calls)
        expect.close(
            answer["gradients"],
            answer["by the grader's tape"],
            rtol=1e-3,
            what="gradient, compared with the grader's own tape around `compute_loss`,",
        )


def test_slopes(answers):
    """The numerical derivative's own error, in float32, was below a seventh of what is allowed in 100 draws."""
    answer = answers[0]  # only the first draw has directions
    slopes = {name: answer["slopes"][name] for name in arrived(answer["gradients"])}
    claimed = {name: np.sum(answer["gradients"][name] * slopes[name]["direction"]) for name in slopes}
    measured = {name: np.asarray(slopes[name]["slope"]) for name in slopes}
    expect.close(claimed, measured, rtol=0.02, atol=0.002, what="slope that the gradient claims")


def test_training(learner):
    expect.trained(learner, SHAPES)
    expect.improved(learner, 1 / 3)
