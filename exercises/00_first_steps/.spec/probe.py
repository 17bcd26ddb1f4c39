"""Sets the two parameters, asks for heights, and takes three steps of training in a row."""

import numpy as np
import tensorflow as tf

NAMES = ("start", "decay")
STEPS = 3


def probe(learner, inputs, tools):
    answer = notebook(learner, tools) if "once" in inputs else {}  # before anything is assigned
    minutes, heights = tf.constant(inputs["minutes"]), tf.constant(inputs["heights"])
    parameters = fresh(learner, inputs)
    answer |= {"height": learner.foam_height(parameters, minutes), "steps": []}
    for _ in range(STEPS):
        before = values(parameters)
        loss, gradients = learner.train_step(parameters, minutes, heights)
        answer["steps"].append(
            {"before": before, "loss": loss, "gradients": named(gradients), "after": values(parameters)}
        )
    if "once" in inputs:
        answer["replays"] = tools.replays(lambda: first_step(learner, inputs, minutes, heights))
    return answer


def notebook(learner, tools):
    """What the notebook itself ended with, where it began, and its data."""
    return {
        "trained": tools.trained("parameters", named),
        "begin": named(learner.new_parameters()),
        "data": {name: tools.global_named(name) for name in ("minutes", "heights")},
    }


def first_step(learner, inputs, minutes, heights):
    loss, gradients = learner.train_step(fresh(learner, inputs), minutes, heights)
    return {"loss": loss, "gradients": named(gradients)}


def fresh(learner, inputs):
    parameters = learner.new_parameters()
    for name in NAMES:
        parameters[name].assign(inputs[name])
    return parameters


def named(values_by_name):
    return {name: values_by_name[name] for name in NAMES}


def values(parameters):
    """Copies: a variable's own memory changes with the next step."""
    return {name: np.array(parameters[name]) for name in NAMES}
