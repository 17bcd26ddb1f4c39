"""A gradient is NaN or infinite: the operation where the first such number was born, in the forward pass or back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain

from grader.doctor.case import Case, pair_outcomes
from grader.doctor.events import Call
from grader.doctor.flow import Flow
from grader.doctor.path import spell
from grader.doctor.story import Story, is_read
from grader.doctor.suspect import Suspect
from grader.doctor.trace import Operation

MASK_DEPTH = 12  # operations between a mask and what becomes of it
UPDATE_DEPTH = 8  # operations between a variable and the first bad value
HUGE = 1e15  # a weight of this size has been thrown there by an update
SELECTING = ("Select", "SelectV2")
OVERFLOWING = ("Exp", "Pow", "Square", "Cosh", "Sinh", "Mul", "MatMul")

birth = partial(Suspect, severity="error", symptom="nonfinite")


def find_births_of_nonfinite(case: Case) -> Iterator[Suspect]:
    if any(optimizer.type == "LossScaleOptimizer" for optimizer in case.main.optimizers):
        return  # it tries scales until one overflows: its infinities are wanted
    for calls in case.sites:
        call = next((call for call in calls if any(one.nonfinite for one in call.results or ())), None)
        suspect = None if call is None else find_birth(case, call)
        if call is not None and suspect is not None:
            names = tuple(case.main.name(source) for source, outcome in pair_outcomes(call) if outcome.nonfinite)
            yield replace(suspect, variables=names)
            return  # what follows is a consequence of the first


def find_birth(case: Case, call: Call) -> Suspect | None:
    flow, story = case.flow(call), case.main
    order = flow.ancestors
    first = next((one for one in order if has_nan(story, one.outputs) and not has_nan(story, one.inputs)), None)
    mask = None if first is None else find_mask(story, first)
    if mask is not None:
        return birth(cause="inf_mask", operation=spell(mask.type), place=mask.place)
    for operation in order:
        if is_bad(story, operation.outputs) and not is_bad(story, operation.inputs):
            return explain_forward(case, flow, operation)
    return find_birth_on_the_way_back(flow)


def find_birth_on_the_way_back(flow: Flow) -> Suspect | None:
    clocks = {event.number: clock for clock, event in flow.retraced.visited.items()}
    ancestors = {operation.clock: operation for operation in flow.ancestors}
    for event in flow.retraced.steps:
        came = [state for state in event.came_states if state]
        went = [state for state in event.states if state]
        if not came or not all(state.finite for state in came) or all(state.finite for state in went):
            continue
        culprit = ancestors.get(clocks.get(event.number, -1))
        mask = None if culprit is None else find_mask(flow.story, culprit)
        if mask is not None:
            return birth(cause="inf_mask", operation=spell(mask.type), place=mask.place)
        if culprit is not None:
            return birth(cause="singular_point", operation=spell(culprit.type), place=culprit.place)
    return None


def is_bad(story: Story, numbers: Iterable[int]) -> bool:
    return any(number in story.states and not story.states[number].finite for number in numbers)


def has_nan(story: Story, numbers: Iterable[int]) -> bool:
    return any(number in story.states and story.states[number].nan for number in numbers)


def find_mask(story: Story, operation: Operation) -> Operation | None:
    """The operation at which an infinity that depends on no variable met the values that do, on the way to here."""

    def infinite(one: Operation) -> list[int]:
        states = ((number, story.states.get(number)) for number in one.inputs)
        return [number for number, state in states if state and not state.finite and not state.nan]

    walk = story.upstream(infinite(operation), infinite, depth=MASK_DEPTH - 2)
    for one in chain([operation], (maker for _, maker in walk if maker is not None)):
        makers = [story.producer.get(number) for number in infinite(one)]
        if any(maker is None or not maker.tracked for maker in makers):
            return one
    return None


def explain_forward(case: Case, flow: Flow, operation: Operation) -> Suspect:
    story = case.main
    if follows_huge_weight(story, operation):
        update = find_last_update(case, flow)
        if update is not None:
            return birth(cause="optimizer_misuse", detail="diverged", place=update.place)
    at = partial(birth, operation=spell(operation.type), place=operation.place)
    if not is_bad(story, flow.targets) and any(
        later.type in SELECTING and not is_bad(story, later.outputs)
        for output in operation.outputs
        for later in story.descendants(output)
    ):
        return at(cause="nan_branch")
    return at(cause="singular_point", detail="overflow" if operation.type in OVERFLOWING else "")


def follows_huge_weight(story: Story, operation: Operation) -> bool:
    """A variable of enormous size is among what the operation was computed from."""

    def follow(one: Operation) -> tuple[int, ...]:
        return () if is_read(one) else one.inputs

    walk = story.upstream(follow(operation), follow, depth=UPDATE_DEPTH - 1)
    for one in chain([operation], (maker for _, maker in walk if maker is not None)):
        states = [story.states[number] for number in one.outputs if number in story.states] if is_read(one) else []
        if any(state.largest is None or state.largest > HUGE for state in states):
            return True
    return False


def find_last_update(case: Case, flow: Flow) -> Operation | None:
    writes = [
        writer
        for number in flow.sources
        for writer in case.main.writers.get(number, ())
        if writer.clock < flow.call.begin and writer.place >= 0
    ]
    return max(writes, key=lambda writer: writer.clock, default=None)
