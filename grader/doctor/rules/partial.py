"""A source has a gradient, but a part of its value reached the target on a way that the tape did not take.

Often that is meant (a target network, a baseline, a straight-through estimator), so these are notes. They are errors
only where it can't be meant: the part is merely added to the loss, where without a gradient it has no effect at all;
the value was written into a variable and read back under the same tape; or the tape was told to forget what the loss
was made of. A part that was computed before the source was watched is one of those that the tape did not take.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grader.doctor.case import Case, pair_outcomes
from grader.doctor.events import Exit, TapeReset, Watch
from grader.doctor.flow import CUTTING, SHAPES, Flow
from grader.doctor.path import spell
from grader.doctor.story import is_read
from grader.doctor.suspect import Suspect
from grader.doctor.trace import Operation

ADDING = ("AddV2", "AddN", "Sub", "Neg", "Sum", "Mean", "Identity", "Reshape", "Pack", "ConcatV2", "Cast")
SCALING = ("Mul", "RealDiv", "DivNoNan")  # by what does not depend on the variables
STOPPING = ("StopGradient", "PreventGradient")


def list_served(case: Case) -> Iterator[tuple[Flow, set[int]]]:
    """The first call at each line, and those of its variables that have a gradient."""
    for flow in case.first_flows:
        variables = {source.number for source in flow.call.sources if source.kind == "variable"}
        served = {source for source, outcome in pair_outcomes(flow.call) if not outcome.none and source in variables}
        if served:
            yield flow, served


def find_parts_through_python(case: Case) -> Iterator[Suspect]:
    """Experiment: a constant on the way to the target changed when the sources were nudged."""
    for flow, served in list_served(case):
        taken = {number for operation in flow.seen_by_tape for number in operation.inputs} | set(flow.targets)
        for tensor in sorted(taken & flow.changes.arriving) if flow.changes else ():
            yield from suspect_constant(flow, tensor, served)


def suspect_constant(flow: Flow, tensor: int, served: set[int]) -> Iterator[Suspect]:
    story = flow.story
    arrival, stretches = story.arrival(tensor), story.recorded(flow.tape)
    opened = stretches[0][0] if stretches else 0
    if arrival is None or flow.changes is None:
        return
    leaving = flow.changes.leaving
    exits = [one for one in story.of(Exit) if opened < one.clock <= arrival.clock and one.clock in leaving]
    if not exits or arrival.clock <= opened:
        return
    left = exits[-1]
    detail, is_error = "partial", False
    if is_merely_added(flow, {tensor}, flow.seen_by_tape):
        detail, is_error = "added", True
    elif scales_itself(flow, tensor, left.tensor) or is_made_of_sources_alone(flow, left.tensor):
        detail, is_error = "part", True
    about = flow.sources_behind(left.tensor) or served
    yield Suspect(
        cause="detached_numpy",
        detail=detail,
        severity="error" if is_error else "note",
        symptom="wrong" if is_error else "suspicious",
        variables=tuple(story.name(number) for number in sorted(about)),
        operation="NumPy" if left.how == "buffer" else story.via(left.place).rpartition(".")[2] or "Python",
        place=left.place,
        rank=0.2 if is_error else 1.0,
    )


def scales_itself(flow: Flow, constant: int, left: int) -> bool:
    """A tensor is multiplied with, or divided by, a constant that was made from its own values (not a single number:
    `loss / float(loss)` is a known way to balance losses)."""
    if flow.story.shape(left) in ((), None):
        return False
    users = flow.story.users.get(constant, ())
    return any(user.type in SCALING and left in user.inputs and user.within is None for user in users)


def is_made_of_sources_alone(flow: Flow, left: int) -> bool:
    """What left is computed from this call's own sources and nothing else: a parameter that is used as a constant."""
    variables = flow.story.variables_behind(left)
    return bool(variables) and variables <= flow.sources and not flow.has_data_behind(left)


def find_added_parts_without_gradient(case: Case) -> Iterator[Suspect]:
    """A term of the target that depends on a source, and that no gradient goes back through: it has no effect."""
    for flow, _ in list_served(case):
        for term in list_terms(flow):
            sources = flow.sources_behind(term)
            operation = find_nearest_cut(flow, term) if sources and not flow.reaches(term) else None
            if operation is not None and (operation.type not in STOPPING or is_meant_to_count(flow, term)):
                stopped = operation.type in STOPPING
                yield Suspect(
                    cause="stop_gradient" if stopped else "nondifferentiable_op",
                    detail="added",
                    severity="error",
                    symptom="wrong",
                    variables=tuple(flow.story.name(number) for number in sorted(sources)),
                    operation="tf.stop_gradient" if stopped else spell(operation.type),
                    place=operation.place,
                    rank=0.3,
                )


def is_meant_to_count(flow: Flow, term: int) -> bool:
    """It was computed from stopped values, and nothing in it learns. What is stopped as a whole may be there to correct
    the value of the sum, and what still learns something may be someone else's loss."""
    operation = flow.story.producer[term]
    return operation.type not in STOPPING and not operation.tracked


def list_terms(flow: Flow) -> list[int]:
    """The tensors that the target is the sum of, as far as that can be seen. A custom gradient is none of them: it
    says itself what goes back through it."""
    story = flow.story

    def summands(operation: Operation) -> Iterable[int]:
        varying = [taken for taken in operation.inputs if flow.sources_behind(taken)]
        if flow.tape not in operation.tapes or is_whole(flow, operation):
            return ()
        if operation.type in ADDING and operation.type != "Cast":
            return operation.inputs
        return varying if operation.type in SCALING and len(varying) == 1 else ()

    return [
        number
        for number, made in story.upstream(flow.targets, summands)
        if made is not None and flow.tape in made.tapes and not is_whole(flow, made) and not summands(made)
        if number not in flow.targets
    ]


