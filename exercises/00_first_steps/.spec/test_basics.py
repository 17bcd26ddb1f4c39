"""What must hold whatever the right gradients are."""

import numpy as np

from grader.spec import expect

NAMES = ("start", "decay")
SHAPES = dict.fromkeys(NAMES, ())
RATE = 0.1  # fixed by the contract
CLOSE = {"rtol": 1e-3, "atol": 3e-6}  # in float32, over 3000 draws: within a part in a thousand, or 1e-6


def test_functions_exist(learner):
    expect.functions_exist(learner)


def test_forward(tries):
    for draw in tries:
        height = foam_height(draw.inputs, draw.inputs["minutes"])
        expect.close(draw.got["height"], height, what="height")
        loss = np.mean(np.square(height - draw.inputs["heights"]))
        expect.close(draw.got["steps"][0]["loss"], loss, what="loss of the first step")


def test_from_tape(answers):
    """In front of all that asks for gradients. A missing one is the next checks' matter."""
    first = answers[0]["steps"][0]
    expect.from_tape(first["gradients"], first["loss"], answers[0]["replays"])
    for answer in answers:
        for number, step in enumerate(answer["steps"], start=1):
            there = {name: value for name, value in step["gradients"].items() if value is not None}
            taped = {name: step["taped"][name] for name in there}
            expect.connected(step["taped"])
            expect.close(there, taped, **CLOSE, what=f"gradient of the loss in step {number}")


def test_first_step(answers):
    for answer in answers:
        first = answer["steps"][0]
        expect.connected(first["gradients"])
        expect.shapes(first["gradients"], SHAPES)
        expect.close(first["after"], moved(first), **CLOSE, what="value after the first step")


def test_connected(answers):
    for answer in answers:
        for number, step in enumerate(answer["steps"], start=1):
            expect.connected({f"{name} in step {number}": step["gradients"][name] for name in NAMES})
            expect.shapes(step["gradients"], SHAPES)


def test_every_step(answers):
    for answer in answers:
        for number, step in enumerate(answer["steps"], start=1):
            expect.close(step["after"], moved(step), **CLOSE, what=f"value after step {number}")


def test_training(trusted, answers):
    notebook = trusted.probes[0].result
    minutes, heights = (notebook["data"][name] for name in ("minutes", "heights"))
    ends = answers[0]["trained"]
    expect.trained(ends, notebook["begin"], lambda end: np.mean(np.square(foam_height(end, minutes) - heights)), 0.05)


def foam_height(parameters, minutes):
    return parameters["start"] * np.exp(-parameters["decay"] * minutes)


def moved(step):
    """Where one step of gradient descent ends, by the gradients that the step itself returned."""
    return {name: step["before"][name] - RATE * step["gradients"][name] for name in NAMES}
