"""A source got None (or zeros that stand for None): where its value lost the tape.

The first step on the way from the source to the target that no gradient can take names the cause. Where there is no
way at all, the source was not used; where the way is whole, this tape did not watch the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from grader.doctor.case import Case, pair_outcomes
from grader.doctor.events import Argument, Call
from grader.doctor.flow import CUTTING, Flow, Step
from grader.doctor.path import draw
from grader.doctor.rules.lost_step import classify, lost
from grader.doctor.rules.unconnected import explain_unconnected, explain_unwatched
from grader.doctor.story import Story
from grader.doctor.suspect import Suspect

REBOUND_DEPTH = 6  # operations of an update by hand: w - rate * gradient


def find_lost_gradients(case: Case) -> Iterator[Suspect]:
    for calls in case.sites:
        call = choose_call(calls)
        if call is not None:
            yield from explain_call(case, call, calls)


def is_hidden(call: Call, position: int, flow: Flow) -> bool:
    """Zeros that `unconnected_gradients` put in place of a None."""
    zero = (call.results or ())[position].zero
    return call.unconnected == "zero" and zero and not flow.reaches(call.sources[position].number)


def find_absent(case: Case, call: Call) -> list[int]:
    """Positions of the sources that got no gradient."""
    results = (call.results or ())[: len(call.sources)]
    absent = [position for position, outcome in enumerate(results) if outcome.none]
    if call.unconnected == "zero":
        flow = case.flow(call)
        absent += [position for position in range(len(results)) if is_hidden(call, position, flow)]
    return absent


def choose_call(calls: Sequence[Call]) -> Call | None:
    """The first call with a None, unless the same sources have gradients in other calls from the same place."""
    alive = {
        source
        for call in calls
        for source, outcome in pair_outcomes(call)
        if not outcome.none and call.unconnected != "zero"
    }
    for call in calls:
        none = any(outcome.none and source not in alive for source, outcome in pair_outcomes(call))
        if none or call.unconnected == "zero":
            return call
    return None


def explain_call(case: Case, call: Call, calls: Sequence[Call]) -> Iterator[Suspect]:
    flow, story = case.flow(call), case.main
    absent = find_absent(case, call)
    for position in absent:
        source = call.sources[position]
        if source.number < 0:
            continue
        suspect = explain(case, flow, source, calls, alone=len(absent) == len(call.sources))
        unused = suspect.cause == "unused_variable"
        if unused and source.number in case.with_gradient:
            continue  # another call has a gradient for it: the parts are added up
        wished = is_hidden(call, position, flow)  # zeros in place of None, as the program wants them
        yield replace(
            suspect,
            variables=(story.name(source.number),),
            rank=0.5 if unused else 0.0,
            severity="note" if wished else suspect.severity,
            symptom="hidden" if wished else suspect.symptom,
        )


def explain(case: Case, flow: Flow, source: Argument, calls: Sequence[Call], alone: bool) -> Suspect:
    story, call, number = case.main, flow.call, source.number
    if source.kind == "tensor":
        replaced = locate_rebinding(story, call, calls, number)
        if replaced is not None:
            return lost(cause="replaced_variable", detail="rebound", place=replaced)
    path = flow.path(number)
    if path is None or goes_through_a_copy(story, call, path):
        return explain_unconnected(case, flow, source, alone)
    step = flow.lost(number)
    if step is None:
        return explain_unwatched(story, call, number)
    if step.kind == "op" and not story.is_integer(number) and is_first_use_unseen(call, path):
        return explain_unwatched(story, call, number)
    return replace(classify(story, flow, number, step), path=draw(path, step, story.name(number)))


def locate_rebinding(story: Story, call: Call, calls: Sequence[Call], number: int) -> int | None:
    """Where the source became a tensor that was computed from what was a variable in an earlier call."""
    earlier = {
        source.number
        for other in calls
        if other.clock < call.clock
        for source in other.sources
        if source.kind == "variable"
    }
    operation = story.producer.get(number)
    if operation is None or not earlier or call.tape in operation.tapes:
        return None
    derived = any(story.is_derived(number, handle, REBOUND_DEPTH) for handle in earlier)
    return operation.place if derived else None


def goes_through_a_copy(story: Story, call: Call, path: list[Step]) -> bool:
    """The value was copied into another variable before this tape was opened, as target networks are: that is no part
    of the forward pass."""
    opened = next((begin for begin, _ in story.recorded(call.tape)), call.begin)
    writers = [step.operation for step in path if step.kind == "state" and step.operation is not None]
    variables = [(writer, story.variables.get(writer.inputs[0])) for writer in writers if writer.clock < opened]
    return any(variable is not None and variable.clock < writer.clock for writer, variable in variables)


def is_first_use_unseen(call: Call, path: list[Step]) -> bool:
    """The source's first use happened under this tape, and the tape did not follow it."""
    operation = path[0].operation
    return (
        operation is not None
        and call.tape in operation.tapes
        and not operation.tracked
        and operation.type not in CUTTING
    )
