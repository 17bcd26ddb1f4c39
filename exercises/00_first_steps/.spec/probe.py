"""Sets the two parameters, asks for heights, and takes three steps of training in a row."""

import numpy as np
import tensorflow as tf

NAMES = ("start", "decay")
STEPS = 3


def probe(learner, inputs, tools):
    parameters = learner.new_parameters()
    for name in NAMES:
        parameters[name].assign(inputs[name])
    minutes, heights = tf.constant(inputs["minutes"]), tf.constant(inputs["heights"])
    answer = {"height": learner.foam_height(parameters, minutes), "steps": []}
    for _ in range(STEPS):
        before = values(parameters)
        loss, gradients = learner.train_step(parameters, minutes, heights)
        answer["steps"].append(
            {
                "before": before,
                "loss": loss,
                "gradients": {name: gradients[name] for name in NAMES},
                "after": values(parameters),
            }
        )
    return answer


def values(parameters):
    """Copies: a variable's own memory changes with the next step."""
    return {name: np.array(parameters[name]) for name in NAMES}
