"""Asks for losses, gradients and sensitivities with given weights, for all stations together and one at a time."""

import tensorflow as tf


def probe(learner, inputs, tools):
    model = learner.build_model()
    variables = {_name(variable): variable for variable in model.trainable_variables}
    weights = _part(inputs, "weights/")
    if variables.keys() != weights.keys():
        return {"variables": sorted(variables)}
    for name, variable in variables.items():
        variable.assign(weights[name])

    stations = list(zip(*(_part(inputs, kind).values() for kind in ("electrodes/", "weather/", "no2/")), strict=True))
    loss, gradients = learner.loss_and_gradients(model, stations)
    singles = [learner.loss_and_gradients(model, [station]) for station in stations]

    direction = _part(inputs, "direction/")

    def again():
        return learner.loss_and_gradients(model, stations)[0]

    def slope_along(direction):
        return tools.directional(again, list(variables.values()), [direction[name] for name in variables])

    electrodes, weather, _ = stations[0]
    return {
        "variables": sorted(variables),
        "counts": [len(given) for given in (gradients, *(own for _, own in singles))],
        "estimate": learner.estimate(model, electrodes, weather),
        "loss": loss,
        "gradients": dict(zip(variables, gradients, strict=False)),  # a wrong count is told from `counts`
        "single_losses": [value for value, _ in singles],
        "single_gradients": [dict(zip(variables, own, strict=False)) for _, own in singles],
        "own_tape": dict(zip(variables, _gradients(tools, again, list(variables.values())), strict=True)),
        "slopes": {"weights": slope_along(weights), "direction": slope_along(direction)} if direction else {},
        "sensitivity": learner.weather_sensitivity(model, electrodes, inputs["readings"]),
        "sensitivity_by_own_tape": _sensitivity(learner, model, electrodes, inputs, tools),
    }


def _sensitivity(learner, model, electrodes, inputs, tools):
    """The same derivative from `estimate` alone."""
    readings = tf.Variable(inputs["readings"])

    def total():
        return tf.reduce_sum(learner.estimate(model, electrodes, (readings - inputs["mean"]) / inputs["spread"]))

    return _gradients(tools, total, [readings])[0]


def _gradients(tools, function, sources):
    """By the grader's tape; None for all where the function gives no tensor that a tape could follow."""
    if not tf.is_tensor(function()):
        return [None] * len(sources)
    return tools.gradients(function, sources)[1]


def _part(inputs, prefix):
    return {name.removeprefix(prefix): value for name, value in inputs.items() if name.startswith(prefix)}


def _name(variable):
    """The last two parts of Keras' path or of a tf.Variable's name: `signal/kernel`."""
    path = getattr(variable, "path", None) or variable.name.split(":")[0]
    return "/".join(path.split("/")[-2:])
