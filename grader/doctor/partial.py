"""A source has a gradient, but a part of its value reached the target on a way that the tape did not take.

Often that is meant (a target network, a baseline, a straight-through estimator), so these are notes. They are errors
only where it can't be meant: the value was written into a variable and read back under the same tape, or the tape
was told to forget what the loss was made of.
"""

from __future__ import annotations

from collections.abc import Iterator

from .case import Case, Suspect
from .flow import CUTTING, Flow
from .nonfinite import ancestors
from .story import Operation


def suspects(case: Case) -> Iterator[Suspect]:
    for calls in case.sites.values():
        call = calls[0]
        flow = case.flow(call)
        alive = {
            source[0]
            for source, result in zip(call["sources"], call["results"], strict=False)
            if not result["none"] and source[1] == "variable"
        }
        if not alive or call["error"]:
            continue
        order = ancestors(flow, inside=False)
        yield from through_python(case, flow, alive, order)
        yield from through_memory(case, flow, alive, order)
        yield from beside_the_tape(case, flow, alive, order)


def uses(case: Case, number: int) -> set[int]:
    """Clocks of the operations that a variable's value went into."""
    return {
        operation.clock
        for read in case.main.reads(number)
        for output in read.outputs
        for operation in [read, *case.descendants(output)]
    }


def through_python(case: Case, flow: Flow, alive: set[int], order: list[Operation]) -> Iterator[Suspect]:
    """Experiment: a constant on the way to the target changed when the sources were nudged."""
    story = case.main
    if case.changed is None:
        return
    leaving, arriving = case.changed
    taken = {number for operation in order for number in operation.inputs} | set(flow.targets)
    opened = next((begin for begin, _ in story.open_intervals(flow.tape)), 0)
    for tensor in sorted(taken & arriving):
        came = (story.entries.get(tensor) or story.constants[tensor])["clock"]
        exits = [e for e in story.of("exit") if opened < e["clock"] <= came and id(e) in leaving]
        if exits and came > opened:
            exit_ = exits[-1]
            label = "NumPy" if exit_["how"] == "buffer" else story.via(exit_["place"]).rpartition(".")[2] or "Python"
            names = tuple(story.name(number) for number in sorted(alive))
            yield Suspect("detached_numpy", "note", exit_["place"], "suspicious", names, label, "partial", rank=1.0)
            return


def through_memory(case: Case, flow: Flow, alive: set[int], order: list[Operation]) -> Iterator[Suspect]:
    """Under this tape a value computed from a source was assigned to another variable, which the target then read."""
    story = case.main
    read = {operation.inputs[0]: operation.clock for operation in order if story.is_read(operation)}
    for handle, clock in read.items():
        for writer in story.writers.get(handle, ()):
            if handle in alive or writer.clock > clock or flow.tape not in writer.tapes:
                continue
            made_from = {number for value in writer.inputs[1:] for number in upstream(case, value)}
            names = tuple(story.name(number) for number in sorted(alive & made_from))
            if names:
                yield Suspect("stateful_write", "error", writer.place, "wrong", names)
                return


def upstream(case: Case, tensor: int) -> set[int]:
    """The variables that a tensor was computed from."""
    found: set[int] = set()
    queue, seen = [tensor], set()
    while queue:
        number = queue.pop()
        operation = case.main.producer.get(number)
        if operation is None or operation.clock in seen:
            continue
        seen.add(operation.clock)
        if case.main.is_read(operation):
            found.add(operation.inputs[0])
        queue += operation.inputs
    return found


def beside_the_tape(case: Case, flow: Flow, alive: set[int], order: list[Operation]) -> Iterator[Suspect]:
    """A part of the target was computed from a source where this tape did not record."""
    story = case.main
    call = flow.call
    order = [operation for operation in order if operation.clock in open_to_gradients(flow)]
    resets = [event for event in story.of("reset") if event["tape"] == call["tape"]]
    for operation in order:
        if not story.is_read(operation) or operation.inputs[0] not in alive:
            continue
        if resets and operation.clock < resets[-1]["clock"] and call["tape"] in operation.tapes:
            names = (story.name(operation.inputs[0]),)
            yield Suspect("outside_tape", "error", resets[-1]["place"], "wrong", names, "", "reset")
            return
        if call["tape"] not in operation.tapes and operation.within is None:
            joined = meeting(operation, order) if operation.tapes else operation
            names = (story.name(operation.inputs[0]),)
            yield Suspect("outside_tape", "note", joined.place, "suspicious", names, "", "partial", rank=1.0)
            return


def open_to_gradients(flow: Flow) -> set[int]:
    """The operations from which a gradient could have come, had they been recorded."""
    found: set[int] = set()
    queue = list(flow.targets)
    while queue:
        operation = flow.story.producer.get(queue.pop())
        if operation is None or operation.clock in found or operation.within is not None:
            continue
        if operation.type in CUTTING or operation.type == "Sign":
            continue
        found.add(operation.clock)
        queue += operation.inputs
    return found


def meeting(operation: Operation, order: list[Operation]) -> Operation:
    """The first operation that took a value recorded by another tape and was recorded by none, or by this one."""
    return next((one for one in order if one.clock > operation.clock and one.place != operation.place), operation)
