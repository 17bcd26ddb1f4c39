"""Asks for losses, gradients and sensitivities with given weights, and once for what tells mistakes apart."""

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
    }
    if "once" in inputs:
        answer["singles"] = [alone(learner, model, station, variables) for station in stations]
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


def alone(learner, model, station, variables):
    loss, gradients = learner.loss_and_gradients(model, [station])
    return {"loss": loss, "gradients": dict(zip(variables, gradients, strict=False))}


def replayed(learner, model, stations, variables, inputs):
    loss, gradients = learner.loss_and_gradients(model, stations)
    sensitivity = learner.weather_sensitivity(model, stations[0][0], inputs["readings"])
    return {"loss": loss, "gradients": dict(zip(variables, gradients, strict=False)) | {"sensitivity": sensitivity}}


def part(inputs, prefix):
    return {name.removeprefix(prefix): value for name, value in inputs.items() if name.startswith(prefix)}


def named(variables):
    """By the last two parts of Keras' path or of a tf.Variable's name: `signal/kernel`."""
    paths = [getattr(variable, "path", None) or variable.name.split(":")[0] for variable in variables]
    return {"/".join(path.split("/")[-2:]): variable for path, variable in zip(paths, variables, strict=True)}
