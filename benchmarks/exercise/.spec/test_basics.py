import numpy as np

from grader.spec import expect


def test_functions_exist(learner):
    expect.functions_exist(learner)


def test_connected(answers):
    for answer in answers:
        expect.connected(answer["gradients"])


def test_improved(trusted, answers):
    notebook = trusted.probes[0].result
    x, y = notebook["data"]["x"], notebook["data"]["y"]
    expect.trained(answers[0]["trained"], notebook["start"], lambda weights: loss_of(weights, x, y), below=1.0)


def loss_of(weights, x, y):
    hidden = np.maximum(x @ weights["weight_0"] + weights["weight_1"], 0.0)
    return np.mean((hidden @ weights["weight_2"] + weights["weight_3"] - y) ** 2)
