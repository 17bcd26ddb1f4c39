"""Sets the parameters, asks for scores, estimates, loss and gradients; and once for what tells one part of the loss
from the others."""

import numpy as np
import tensorflow as tf

PARAMETERS = ("wire_kernel", "wire_bias", "rudder_kernel", "rudder_bias", "value_kernel", "value_bias")


def probe(learner, inputs, tools):
    answer = notebook(learner, tools) if "once" in inputs else {}  # before anything is assigned

    params = learner.new_parameters()
    answer["names"] = sorted(params)
    if answer["names"] != sorted(PARAMETERS):
        return answer
    for name in PARAMETERS:
        params[name].assign(inputs[name])
    states, orders = inputs["states"], inputs["orders"]

    def returned(states=states, orders=orders, returns=inputs["returns"]):
        loss, found = learner.loss_and_gradients(params, states, orders, returns)
        return {"loss": loss, "gradients": {name: found[name] for name in PARAMETERS}}

    def loss():
        return learner.compute_loss(params, states, orders, inputs["returns"])

    scores, estimates = learner.steer(params, states)
    answer |= {"scores": scores, "estimates": estimates, "computed loss": loss(), "returned": returned()}
    if "once" in inputs and tf.is_tensor(answer["computed loss"]) and answer["computed loss"].shape == ():
        _, taped = tools.gradients(loss, [params[name] for name in PARAMETERS])
        answer["by the grader's tape"] = dict(zip(PARAMETERS, taped, strict=True))
        # Where each return is what was expected, only curiosity is left.
        answer["as expected"] = returned(returns=np.array(estimates))
        # What the estimate receives from its own error moves with the returns; from the orders' part it would not.
        answer["moved"] = returned(returns=inputs["returns"] + inputs["direction"])
        answer["single"] = returned(states[:1], orders[:1], inputs["returns"][:1])
        answer["replays"] = tools.replays(returned)
    return answer


def notebook(learner, tools):
    """What the notebook itself ended with, and where it began."""

    def parameters(params):
        return {name: params[name] for name in PARAMETERS}

    return {"trained": tools.trained("params", parameters), "start": parameters(learner.new_parameters())}
