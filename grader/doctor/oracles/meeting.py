"""Meeting: what a loss expects, and what arrives there. Output, loss and targets are judged by what really flows: the
last operation, shapes and ranges; not by what anything is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.doctor.case import Case
from grader.doctor.events import Compiled, Meeting
from grader.doctor.flow import Flow
from grader.doctor.oracles.sign import Sign
from grader.doctor.path import spell
from grader.doctor.story import TRAINING, Story

PASSING = ("Identity", "Reshape", "Squeeze", "ExpandDims", "StopGradient", "Cast")
REACH = {"Sigmoid": (0.0, 1.0), "Softmax": (0.0, 1.0), "Tanh": (-1.0, 1.0), "Relu": (0.0, float("inf"))}
DISTANCES = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "mean_squared_logarithmic_error")
BINARY, CATEGORICAL = ("binary_crossentropy", "binary_focal_crossentropy"), ("categorical_crossentropy",)
SPARSE = ("sparse_categorical_crossentropy",)
MARGIN = 0.2  # of a reach: targets that lie beyond by less are noisy or smoothed
BELOW = 0.05  # of the targets' size: the same for what reaches no number below 0
ROUNDING = 1e-3
NO_DISTRIBUTION = 0.1  # how far the sum of a row may be from one
DIFFERENCES = ("Sub", "SquaredDifference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Two that cannot meet."""

    kind: str
    evidence: str
    place: int
    operation: str = ""


def find_signs(case: Case) -> Iterator[Sign]:
    for clash in list_clashes(case):
        yield Sign(variables=(), evidence=f"output, loss and targets do not meet: {clash.evidence}", place=clash.place)


def list_clashes(case: Case) -> list[Clash]:
    """One of each kind at most: what follows is more of the same."""
    story = case.main
    found: dict[str, Clash] = {}
    for clash in [one for event in story.of(Meeting) for one in judge(story, event)]:
        found.setdefault(clash.kind, clash)
    for flow in case.first_flows:
        for clash in judge_differences(flow):
            found.setdefault(clash.kind, clash)
    return list(found.values())


def judge(story: Story, event: Meeting) -> Iterator[Clash]:
    maker = story.maker(event.predictions, PASSING)
    last = maker.type if maker is not None else ""
    at_output = maker.place if maker is not None and maker.place >= 0 else event.place
    units = event.predictions_shape[-1] if event.predictions_shape else 0
    if units == 1 and (last == "Softmax" or event.loss in CATEGORICAL):
        kind = "one, from logits" if last == "Softmax" and event.loss in BINARY else "one"
        word = spell(last) if last == "Softmax" else "a cross-entropy"
        yield Clash(kind=kind, evidence="one value", place=at_output, operation=word)
    elif event.loss in DISTANCES and is_beyond(event.targets_range, last):
        yield beyond(event.targets_range, last, at_output)
    elif event.loss in (*BINARY, *CATEGORICAL) and is_beyond(event.targets_range, "Softmax"):
        evidence = write_range(event.targets_range)
        yield Clash(kind="labels", evidence=evidence, place=lead_to_loss(story, event))
    elif event.loss in SPARSE and event.targets_range and not (event.whole and event.targets_range[1] < units):
        evidence = f"{write_range(event.targets_range)}, and there are {units} outputs"
        yield Clash(kind="classes", evidence=evidence, place=lead_to_loss(story, event))
    elif event.loss in (*BINARY, *CATEGORICAL, *SPARSE) and not event.logits and is_no_probability(event, last):
        evidence = write_range(event.predictions_range)
        word = spell(last) or "the last layer"
        yield Clash(kind="probabilities", evidence=evidence, place=lead_to_loss(story, event), operation=word)
    if event.loss in (*DISTANCES, *BINARY) and are_stretched(event.targets_shape, event.predictions_shape):
        evidence = f"labels of shape {event.targets_shape} and predictions of shape {event.predictions_shape}"
        yield Clash(kind="shapes", evidence=evidence, place=lead_to_loss(story, event))


def is_beyond(values: tuple[float, float] | None, last: str) -> bool:
    """Some of the values lie outside what an operation can reach."""
    if values is None or last not in REACH:
        return False
    low, high = REACH[last]
    margin = BELOW * max(map(abs, values)) if last == "Relu" else MARGIN * (high - low)
    return values[0] < low - margin or values[1] > high + margin


def beyond(values: tuple[float, float] | None, last: str, place: int) -> Clash:
    low, high = REACH[last]
    reach = f"from {low:g} to {high:g}" if last != "Relu" else "no number below 0"
    outlier = None if values is None else values[0] if values[0] < low else values[1]
    evidence = f"{reach}, and some targets are as far out as {outlier:.4g}"
    return Clash(kind="range", evidence=evidence, place=place, operation=spell(last))


def write_range(values: tuple[float, float] | None) -> str:
    return f"from {values[0]:.4g} to {values[1]:.4g}" if values else "everywhere"


def is_no_probability(event: Meeting, last: str) -> bool:
    """Values of which the logarithm is taken as if they were probabilities, and that no such operation made."""
    values = event.predictions_range
    if values is None or last in ("Sigmoid", "Softmax", ""):
        return False
    outside = values[0] < -ROUNDING or values[1] > 1.0 + ROUNDING
    if event.loss in BINARY:
        return outside or (last == "Relu" and values[0] == 0.0)
    return outside or event.apart > NO_DISTRIBUTION


def are_stretched(targets: tuple[int, ...], predictions: tuple[int, ...]) -> bool:
    """Their shapes differ in more than an axis of length one, which Keras takes away or adds by itself."""
    one, other = list(targets), list(predictions)
    if abs(len(one) - len(other)) == 1:
        longer = max(one, other, key=len)
        if longer[-1] == 1:
            longer.pop()
    return one != other


def lead_to_loss(story: Story, event: Meeting) -> int:
    """Where the loss was given: to `compile`, or else where it was called."""
    if not story.via(event.place).endswith(TRAINING):
        return event.place
    before = [one.place for one in story.of(Compiled) if one.clock < event.clock and one.place >= 0]
    return before[-1] if before else event.place


# --- losses written by hand -------------------------------------------------------------------------------------------


def judge_differences(flow: Flow) -> Iterator[Clash]:
    """A prediction minus targets that it cannot reach."""
    story = flow.story
    for operation in flow.ancestors:
        if operation.type not in DIFFERENCES or len(operation.inputs) != 2 or operation.within is not None:
            continue
        for prediction, target in (operation.inputs, operation.inputs[::-1]):
            maker = story.maker(prediction, PASSING)
            values = find_range(story, target)
            alike = story.shape(prediction) == story.shape(target) not in ((), None)
            if maker is None or not alike or not flow.reaches(prediction):
                continue
            if is_data(flow, target) and is_beyond(values, maker.type):
                yield beyond(values, maker.type, maker.place)


def is_data(flow: Flow, tensor: int) -> bool:
    """Nothing that is computed from variables."""
    return not flow.story.variables_behind(tensor)


def find_range(story: Story, tensor: int) -> tuple[float, float] | None:
    """The smallest and the largest value, as far as they are known."""
    state = story.states.get(tensor)
    if state is None or state.largest is None or state.smallest is None:
        return None
    return state.smallest, state.largest if state.smallest > -state.largest else 0.0
