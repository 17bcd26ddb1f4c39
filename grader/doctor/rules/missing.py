"""A source got None (or zeros that stand for None): where its value lost the tape.

The first step on the way from the source to the target that no gradient can take names the cause. Where there is no
way at all, the source was not used; where the way is whole, this tape did not watch the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from grader.doctor.case import Case, pair_outcomes
from grader.doctor.events import Argument, Call, Exit, TapeOpened, TapeReset, Watch, Whole
from grader.doctor.flow import CUTTING, Flow, Step, draws_at_random
from grader.doctor.path import draw, spell
from grader.doctor.story import Story
from grader.doctor.suspect import Suspect
from grader.doctor.trace import Operation
from grader.doctor.wording import enumerate_names

FOREIGN = ("numpy_function", "py_function")
COPYING = ("Reshape", "Fill", "BroadcastTo", "Identity", "Pack")
OUTSIDE = ("Make", "Iterator", "Tensor", "Anonymous")  # how operations of tf.data begin
SHAPES = ("OnesLike", "ZerosLike", "Shape")
CONVERSIONS = {"numpy": ".numpy()", "__float__": "float()", "__int__": "int()", "__bool__": "bool()"}
OWN = ("Variable.__init__", "Layer.add_weight")  # of Keras: the learner's line made this very variable
REBOUND_DEPTH = 6  # operations of an update by hand: w - rate * gradient
COPY_DEPTH = 4  # operations between a tensor and the copy that is watched

lost = partial(Suspect, severity="error", symptom="none")


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


# --- the step at which the gradient was lost ------------------------------------------------------------------------


def classify(story: Story, flow: Flow, number: int, step: Step) -> Suspect:
    operation, call = step.operation, flow.call
    via = story.via(step.place)
    called = via.rpartition(":")[2]
    if via.endswith((".predict", ".predict_on_batch")):
        return lost(cause="predict_in_tape", operation="predict", place=step.place)
    if called in FOREIGN:
        return lost(cause="external_code", operation=f"tf.{called}", place=step.place)
    if step.kind == "python":
        return lost(cause="detached_numpy", operation=name_exit(step, via), place=step.place)
    if step.kind == "copy":
        return explain_copy(story, step)
    if isinstance(step.event, Whole):
        whole = step.event
        if whole.gradient_place >= 0:
            cause, place = "wrong_custom_gradient", whole.gradient_place
            return lost(cause=cause, detail="none", operation=whole.name, place=place)
        return lost(cause="nondifferentiable_op", operation=whole.name, place=step.place)
    assert operation is not None
    if step.kind == "state":
        return explain_write(story, operation)
    if story.is_integer(number):
        return lost(cause="integer_dtype", place=locate_integer(story, number, call))
    if call.tape not in operation.tapes and operation.type not in CUTTING:
        stopping = find_stop_after(story, operation)
        return explain_operation(stopping) if stopping else explain_outside(story, call, operation)
    reset = find_reset_between(story, call, step.here, operation)
    if reset is not None:
        return lost(cause="outside_tape", detail="reset", place=reset.place)
    if flow.copies(operation, step.here) and operation.type in COPYING:
        return lost(cause="detached_numpy", detail="copied", operation="tf.constant", place=operation.place)
    return explain_operation(operation)


def explain_copy(story: Story, step: Step) -> Suspect:
    entry = story.line(step.place)
    if any(story.line(variable.place) == entry for variable in story.variables.values()):
        return lost(cause="rewrapped_in_variable", operation="tf.Variable", place=step.place)
    return lost(cause="detached_numpy", detail="copied", operation="tf.constant", place=step.place)


def find_stop_after(story: Story, operation: Operation) -> Operation | None:
    """tf.stop_gradient reads a variable with the tape stopped: then it is not the read that is to blame."""
    users = [user for output in operation.outputs for user in story.users.get(output, ())]
    return next((user for user in users if user.type == "StopGradient"), None)


def find_reset_between(story: Story, call: Call, tensor: int, operation: Operation) -> TapeReset | None:
    """Where the tape was told to forget how a tensor was made, before an operation of it took the tensor."""
    maker = story.producer.get(tensor)
    resets = [event for event in story.of(TapeReset) if event.tape == call.tape and event.clock < operation.clock]
    return next((event for event in resets if maker is not None and event.clock > maker.clock), None)


def name_exit(step: Step, via: str) -> str:
    if isinstance(step.event, Exit) and step.event.how == "buffer":
        return "NumPy"
    name = via.rpartition(".")[2]
    return CONVERSIONS.get(name, name)


def explain_write(story: Story, operation: Operation) -> Suspect:
    place = operation.place
    if operation.type.startswith(OUTSIDE):
        return lost(cause="nondifferentiable_op", detail="dataset", operation="tf.data", place=place)
    variable = story.variables.get(operation.inputs[0])
    if variable is not None and variable.clock >= operation.clock:
        return lost(cause="rewrapped_in_variable", operation="tf.Variable", place=place)
    return lost(cause="stateful_write", operation="assign", place=place)


def explain_outside(story: Story, call: Call, operation: Operation) -> Suspect:
    clock = operation.clock
    resets = [event for event in story.of(TapeReset) if event.tape == call.tape and event.clock > clock]
    stretches = story.recorded(call.tape)
    detail = "stopped"
    if resets:
        detail = "reset"
    elif stretches and clock < stretches[0][0]:
        detail = "before"
    elif stretches and clock > stretches[-1][1]:
        detail = "after"
    place = resets[0].place if resets else operation.place
    opened = next((event.place for event in story.of(TapeOpened) if event.tape == call.tape), call.place)
    spot = None if resets else story.spot_beside(place, opened)
    return lost(cause="outside_tape", detail=detail, operation=spell(operation.type), place=place, spot=spot)


def explain_operation(operation: Operation) -> Suspect:
    """An operation that is not differentiable."""
    name, place = operation.type, operation.place
    if name in ("StopGradient", "PreventGradient"):
        return lost(cause="stop_gradient", operation="tf.stop_gradient", place=place)
    if draws_at_random(operation):
        return lost(cause="sampling_not_reparameterised", operation=spell(name), place=place)
    if "PyFunc" in name:
        return lost(cause="external_code", operation=name, place=place)
    return lost(cause="nondifferentiable_op", operation=spell(name), place=place)


# --- no such step: the source is not watched, or not connected ------------------------------------------------------


def locate_origin(story: Story, number: int, call: Call) -> int:
    """Where a tensor or variable came into being."""
    origin = story.variables.get(number) or story.producer.get(number) or story.arrival(number) or call
    return origin.place


def locate_integer(story: Story, number: int, call: Call) -> int:
    """Where the integers came into being, or, if that is in another function, where they are watched."""
    origin = locate_origin(story, number, call)
    watch = next((event for event in story.of(Watch) if number in event.watched), None)
    return origin if watch is None or story.function(origin) == story.function(watch.place) else watch.place


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
        shape_only = [one for one in story.operations if one.type in SHAPES and one.clock < call.begin]
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