def is_whole(flow: Flow, operation: Operation) -> bool:
    return any(number in flow.story.wholes for number in operation.outputs)


def find_nearest_cut(flow: Flow, term: int) -> Operation | None:
    """Going back from a term, the first operation that gives its floating input no gradient, if its values matter."""
    story = flow.story

    def follow(one: Operation) -> tuple[int, ...]:
        passable = flow.tape in one.tapes and one.type not in SHAPES and not is_whole(flow, one)
        return one.inputs if passable else ()

    for _, operation in story.upstream([term], follow):
        if operation is not None and operation.type in STOPPING:
            return operation  # which runs while the tape does not record
        if operation is None or not follow(operation):
            continue
        floating = any(story.is_floating(number) for number in operation.inputs)
        if floating and (operation.type in CUTTING or not story.is_floating(operation.outputs[0])):
            return operation
    return None


def find_parts_through_memory(case: Case) -> Iterator[Suspect]:
    """Under this tape a value computed from a source was assigned to another variable, which the target then read."""
    story = case.main
    for flow, served in list_served(case):
        read = {operation.inputs[0]: operation.clock for operation in flow.seen_by_tape if is_read(operation)}
        writes = (
            writer
            for handle, clock in read.items()
            if handle not in served
            for writer in story.writers.get(handle, ())
            if writer.clock <= clock and flow.tape in writer.tapes
        )
        for writer in writes:
            made_from = {number for value in writer.inputs[1:] for number in story.variables_behind(value)}
            if served & made_from:
                yield Suspect(
                    cause="stateful_write",
                    severity="error",
                    symptom="wrong",
                    variables=tuple(story.name(number) for number in sorted(served & made_from)),
                    place=writer.place,
                )
                break


def find_parts_beside_the_tape(case: Case) -> Iterator[Suspect]:
    """A part of the target was computed from a source where this tape did not record."""
    for flow, served in list_served(case):
        resets = [event for event in case.main.of(TapeReset) if event.tape == flow.tape]
        reads = [
            operation
            for operation in flow.seen_by_tape
            if operation.clock in flow.open_to_gradients and is_read(operation) and operation.inputs[0] in served
        ]
        for operation in reads:
            names = (case.main.name(operation.inputs[0]),)
            if resets and operation.clock < resets[-1].clock and flow.tape in operation.tapes:
                yield Suspect(
                    cause="outside_tape",
                    detail="reset",
                    severity="error",
                    symptom="wrong",
                    variables=names,
                    place=resets[-1].place,
                )
                break
            if flow.tape not in operation.tapes and operation.within is None:
                added = is_merely_added(flow, set(operation.outputs), in_reach(flow))
                if not (added or operation.was_seen):
                    continue
                yield Suspect(
                    cause="outside_tape",
                    detail="added" if added else "partial",
                    severity="error" if added else "note",
                    symptom="wrong" if added else "suspicious",
                    variables=names,
                    place=find_meeting(flow, operation).place if operation.tapes else operation.place,
                    rank=0.2 if added else 1.0,
                )


def find_parts_before_the_watch(case: Case) -> Iterator[Suspect]:
    """The tape recorded when the source was used, but was told to watch it only after that: it knows nothing of what
    was computed before."""
    story = case.main
    for flow in case.first_flows:
        served = {number for number, outcome in pair_outcomes(flow.call) if not outcome.none}
        watches = [one for one in story.of(Watch) if one.tape == flow.tape and one.clock < flow.call.begin]
        for watch in watches:
            early = {
                number: operation
                for operation in in_reach(flow)
                if operation.clock < watch.clock and flow.tape in operation.tapes and not operation.tracked
                for number in served.intersection(watch.watched, operation.inputs)
            }
            for number, operation in early.items():
                added = is_merely_added(flow, set(operation.outputs), in_reach(flow))
                yield Suspect(
                    cause="not_watched",
                    detail="late",
                    severity="error" if added else "note",
                    symptom="wrong" if added else "suspicious",
                    variables=(story.name(number),),
                    operation="watch",
                    place=watch.place,
                    rank=0.2 if added else 1.0,
                )


def in_reach(flow: Flow) -> list[Operation]:
    return [operation for operation in flow.seen_by_tape if operation.clock in flow.open_to_gradients]


def is_merely_added(flow: Flow, values: set[int], order: list[Operation]) -> bool:
    """From where the tape records, nothing happens to the values but being added up with the rest of the target."""
    followed = set(values)
    joined = False
    for operation in order:
        if not followed.intersection(operation.inputs):
            continue
        followed.update(operation.outputs)
        if flow.tape not in operation.tapes or not operation.tracked:
            continue
        joined = True
        scaled = operation.type in SCALING and not any(flow.reaches(number) for number in operation.inputs)
        if operation.type not in ADDING and not scaled:
            return False
    return joined and bool(followed.intersection(flow.targets))


def find_meeting(flow: Flow, operation: Operation) -> Operation:
    """The first operation of this tape that took what another tape had recorded."""
    followed = set(operation.outputs)
    for one in in_reach(flow):
        if followed.intersection(one.inputs):
            if flow.tape in one.tapes:
                return one
            followed.update(one.outputs)
    return operation
