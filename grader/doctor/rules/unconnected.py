"""No single step lost the gradient: the way is whole, and the tape did not follow the source; or there is no way."""

from __future__ import annotations

from grader.doctor.case import Case
from grader.doctor.events import Argument, Call, Exit, Watch
from grader.doctor.flow import Flow
from grader.doctor.rules.lost_step import locate_integer, locate_origin, lost
from grader.doctor.story import Story
from grader.doctor.suspect import Suspect
from grader.doctor.trace import Operation
from grader.doctor.wording import enumerate_names

SHAPE_ONLY = ("OnesLike", "ZerosLike", "Shape")
OWN = ("Variable.__init__", "Layer.add_weight")  # of Keras: the learner's line made this very variable
COPY_DEPTH = 4  # operations between a tensor and the copy that is watched


def explain_unwatched(story: Story, call: Call, number: int) -> Suspect:
    """The way is whole, so the tape was not told to follow this source."""
    if story.is_integer(number):
        return lost(cause="integer_dtype", place=locate_integer(story, number, call))
    variable, tape = story.variables.get(number), story.tapes.get(call.tape)
    automatic = tape is None or tape.automatic
    watches = [event for event in story.of(Watch) if event.tape == call.tape]
    own = [event for event in watches if number in event.watched]
    if own:
        return lost(cause="not_watched", detail="late", operation="watch", place=own[0].place)
    if variable is not None and not variable.trainable:
        via = story.via(variable.place)
        by_hand = not variable.layers and (not via.startswith("keras") or via.endswith(OWN))
        place = variable.place if by_hand else call.place
        return lost(cause="untrainable", detail="" if by_hand else "state", place=place)
    for event in watches:
        copied = any(story.is_derived(watched, number, COPY_DEPTH) for watched in event.watched)
        if copied or (not event.watched and not automatic):
            detail = "copy" if copied else "empty"
            return lost(cause="not_watched", detail=detail, operation="watch", place=event.place)
    place = -1 if tape is None else tape.place
    return lost(cause="not_watched", detail="automatic" if automatic else "manual", place=place)


def explain_unconnected(case: Case, flow: Flow, source: Argument, alone: bool) -> Suspect:
    """No value travelled from the source to the target at all."""
    story, call, number = case.main, flow.call, source.number
    if story.is_integer(number):
        return lost(cause="integer_dtype", place=locate_integer(story, number, call))
    if number in story.variables and not story.variables[number].trainable:
        return explain_unwatched(story, call, number)
    asked = {other.number for other in call.sources}
    if call.targets and call.targets[0].kind == "variable" and call.targets[0].number not in asked:
        return lost(cause="wrong_target", detail="swapped", place=call.place)
    if source.kind == "tensor":
        origin = locate_origin(story, number, call)
        spot = story.spot_beside(origin, call.place)
        return lost(cause="wrong_target", detail="elsewhere", place=origin, spot=spot)
    target = locate_target(story, flow)
    if alone and not any(flow.path(handle) for handle in story.variables):
        shape_only = [one for one in story.operations if one.type in SHAPE_ONLY and one.clock < call.begin]
        if shape_only:
            return lost(cause="nondifferentiable_op", detail="shape", place=shape_only[-1].place)
        return lost(cause="wrong_target", detail="constant", place=target)
    if alone and len(asked) > 1 and not was_read_under(story, call, asked):
        others = [one.id for one in story.variables.values() if one.trainable and is_followed(flow, one.id)]
        if others:
            names = enumerate_names(tuple(story.name(other) for other in others))
            return lost(cause="wrong_target", detail="others", operation=names, place=call.place)
    dropped = find_dead_end(case, number, call)
    if dropped is not None and dropped.place:
        return lost(cause="unused_variable", detail="dropped", place=dropped.place)
    return lost(cause="unused_variable", place=target)


def was_read_under(story: Story, call: Call, variables: set[int]) -> bool:
    """Some of the variables was read while the tape recorded."""
    stretches = story.recorded(call.tape)
    reads = (read.clock for variable in variables for read in story.reads(variable))
    return any(begin <= clock <= end for clock in reads for begin, end in stretches)


def is_followed(flow: Flow, variable: int) -> bool:
    path = flow.path(variable)
    return bool(path) and not any(step.cut for step in path or ())


def locate_target(story: Story, flow: Flow) -> int:
    target = flow.targets[0] if flow.targets else -1
    if target in story.variables:  # a branch that returned it as it is, if there was one
        spans = story.recorded(flow.tape)
        decided = [event for event in story.of(Exit) if any(begin < event.clock < end for begin, end in spans)]
        return decided[-1].place if decided else flow.call.place
    producer = story.producer.get(target)
    return locate_origin(story, target, flow.call) if producer is None else producer.place


def find_dead_end(case: Case, number: int, call: Call) -> Operation | None:
    """The last thing that was computed with the source before it went nowhere."""
    story = case.main
    stretches = story.recorded(call.tape)
    results = [
        operation
        for read in story.reads(number)
        if any(begin <= read.clock <= end for begin, end in stretches)
        for output in read.outputs
        for operation in story.descendants(output)
        if operation.clock < call.begin and call.tape in operation.tapes
    ]
    return max(results, key=lambda operation: operation.clock, default=None)
