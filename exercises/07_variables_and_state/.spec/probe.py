"""Sets the quantities and asks for forecast, loss and gradients, and once for what tells mistakes apart."""

import tensorflow as tf

QUANTITIES = ("leak", "runoff", "log_area", "base")


def probe(learner, inputs, tools):
    answer = notebook(learner, tools) if "once" in inputs else {}  # before anything is assigned

    model = learner.build_model()
    variables = named(model)
    answer["names"] = sorted(variables)
    for name in QUANTITIES:
        if name in variables:
            variables[name].assign(inputs[name])

    def returned(rain, water):
        rain, water = tf.constant(rain), tf.constant(water)
        loss, gradients = learner.loss_and_gradients(model, rain, water)
        gradients = {last_part(name): gradient for name, gradient in gradients.items()}
        return {"forecast": learner.forecast(model, rain), "loss": loss, "gradients": gradients}

    def loss():
        return learner.compute_loss(model, tf.constant(inputs["rain"]), tf.constant(inputs["water"]))

    answer |= returned(inputs["rain"], inputs["water"])
    answer["computed loss"] = loss()
    if "once" in inputs:
        answer["one hour"] = returned(inputs["hours' rain"], inputs["hours' water"])
        there = [name for name in QUANTITIES if name in variables]
        if tf.is_tensor(answer["computed loss"]) and answer["computed loss"].shape == ():
            _, taped = tools.gradients(loss, [variables[name] for name in there])
            answer["by the grader's tape"] = dict(zip(there, taped, strict=True))
        answer["replays"] = tools.replays(lambda: returned(inputs["rain"], inputs["water"]))
    return answer


def notebook(learner, tools):
    """What the notebook itself ended with, where it began, and its data."""
    return {
        "trained": tools.trained("model", complete),
        "start": named(learner.build_model()),
        "data": {name: tools.global_named(name) for name in ("rain", "water")},
    }


def complete(model):
    return {name: named(model)[name] for name in QUANTITIES}


def named(model):
    """By Keras' path or a tf.Variable's name."""
    return {last_part(getattr(v, "path", None) or v.name): v for v in model.trainable_variables}


def last_part(name):
    """`leak` of "valley/leak" and of "leak:0"."""
    return name.split("/")[-1].split(":")[0]
