"""The program raised an exception: whether it is about gradients, and where its cause is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from grader.doctor.case import Case
from grader.doctor.events import Backward, Call, Exhausted, Exit, Failure, Watch
from grader.doctor.story import Spot, Story
from grader.doctor.suspect import Severity, Suspect

SYMBOLIC = ("symbolic tf.Tensor", "SymbolicTensor", "has no attribute 'numpy'", "NumPy call, which is not supported")
FOREIGN = ("Unknown variable", "cannot recognize variable")
SHOWN = 160  # characters of an exception's own message

raised = partial(Suspect, severity="error", symptom="exception", rank=0.3)


def find_raised_exceptions(case: Case) -> Iterator[Suspect]:
    for error in case.plain.of(Failure):
        yield explain_exception(case.plain, error)


def explain_exception(story: Story, error: Failure) -> Suspect:
    suspect = explain(story, error) or just_an_exception(error)
    spot = story.spot(suspect.place)
    if error.compiled and suspect.place == error.place:
        cell, line = error.compiled
        spot = Spot(cell or None, line)
    return replace(suspect, spot=spot)  # places are those of this run


def just_an_exception(error: Failure) -> Suspect:
    severity: Severity = "error" if error.gradients else "note"
    return raised(cause="exception", severity=severity, operation=quote(error), place=error.place, rank=2.0)


def explain(story: Story, error: Failure) -> Suspect | None:
    text, here = error.message, partial(raised, place=error.place)
    call = next((call for call in story.of(Call) if call.error == error.type), None)
    watch = next(reversed(story.of(Watch)), None)
    if call is not None:
        return explain_gradient(story, call, error)
    if error.custom >= 0:
        return raised(cause="wrong_custom_gradient", detail="raised", place=error.custom)
    if watch is not None and story.line(watch.place) == story.line(error.place):
        return here(cause="keras3_api_change" if watch.keras else "not_watched", detail="object")
    if "only supports singleton tf.Variables" in text or "tried to create variables" in text:
        return here(cause="tf_function_variable_creation")
    if "variables which have been deleted" in text:
        last = max(story.variables.values(), key=lambda variable: variable.clock, default=None)
        return raised(cause="replaced_variable", detail="deleted", place=last.place if last else error.place)
    if error.gradients and any(words in text for words in FOREIGN):
        return here(cause="optimizer_misuse", detail="foreign")
    if any(words in text for words in SYMBOLIC) and error.compiled:
        return here(cause="detached_numpy", detail="graph", operation="NumPy")
    if any("IndexedSlices" in kind for _, kind in error.operands) or "IndexedSlices" in text:
        return here(cause="sparse_gradient")
    exhausted = any(story.line(event.place) == story.line(error.place) for event in story.of(Exhausted))
    if error.type == "StopIteration" or exhausted:
        return here(cause="iterator_exhausted")
    return None


def quote(error: Failure) -> str:
    first = next((line for line in error.message.strip().splitlines() if line.strip()), "")
    return f"{error.type}: {first[:SHOWN]}".rstrip(". ")


def explain_gradient(story: Story, call: Call, error: Failure) -> Suspect | None:
    """`tape.gradient` itself raised."""
    here = partial(raised, place=error.place)
    if not call.entered:
        if any(other.tape == call.tape and other is not call for other in story.of(Call)):
            return here(cause="tape_reused")
        tape = story.tapes.get(call.tape)
        return raised(cause="outside_tape", detail="never", place=tape.place if tape else error.place)
    steps = [event for event in story.of(Backward) if event.number > call.begin]
    broken = [event for event in steps if event.went is None]
    if error.type == "LookupError":
        return explain_unregistered(story, broken, error)
    if broken and broken[0].op == "whole" and broken[0].outputs:
        whole = story.wholes.get(broken[0].outputs[0] or 0)
        if whole is not None and whole.gradient_place >= 0:
            place = whole.gradient_place
            return raised(cause="wrong_custom_gradient", detail="raised", operation=whole.name, place=place)
    foreign = next((operation for operation in story.operations if "PyFunc" in operation.type), None)
    if foreign is not None and steps:
        return raised(cause="external_code", operation=foreign.type, place=foreign.place)
    for target in call.targets:
        if target.number < 0 and target.kind != "variable":
            return explain_target(story, call, target.kind, error)
    for source in call.sources:
        if source.number < 0:
            return here(cause="wrong_target", detail="kind", operation=source.kind)
    return None


def explain_target(story: Story, call: Call, kind: str, error: Failure) -> Suspect:
    """The target is no tensor: it left TensorFlow while the tape was open, or was never in it."""
    spans = story.recorded(call.tape)
    exits = [event for event in story.of(Exit) if any(begin < event.clock < end for begin, end in spans)]
    exits = [event for event in exits if story.is_floating(event.tensor)]
    if exits and kind.startswith(("float", "ndarray", "int")):
        return raised(cause="detached_numpy", detail="target", operation=kind, place=exits[-1].place)
    return raised(cause="wrong_target", detail="kind", operation=kind, place=error.place)


def explain_unregistered(story: Story, broken: list[Backward], error: Failure) -> Suspect:
    unregistered = partial(raised, cause="missing_gradient_registration")
    if broken:
        name = broken[-1].op
        place = next((one.place for one in reversed(story.operations) if one.type == name), None)
        if place is not None:
            return unregistered(operation=name, place=place)
    return unregistered(operation="an operation here", place=error.place)
