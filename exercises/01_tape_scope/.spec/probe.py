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

    def again():
        return learner.loss_and_gradients(model, stations)[0]

    given = _part(inputs, "direction/")
    direction = [given[name] for name in variables] if given else None

    electrodes, weather, _ = stations[0]
    return {
        "variables": sorted(variables),
        "counts": [len(given) for given in (gradients, *(own for _, own in singles))],
        "estimate": learner.estimate(model, electrodes, weather),
        "loss": loss,
        "gradients": dict(zip(variables, gradients, strict=False)),  # a wrong count is told from `counts`
        "single_losses": [value for value, _ in singles],
        "single_gradients": [dict(zip(variables, own, strict=False)) for _, own in singles],
        "own_tape": dict(zip(variables, _by_own_tape(tools, again, list(variables.values()), loss), strict=True)),
        "slope": tools.directional(again, list(variables.values()), direction) if direction else None,
        "sensitivity": learner.weather_sensitivity(model, electrodes, inputs["readings"]),
        "sensitivity_by_own_tape": _sensitivity(learner, model, electrodes, inputs, tools),
    }


def _sensitivity(learner, model, electrodes, inputs, tools):
    """The same derivative from `estimate` alone."""
    readings = tf.Variable(inputs["readings"])

    def total():
        return tf.reduce_sum(learner.estimate(model, electrodes, (readings - inputs["mean"]) / inputs["spread"]))

    return tools.gradients(total, [readings])[1][0]


def _by_own_tape(tools, function, sources, value):
    """By the grader's tape; None for all where the function's value is no tensor that a tape could follow."""
    return tools.gradients(function, sources)[1] if tf.is_tensor(value) else [None] * len(sources)


def _part(inputs, prefix):
    return {name.removeprefix(prefix): value for name, value in inputs.items() if name.startswith(prefix)}


def _name(variable):
    """The last two parts of Keras' path or of a tf.Variable's name: `signal/kernel`."""
    path = getattr(variable, "path", None) or variable.name.split(":")[0]
    return "/".join(path.split("/")[-2:])
