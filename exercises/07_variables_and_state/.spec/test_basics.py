"""What follows from the contract's formulas: needs no reference."""

import numpy as np

from grader.spec import expect

SHAPES = {"leak": (3,), "runoff": (), "log_area": (), "base": ()}
AREA_WEIGHT = 0.05


def test_functions_exist(learner):
    expect.functions_exist(learner)


def test_forward(tries):
    """A quantity that the model does not list could not be set; of these, log_area shows in the forecast."""
    for draw in tries:
        found, inputs = draw.got, quantities_of(draw)
        expect.close(found["forecast"], forecast(inputs, inputs["rain"]), what="forecast")
        loss = loss_of(inputs, inputs["rain"], inputs["water"])
        expect.close(found["computed loss"], loss, what="result of `compute_loss`")
        expect.close(found["loss"], loss, what="loss of `loss_and_gradients`")


def test_from_tape(answers):
    """In front of all that asks for right gradients."""
    answer = answers[0]
    expect.true(
        "by the grader's tape" in answer,
        "`compute_loss` does not return a scalar tensor, so TensorFlow has nothing to differentiate.",
    )
    taped = answer["by the grader's tape"]
    there = {name: value for name, value in answer["gradients"].items() if value is not None and name in taped}
    expect.true(there, "`loss_and_gradients` returns no gradient under the name of a trainable variable.")
    expect.from_tape(there, answer["loss"], answer["replays"])
    expect.close(
        there, {name: taped[name] for name in there}, what="gradient of `compute_loss` by the grader's own tape"
    )


def test_four_quantities(tries):
    draw = tries[0]
    missing = [name for name in SHAPES if name not in draw.got["names"]]
    expect.true(not missing, f"`model.trainable_variables` has no {' and no '.join(missing)}.")
    expect.true(
        len(draw.got["names"]) == len(SHAPES),
        f"`model.trainable_variables` has {len(draw.got['names'])} variables, not {len(SHAPES)}.",
    )
    # That of log_area needs nothing but the forecast's value.
    right = {"log_area": gradients_of(quantities_of(draw))["log_area"]}
    expect.close(draw.got["gradients"], right, rtol=1e-3)


def test_connected(answers):
    answer = answers[0]
    there = {name: answer["gradients"].get(name) for name in SHAPES if name in answer["names"]}
    expect.connected(there)
    expect.shapes(there, {name: SHAPES[name] for name in there})
    expect.finite(there)


def test_share(tries):
    """In rainfalls of one hour the stores play no part: whatever is wrong there lies between runoff and the share."""
    draw = tries[0]
    inputs = quantities_of(draw)
    inputs |= {"rain": inputs["hours' rain"], "water": inputs["hours' water"]}
    right = {"runoff": gradients_of(inputs)["runoff"]}
    expect.close(draw.got["one hour"]["gradients"], right, rtol=1e-3, what="gradient with rainfalls of one hour")


def test_stores(tries):
    """A store's leak changes what it holds an hour later, and so on to the last hour."""
    draw = tries[0]
    inputs = quantities_of(draw)
    right = {"leak": gradients_of(inputs)["leak"]}
    of_the_hour = {"leak": gradients_of(inputs, remembering=False)["leak"]}
    expect.close(
        draw.got["gradients"],
        right,
        rtol=1e-3,
        mistakes={
            "The gradient of leak is that of a single hour: how the leak changes what the stores hold in the hours "
            "after is missing.": of_the_hour
        },
    )


def test_training(trusted, answers):
    data = trusted.probes[0].result["data"]
    rain, water = (np.asarray(data[name], np.float64) for name in ("rain", "water"))
    start = trusted.probes[0].result["start"]
    expect.trained(answers[0]["trained"], start, lambda found: loss_of(in_float64(found), rain, water), 0.2)


# --- the contract in NumPy ---------------------------------------------------------------------------------------


def in_float64(arrays):
    return {name: np.asarray(array, np.float64) for name, array in arrays.items()}


def quantities_of(draw):
    """The draw, with the log_area that the forecast shows where it could not be set."""
    inputs = in_float64(draw.inputs)
    if "log_area" not in draw.got["names"]:
        found = np.asarray(draw.got["forecast"], np.float64)
        alone = forecast({**inputs, "base": 0.0, "log_area": 0.0}, inputs["rain"])
        if found.shape == alone.shape:
            area = np.sum((found - inputs["base"]) * alone) / np.sum(alone**2)
            inputs["log_area"] = np.log(max(area, 1e-9))
    return inputs


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forecast(inputs, rain, held=None):
    """`held`: what the stores hold at the beginning of each hour, if that is known already."""
    leak, share = sigmoid(inputs["leak"]), sigmoid(inputs["runoff"])
    storage, water = np.zeros((len(rain), 3)), []
    for hour in range(rain.shape[1]):
        if held is not None:
            storage = held[hour]
        outflow = leak * storage
        water.append(share * rain[:, hour] + outflow[:, -1])
        storage = storage - outflow + np.column_stack([(1 - share) * rain[:, hour], outflow[:, :-1]])
    return inputs["base"] + np.exp(inputs["log_area"]) * np.stack(water, axis=1)


def storages(inputs, rain):
    """What the stores hold at the beginning of each hour."""
    leak, share = sigmoid(inputs["leak"]), sigmoid(inputs["runoff"])
    held = [np.zeros((len(rain), 3))]
    for hour in range(rain.shape[1]):
        outflow = leak * held[-1]
        held.append(held[-1] - outflow + np.column_stack([(1 - share) * rain[:, hour], outflow[:, :-1]]))
    return held


def loss_of(inputs, rain, water, held=None):
    return np.mean((forecast(inputs, rain, held) - water) ** 2) + AREA_WEIGHT * inputs["log_area"] ** 2


def gradients_of(inputs, remembering=True, step=1e-5):
    """By central differences in float64. Not `remembering`: what the stores hold is taken for constant."""
    held = None if remembering else storages(inputs, inputs["rain"])
    found = {}
    for name, shape in SHAPES.items():
        found[name] = np.empty(shape)
        for index in np.ndindex(shape):
            moved = np.zeros(shape)
            moved[index] = step
            above, below = (
                loss_of({**inputs, name: inputs[name] + way * moved}, inputs["rain"], inputs["water"], held)
                for way in (1, -1)
            )
            found[name][index] = (above - below) / (2 * step)
    return found
