"""What must hold whatever the right gradients are."""

import numpy as np

from grader.spec import expect

NAMES = ("start", "decay")
LEARNING_RATE = 0.1  # fixed by the contract


def test_functions_exist(learner):
    expect.functions_exist(learner)


def test_forward(learner, answers):
    for probe, answer in zip(learner.probes, answers, strict=True):
        drawn, first = probe.inputs, answer["steps"][0]
        height = drawn["start"] * np.exp(-drawn["decay"] * drawn["minutes"])
        expect.close(answer["height"], height, what="height")
        expect.close(first["loss"], np.mean(np.square(height - drawn["heights"])), what="loss of the first step")


def test_first_step(answers):
    for answer in answers:
        first = answer["steps"][0]
        expect.connected(first["gradients"])
        expect.shapes(first["gradients"], dict.fromkeys(NAMES, ()))
        expect.close(first["after"], moved(first), rtol=1e-3, what="value after the first step")


def test_connected(answers):
    for answer in answers:
        for number, step in enumerate(answer["steps"], start=1):
            expect.connected({f"{name} in step {number}": step["gradients"][name] for name in NAMES})
            expect.shapes(step["gradients"], dict.fromkeys(NAMES, ()))


def test_every_step(answers):
    for answer in answers:
        for number, step in enumerate(answer["steps"], start=1):
            expect.close(step["after"], moved(step), rtol=1e-3, what=f"value after step {number}")


def test_from_tape(learner, answers):
    for probe, answer in zip(learner.probes, answers, strict=True):
        for step in answer["steps"]:
            expect.from_tape(step["gradients"], probe.calls)


def test_training(learner):
    expect.trained(learner, NAMES)
    expect.improved(learner, 0.1)


def moved(step):
    """Where one step of gradient descent ends, by the gradients that the step itself returned."""
    return {name: step["before"][name] - LEARNING_RATE * step["gradients"][name] for name in NAMES}
