"""Sets the weights and asks for each function's result, and once for what tells mistakes apart."""

import tensorflow as tf

SHAPES = {"hidden/kernel": (2, 20), "hidden/bias": (20,), "output/kernel": (20, 1)}


def probe(learner, inputs, tools):
    answer = notebook(learner, tools) if "once" in inputs else {}  # before anything is assigned

    model = learner.build_model()
    variables = list(model.trainable_variables)
    names = [name_of(variable) for variable in variables]
    answer["names"] = names
    if sorted(names) != sorted(SHAPES):
        return answer
    for name, variable in zip(names, variables, strict=True):
        variable.assign(inputs[name])

    positions, coast = tf.constant(inputs["positions"]), tf.constant(inputs["coast"])
    buoys = (positions, tf.constant(inputs["currents"]), tf.constant(inputs["spins"]))

    def returned(buoys=buoys, coast=coast):
        loss, gradients = learner.loss_and_gradients(model, buoys, coast)
        return {"loss": loss, "count": len(gradients), "gradients": dict(zip(names, gradients, strict=False))}

    def loss():
        return learner.compute_loss(model, buoys, coast)

    answer |= {
        "stream": learner.stream_function(model, positions),
        "current": learner.current(model, positions),
        "vorticity": learner.vorticity(model, positions),
        "speed change": learner.speed_change(model, positions),
        "loss": loss(),
        "returned": returned(),
    }
    if "once" in inputs:
        answer["other coast"] = returned(coast=tf.constant(inputs["other coast"]))
        answer["other spins"] = returned(buoys=(*buoys[:2], tf.constant(inputs["other spins"])))
        if tf.is_tensor(answer["loss"]) and answer["loss"].shape == ():
            _, taped = tools.gradients(loss, variables)
            answer["by the grader's tape"] = dict(zip(names, taped, strict=True))
        answer["replays"] = tools.replays(lambda: replayed(returned(), learner.speed_change(model, positions)))
    return answer


def replayed(returned, speed_change):
    """The loss is made of tapes' results itself, so that it changes or not says nothing here."""
    return {"loss": 0.0, "gradients": returned["gradients"] | {"speed_change": speed_change}}


def notebook(learner, tools):
    """What the notebook itself ended with, where it began, and its data."""

    def weights(model):
        return {name_of(variable): variable for variable in model.trainable_variables}

    return {
        "trained": tools.trained("model", weights),
        "start": weights(learner.build_model()),
        "data": {"buoys": tools.global_named("buoys"), "coast": tools.global_named("coast")},
    }


def name_of(variable):
    """Variables are known by their shapes, all different, so that their order and names are the learner's."""
    return next((name for name, shape in SHAPES.items() if tuple(variable.shape) == shape), "another")
