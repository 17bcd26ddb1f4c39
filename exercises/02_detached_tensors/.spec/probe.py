"""Sets the weights, asks for the loss and its gradients, and differentiates the loss once more in two ways."""

import numpy as np
import tensorflow as tf

NAMES = ["prototypes", "log_scale", "encoder/kernel", "encoder/bias", "attention/kernel"]


def probe(learner, inputs, tools):
    model = learner.build_model()
    variables = list(model.trainable_variables)
    names = [name_of(variable, inputs) for variable in variables]
    if sorted(names) != sorted(NAMES):
        return {"names": names}
    for name, variable in zip(names, variables, strict=True):
        variable.assign(inputs[name])

    images, labels = inputs["images"], inputs["labels"]
    returned, gradients = learner.loss_and_gradients(model, images, labels)
    answer = {
        "names": names,
        "logits": learner.classify(model, images),
        "loss": learner.compute_loss(model, images, labels),
        "returned loss": returned,
        "gradients": dict(zip(names, gradients, strict=True)) if len(gradients) == len(names) else {},
    }
    if not tf.is_tensor(answer["loss"]) or answer["loss"].shape != ():
        return answer

    def loss():
        return learner.compute_loss(model, images, labels)

    _, taped = tools.gradients(loss, variables)
    answer["by the grader's tape"] = dict(zip(names, taped, strict=True))
    answer["slopes"] = {}
    for name, variable in zip(names, variables, strict=True) if "direction log_scale" in inputs else ():
        direction = direction_of(answer["gradients"].get(name), inputs[f"direction {name}"])
        answer["slopes"][name] = {"direction": direction, "slope": tools.directional(loss, [variable], [direction])}
    return answer


def name_of(variable, inputs):
    """Variables are known by their shapes, all different, so that their order and paths are the learner's."""
    return next((name for name in NAMES if tuple(variable.shape) == inputs[name].shape), "another")


def direction_of(gradient, random):
    """Mostly along the gradient, where a wrong one shows best; along a random direction where there is none."""
    direction = random / np.linalg.norm(random)
    if gradient is None or np.shape(gradient) != random.shape:
        return direction
    gradient = np.asarray(gradient)
    length = np.linalg.norm(gradient)
    return direction + 2.0 * gradient / length if 0.0 < length < np.inf else direction
