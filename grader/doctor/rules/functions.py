"""Compiled functions that never see a changed value, and custom gradients that disagree with their own forward pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from grader.doctor.case import Case, align, pair_outcomes
from grader.doctor.events import Backward, Call, Captured, Constant, CustomGradient, Failure, FunctionRun, Slope
from grader.doctor.path import spell
from grader.doctor.story import Spot, Story
from grader.doctor.suspect import Suspect

AGREES = 0.05  # relative difference between a custom gradient and the measured one that may be rounding
SMOOTH = 0.03  # slopes to both sides that differ by less than this share belong to a smooth function
DRAWING = ("Random", "StatelessRandom", "Stateful")  # how the names of operations begin that draw
VARIED = 3  # different numbers at one line
FLAT = 0.2  # share of results that a tiny step leaves exactly as they are
LEAST = 1e-4  # a smaller slope is lost in rounding


def find_gradients_lost_by_compiling(case: Case) -> Iterator[Suspect]:
    """A source got None from the compiled program and a gradient when the same program ran line by line."""
    story = case.plain
    if case.main is story:
        return
    for call, twin in align(story, case.main, Call):
        if call.results is None or twin.results is None:
            continue
        both = zip(pair_outcomes(call), twin.results, strict=False)
        names = tuple(story.name(source) for (source, one), other in both if one.none and not other.none)
        if not names:
            continue
        inside = any(target.kind == "symbolic" for target in call.targets)
        before = [event for event in story.of(FunctionRun) if event.clock < call.begin]
        after = [event for event in story.of(FunctionRun) if event.clock > call.clock]
        dropped = [Spot(cell or None, line) for event in before + after for cell, line in event.dropped]
        place = before[-1].written if before and not inside else call.place
        yield Suspect(
            cause="tensorarray_not_reassigned" if dropped else "nondifferentiable_op",
            detail="" if dropped else "graph",
            severity="error",
            symptom="none",
            variables=names,
            place=place,
            spot=dropped[0] if dropped else story.spot(place),
        )
        return


def find_captured_constants(case: Case) -> Iterator[Suspect]:
    """A number that a function read while it was compiled is another one now, and it was not compiled again."""
    for event in case.plain.of(Captured):
        if (event.tensor and event.place >= 0) or reaches_tensorflow(case, event.sizes):
            yield Suspect(
                cause="tf_function_constant_capture",
                severity="error",
                symptom="suspicious",
                operation=event.name,
                place=event.place,
                spot=case.plain.spot(event.place),
            )


def find_constants_that_vary(case: Case) -> Iterator[Suspect]:
    """Line by line another number comes in here each time; in the compiled function it came in once."""
    story, plain = case.main, case.plain
    if story is plain or plain.of(Failure):
        return
    known = {event.digest for event in plain.of(Constant)} | {
        mark for run in story.of(FunctionRun) for mark in run.given
    }
    seen: dict[tuple[int, int], list[Constant]] = defaultdict(list)  # by the operation's place, and which operand it is
    for event in story.of(Constant):
        user = next(iter(story.users.get(event.tensor, ())), None)
        recorded = user is not None and user.place >= 0 and bool(user.tapes) and user.within is None
        fresh = event.digest not in ("", *known) and story.is_floating(event.tensor)
        if user is not None and recorded and fresh and not story.via(event.place).startswith("keras"):
            seen[user.place, user.inputs.index(event.tensor)].append(event)
    compiled = {plain.line(event.place) for event in plain.of(Constant)}
    for (place, _), events in seen.items():
        never_twice = len({event.digest for event in events}) == len(events)  # as in a loop within the function
        if len(events) >= VARIED and never_twice and story.line(place) not in compiled and len(case.calls) >= VARIED:
            event = events[0]
            yield Suspect(
                cause="tf_function_constant_capture",
                detail="varies",
                severity="error",
                symptom="suspicious",
                place=event.place,
                rank=0.2,
            )
            return


def reaches_tensorflow(case: Case, sizes: tuple[float, ...]) -> bool:
    """Run line by line, the program hands a number of such a size to TensorFlow; the compiled function did not."""
    if case.main is case.plain:
        return False
    fresh = list_sizes(case.main) - list_sizes(case.plain)
    return any(abs(size - seen) <= 1e-5 * max(size, 1.0) for seen in fresh for size in sizes)


def list_sizes(story: Story) -> set[float]:
    """The largest values of all constants."""
    states = [event.state for event in story.of(Constant)]
    return {round(state.largest, 6) for state in states if state and state.largest is not None}


def find_wrong_custom_gradients(case: Case) -> Iterator[Suspect]:
    """A custom gradient disagrees with the measured slope of its own function."""
    story = case.measured
    if story is None:
        return
    for event in story.of(CustomGradient):
        if event.identity:
            continue  # gradient reversal, scaling, clipping: meant to differ
        if any(slope is not None and disagrees(slope) for slope in event.rows):
            sources = [source for call in story.of(Call) for source in call.sources if source.kind == "variable"]
            place = event.gradient_place if event.gradient_place >= 0 else event.place
            yield Suspect(
                cause="wrong_custom_gradient",
                severity="error",
                symptom="wrong",
                variables=tuple(dict.fromkeys(story.name(source.number) for source in sources)),
                place=place,
                spot=story.spot(place),
            )
            return


def disagrees(slope: Slope) -> bool:
    """The function is smooth here and its gradient says something else.

    Where it is flat in places (a straight-through estimator) or has a corner (up and down differ), a gradient that is
    not the measured one is there on purpose.
    """
    size = max(abs(slope.up), abs(slope.down))
    if size < LEAST or slope.still > FLAT or abs(slope.up - slope.down) > SMOOTH * size:
        return False
    return abs(slope.stated - 0.5 * (slope.up + slope.down)) > AGREES * max(size, abs(slope.stated))


def find_recomputed_draws(case: Case) -> Iterator[Suspect]:
    """A part of the forward pass is computed anew in the backward pass, and draws other random numbers there."""
    story = case.main
    wholes = {event.number for event in story.of(Backward) if event.op == "whole"}
    forward = {operation.place: operation for operation in story.operations if operation.within is None}
    for operation in story.operations:
        if operation.within not in wholes or not operation.type.startswith(DRAWING):
            continue
        first = forward.get(operation.place) or next(
            (one for one in story.operations if one.within is None and one.type == operation.type), None
        )
        if first is not None and first.place >= 0:
            sources = [source for call in story.of(Call) for source in call.sources if source.kind == "variable"]
            yield Suspect(
                cause="wrong_custom_gradient",
                detail="recomputed",
                severity="error",
                symptom="wrong",
                variables=tuple(dict.fromkeys(story.name(source.number) for source in sources)),
                operation=spell(operation.type),
                place=first.place,
            )
            return
