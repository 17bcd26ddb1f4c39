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


def test_functions_exist(learner, answers):
    expect.functions_exist(learner)
    for answer in answers:
        missing = VARIABLES.keys() - set(answer["variables"])
        expect.true(not missing, f"the model of build_model() has no trainable {' and no '.join(sorted(missing))}")
        expect.true(
            len(answer["variables"]) == len(VARIABLES),
            f"the model of build_model() has {len(answer['variables'])} trainable variables, not {len(VARIABLES)}",
        )


def test_connected(answers):
    for answer in answers:
        for count in answer["counts"]:
            expect.true(
                count == len(VARIABLES),
                f"loss_and_gradients gives {count} gradients; the model has {len(VARIABLES)} trainable variables",
            )
        expect.connected(answer["gradients"])
        expect.nonzero(answer["gradients"])


def test_well_formed(answers):
    for answer in answers:
        for gradients in (answer["gradients"], *answer["single_gradients"]):
            expect.shapes(gradients, VARIABLES)
            expect.finite(gradients)


def test_every_station(answers):
    """The loss is a mean over stations, so its gradient is the mean of the gradients with one station at a time."""
    for answer in answers:
        singles = answer["single_gradients"]
        mean = {name: np.mean([one[name] for one in singles], axis=0) for name in VARIABLES}
        expect.close(answer["gradients"], mean, what="gradient of all stations together")


def test_derivative(learner, answers):
    """The gradients are those of the loss that the learner's own function gives."""
    for answer in answers:
        expect.connected(answer["own_tape"])
        expect.close(answer["gradients"], answer["own_tape"], what="gradient of the returned loss")
    gradients, slope = answers[0]["gradients"], answers[0]["slope"]  # only the first draw has a direction
    size = np.sqrt(sum(np.sum(np.square(value)) for value in gradients.values()))
    way = {name: learner.probes[0].inputs[f"direction/{name}"] for name in VARIABLES}
    length = np.sqrt(sum(np.sum(np.square(value)) for value in way.values()))
    predicted = sum(np.vdot(gradients[name], way[name]) for name in VARIABLES)
    expect.true(
        abs(slope - predicted) <= 1e-3 * size * length,
        "when the weights move a little, the loss changes by another amount than the gradients predict",
    )


def test_sensitivity(answers):
    for answer in answers:
        expect.connected({"readings": answer["sensitivity"]})
        expect.close(answer["sensitivity"], answer["sensitivity_by_own_tape"], what="sensitivity")


def test_training(learner, answers):
    """Points for gradients that came from a tape on hidden data; the notebook's own training must show the same."""
    for probe, answer in zip(learner.probes, answers, strict=True):
        expect.from_tape(answer["gradients"], probe.calls)
    expect.trained(learner, VARIABLES)
    expect.improved(learner, 0.2)
