"""What must hold whatever the right numbers are."""

import numpy as np

from grader.spec import expect

VARIABLES = {
    "signal/kernel": (2, 8),
    "signal/bias": (8,),
    "weather/kernel": (2, 8),
    "weather/bias": (8,),
    "head/kernel": (8, 1),
    "head/bias": (1,),
}
DECAY = 0.01


def test_functions_exist(learner, answers):
    expect.functions_exist(learner)
    for answer in answers:
        missing = VARIABLES.keys() - set(answer["variables"])
        expect.true(not missing, f"The model of `build_model` has no trainable {' and no '.join(sorted(missing))}.")
        expect.true(
            len(answer["variables"]) == len(VARIABLES),
            f"The model of `build_model` has {len(answer['variables'])} trainable variables, not {len(VARIABLES)}.",
        )


def test_forward(tries):
    for draw in tries:
        weights, stations = weights_of(draw.inputs), stations_of(draw.inputs)
        expect.close(draw.got["estimate"], estimate(weights, *stations[0][:2]), what="estimate")
        expect.close(draw.got["loss"], loss_of(weights, stations), what="loss")


def test_from_tape(answers):
    """In front of all that asks for right gradients."""
    answer = answers[0]
    expect.from_tape(answer["gradients"] | {"sensitivity": answer["sensitivity"]}, answer["loss"], answer["replays"])


def test_connected(tries):
    draw = tries[0]
    answer = draw.got
    expect.true(
        answer["count"] == len(VARIABLES),
        f"`loss_and_gradients` returns {answer['count']} gradients; the model has {len(VARIABLES)} variables.",
    )
    expect.connected(answer["gradients"])
    expect.shapes(answer["gradients"], VARIABLES)
    expect.finite(answer["gradients"])
    expect.nonzero(answer["gradients"])
    # The biases have no part in the penalty, so with one station nothing but the weather branch is asked for here.
    # Another loss is the next checks' matter.
    single = answer["singles"][0]
    weights, first = weights_of(draw.inputs), stations_of(draw.inputs)[:1]
    if expect.is_close(single["loss"], loss_of(weights, first)):
        right = {"weather/bias": gradients_of(weights, first)["weather/bias"]}
        expect.close(single["gradients"], right, what="gradient with a single station")


def test_penalty(tries):
    """With one station and without the weather branch, nothing can be wrong but the penalty."""
    draw = tries[0]
    weights, first = weights_of(draw.inputs), stations_of(draw.inputs)[:1]
    single = draw.got["singles"][0]
    expect.close(single["loss"], loss_of(weights, first), what="loss of a single station")
    right = gradients_of(weights, first)
    kernels = ("signal/kernel", "head/kernel")
    expect.close(
        single["gradients"],
        {name: right[name] for name in kernels},
        what="gradient with a single station",
        mistakes={
            "The gradients of the kernels lack the penalty's part: it is in the loss, but the tape did not see it.": {
                name: right[name] - 2 * DECAY * weights[name] for name in kernels
            }
        },
    )


def test_every_station(answers):
    """The loss is a mean over stations, so its gradient is the mean of the gradients with one station at a time."""
    answer = answers[0]
    there = [name for name, value in answer["gradients"].items() if value is not None]
    expect.true(there, "No variable received a gradient.")
    for number, one in enumerate(answer["singles"], start=1):
        expect.connected({f"{name} of station {number} alone": one["gradients"].get(name) for name in there})
    mean = {name: np.mean([one["gradients"][name] for one in answer["singles"]], axis=0) for name in there}
    expect.close(answer["gradients"], mean, what="gradient of all stations together")


def test_sensitivity(tries):
    for draw in tries:
        expect.connected({"readings": draw.got["sensitivity"]})
        right = sensitivity_of(weights_of(draw.inputs), draw.inputs)
        per_unit = "`weather_sensitivity` returns the change per standardised unit; it should be per °C and per %."
        expect.close(
            draw.got["sensitivity"],
            right,
            rtol=float(draw.inputs["rtol"]),
            what="sensitivity",
            mistakes={per_unit: right * draw.inputs["spread"]},
        )


def test_training(trusted, answers):
    notebook = trusted.probes[0].result
    stations = stations_of(notebook["data"])
    expect.trained(answers[0]["trained"], notebook["start"], lambda weights: loss_of(weights, stations), 0.3)


# --- the contract in NumPy ---------------------------------------------------------------------------------------


def weights_of(inputs):
    return {name: inputs[f"weights/{name}"].astype(np.float64) for name in VARIABLES}


def stations_of(arrays):
    count = sum(name.startswith("no2/") for name in arrays)
    kinds = ("electrodes", "weather", "no2")
    return [tuple(arrays[f"{kind}/{station}"].astype(np.float64) for kind in kinds) for station in range(count)]


def estimate(weights, electrodes, weather):
    signal, gain, per_unit = hidden(weights, electrodes, weather)
    return (signal * gain) @ per_unit + weights["head/bias"]


def loss_of(weights, stations):
    penalty = sum(np.sum(np.square(value)) for name, value in weights.items() if name.endswith("kernel"))
    errors = [np.mean((estimate(weights, electrodes, weather) - no2) ** 2) for electrodes, weather, no2 in stations]
    return DECAY * penalty + np.mean(errors)


def gradients_of(weights, stations):
    """Of the loss, worked out by hand."""
    found = {name: 2 * DECAY * value * name.endswith("kernel") for name, value in weights.items()}
    for electrodes, weather, no2 in stations:
        slope = 2 * (estimate(weights, electrodes, weather) - no2) / (len(no2) * len(stations))
        signal, gain, per_unit = hidden(weights, electrodes, weather)
        by_signal = slope[:, None] * per_unit * gain * (1 - signal**2)
        by_weather = slope[:, None] * per_unit * signal * (1 - (gain - 1) ** 2)
        found["signal/kernel"] += electrodes.T @ by_signal
        found["signal/bias"] += by_signal.sum(axis=0)
        found["weather/kernel"] += weather.T @ by_weather
        found["weather/bias"] += by_weather.sum(axis=0)
        found["head/kernel"] += (signal * gain).T @ slope[:, None]
        found["head/bias"] += slope.sum()
    return found


def sensitivity_of(weights, inputs):
    """How the estimates change with the readings, worked out by hand."""
    electrodes = inputs["electrodes/0"].astype(np.float64)
    weather = (inputs["readings"].astype(np.float64) - inputs["mean"]) / inputs["spread"]
    signal, gain, per_unit = hidden(weights, electrodes, weather)
    return (per_unit * signal * (1 - (gain - 1) ** 2)) @ weights["weather/kernel"].T / inputs["spread"]


def hidden(weights, electrodes, weather):
    """What the two branches give, and each hidden unit's weight in the head."""
    signal = np.tanh(electrodes @ weights["signal/kernel"] + weights["signal/bias"])
    gain = 1.0 + np.tanh(weather @ weights["weather/kernel"] + weights["weather/bias"])
    return signal, gain, weights["head/kernel"][:, 0]
