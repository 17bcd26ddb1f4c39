"""Asks for losses, gradients and sensitivities with given weights, and once for what tells mistakes apart."""

import tensorflow as tf

KINDS = ("electrodes", "weather", "no2")


def probe(learner, inputs, tools):
    answer = notebook(learner, tools) if "once" in inputs else {}  # before anything is assigned

    model = learner.build_model()
    variables = named(model.trainable_variables)
    weights = part(inputs, "weights/")
    answer["variables"] = sorted(variables)
    if variables.keys() != weights.keys():
        return answer
    for name, variable in variables.items():
        variable.assign(weights[name])

    stations = list(zip(*(part(inputs, f"{kind}/").values() for kind in KINDS), strict=True))
    electrodes, weather, _ = stations[0]
    loss, gradients = learner.loss_and_gradients(model, stations)
    answer |= {
        "estimate": learner.estimate(model, electrodes, weather),
        "loss": loss,
        "count": len(gradients),
        "gradients": dict(zip(variables, gradients, strict=False)),  # a wrong count is told from `count`
        "sensitivity": learner.weather_sensitivity(model, electrodes, inputs["readings"]),
        "sensitivity_by_own_tape": sensitivity(learner, model, electrodes, inputs, tools),
    }
    if "once" in inputs:
        answer |= apart(learner, model, stations, variables, tools)
        answer["replays"] = tools.replays(lambda: replayed(learner, model, stations, variables, inputs))
    return answer


def notebook(learner, tools):
    """What the notebook itself ended with, where it began, and its data."""
    stations = tools.global_named("stations") or []
    return {
        "trained": tools.trained("model", lambda value: named(value.trainable_variables)),
        "start": named(learner.build_model().trainable_variables),
        "data": {
            f"{kind}/{i}": array for i, one in enumerate(stations) for kind, array in zip(KINDS, one, strict=True)
        },
    }


def apart(learner, model, stations, variables, tools):
    """Each station alone; and for the first of them the gradient of the returned loss by the grader's tape."""
    singles = [learner.loss_and_gradients(model, [station]) for station in stations]
    value, taped = singles[0][0], [None] * len(variables)
    if tf.is_tensor(value):
        _, taped = tools.gradients(lambda: learner.loss_and_gradients(model, stations[:1])[0], list(variables.values()))
    return {
        "single_losses": [value for value, _ in singles],
        "single_gradients": [dict(zip(variables, own, strict=False)) for _, own in singles],
        "first_by_own_tape": dict(zip(variables, taped, strict=True)),
    }


def replayed(learner, model, stations, variables, inputs):
    loss, gradients = learner.loss_and_gradients(model, stations)
    sensitivity = learner.weather_sensitivity(model, stations[0][0], inputs["readings"])
    return {"loss": loss, "gradients": dict(zip(variables, gradients, strict=False)) | {"sensitivity": sensitivity}}


def sensitivity(learner, model, electrodes, inputs, tools):
    """The same derivative from `estimate` alone."""
    readings = tf.Variable(inputs["readings"])

    def total():
        return tf.reduce_sum(learner.estimate(model, electrodes, (readings - inputs["mean"]) / inputs["spread"]))

    return tools.gradients(total, [readings])[1][0]


def part(inputs, prefix):
    return {name.removeprefix(prefix): value for name, value in inputs.items() if name.startswith(prefix)}


def named(variables):
    """By the last two parts of Keras' path or of a tf.Variable's name: `signal/kernel`."""
    paths = [getattr(variable, "path", None) or variable.name.split(":")[0] for variable in variables]
    return {"/".join(path.split("/")[-2:]): variable for path, variable in zip(paths, variables, strict=True)}
