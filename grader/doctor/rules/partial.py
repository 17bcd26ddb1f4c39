"""A source has a gradient, but a part of its value reached the target on a way that the tape did not take.

Often that is meant (a target network, a baseline, a straight-through estimator), so these are notes. They are errors
only where it can't be meant: the part is merely added to the loss, where without a gradient it has no effect at all;
the value was written into a variable and read back under the same tape; or the tape was told to forget what the loss
was made of.
"""

from __future__ import annotations

from collections.abc import Iterator

from grader.doctor.case import Case, Suspect
from grader.doctor.flow import CUTTING, Flow
from grader.doctor.path import readable
from grader.doctor.rules.nonfinite import ancestors
from grader.doctor.trace import Operation

ADDING = ("AddV2", "AddN", "Sub", "Neg", "Sum", "Mean", "Identity", "Reshape", "Pack", "ConcatV2", "Cast")
SCALING = ("Mul", "RealDiv")  # by a constant
SHAPES = ("Shape", "Size", "Rank", "ZerosLike", "OnesLike")  # take nothing of a tensor's values


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
        yield from added_without_gradient(case, flow)
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
            sources = {number for number, _ in flow.call["sources"]}
            about = upstream(case, exit_["tensor"]) & sources or alive
            names = tuple(story.name(number) for number in sorted(about))
            if merely_added(flow, {tensor}, order):
                yield Suspect("detached_numpy", "error", exit_["place"], "wrong", names, label, "added", rank=0.2)
            elif of_itself(flow, tensor, exit_["tensor"]) or of_sources_alone(case, flow, exit_["tensor"]):
                yield Suspect("detached_numpy", "error", exit_["place"], "wrong", names, label, "part", rank=0.2)
            else:
                yield Suspect("detached_numpy", "note", exit_["place"], "suspicious", names, label, "partial", rank=1.0)


def added_without_gradient(case: Case, flow: Flow) -> Iterator[Suspect]:
    """A term of the target that depends on a source, and that no gradient goes back through: it has no effect."""
    story = case.main
    sources = {number for number, _ in flow.call["sources"]}
    for term in terms(flow):
        names = tuple(story.name(number) for number in sorted(upstream(case, term) & sources))
        if not names or flow.received.get(term):
            continue
        operation = nearest_cut(flow, term)
        if operation is None:
            continue
        label = readable(operation.type)
        yield Suspect("nondifferentiable_op", "error", operation.place, "wrong", names, label, "added", rank=0.3)


def terms(flow: Flow) -> list[int]:
    """The tensors that the target is the sum of, as far as that can be seen."""
    story = flow.story
    found: list[int] = []
    queue, seen = list(flow.targets), set()
    while queue:
        number = queue.pop()
        operation = story.producer.get(number)
        if number in seen or operation is None or flow.tape not in operation.tapes:
            continue
        seen.add(number)
        if number in story.wholes:
            continue  # a custom gradient says itself what goes back through it
        scaled = [taken for taken in operation.inputs if taken not in story.constants]
        if operation.type in ADDING and operation.type != "Cast":
            queue += operation.inputs
        elif operation.type in SCALING and len(scaled) == 1:
            queue += scaled
        elif number not in flow.targets:
            found.append(number)
    return found


def nearest_cut(flow: Flow, term: int) -> Operation | None:
    """Going back from a term, the first operation that gives its floating input no gradient, if its values matter
    and nobody asked for it with tf.stop_gradient."""
    story = flow.story
    queue, seen = [term], {term}
    while queue:
        number = queue.pop(0)
        operation = story.producer.get(number)
        if operation is None or flow.tape not in operation.tapes or number in story.wholes:
            continue
        if operation.type in ("StopGradient", "PreventGradient"):
            return None
        if operation.type in SHAPES:
            continue
        floating = any(story.floating(number) for number in operation.inputs)
        if floating and (operation.type in CUTTING or not story.floating(operation.outputs[0])):
            return operation
        fresh = [taken for taken in operation.inputs if taken not in seen]
        seen.update(fresh)
        queue += fresh
    return None


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
            joined = meeting(flow, operation, order) if operation.tapes else operation
            names = (story.name(operation.inputs[0]),)
            if merely_added(flow, set(operation.outputs), order):
                yield Suspect("outside_tape", "error", joined.place, "wrong", names, "", "added", rank=0.2)
            else:
                yield Suspect("outside_tape", "note", joined.place, "suspicious", names, "", "partial", rank=1.0)


def of_itself(flow: Flow, constant: int, left: int) -> bool:
    """A tensor is multiplied with, or divided by, a constant that was made from its own values (not a single number:
    `loss / float(loss)` is a known way to balance losses)."""
    story = flow.story
    if story.shape(left) in ((), None):
        return False
    for user in story.users.get(constant, ()):
        if user.type in SCALING and left in user.inputs and user.within is None:
            return True
    return False


def of_sources_alone(case: Case, flow: Flow, left: int) -> bool:
    """What left is computed from this call's own sources and nothing else: a parameter that is used as a constant."""
    variables = upstream(case, left)
    sources = {number for number, _ in flow.call["sources"]}
    return bool(variables) and variables <= sources and not data_above(case, left)


def data_above(case: Case, tensor: int) -> bool:
    """Something other than variables and single numbers went into a tensor."""
    story = case.main
    queue, seen = [tensor], {tensor}
    while queue:
        number = queue.pop()
        operation = story.producer.get(number)
        if operation is None and number not in story.variables and story.shape(number) != ():
            return True
        if operation is not None and not story.is_read(operation):
            fresh = [taken for taken in operation.inputs if taken not in seen]
            seen.update(fresh)
            queue += fresh
    return False


def merely_added(flow: Flow, values: set[int], order: list[Operation]) -> bool:
    """From where the tape records, nothing happens to the values but being added up with the rest of the target."""
    followed = set(values)
    joined = False
    for operation in order:
        inward = followed & set(operation.inputs)
        if not inward:
            continue
        followed |= set(operation.outputs)
        if flow.tape not in operation.tapes:
            continue
        joined = True
        scaled = operation.type in SCALING and not any(flow.received.get(number) for number in operation.inputs)
        if operation.type not in ADDING and not scaled:
            return False
    return joined and bool(followed & set(flow.targets))


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


def meeting(flow: Flow, operation: Operation, order: list[Operation]) -> Operation:
    """The first operation of this tape that took what another tape had recorded."""
    followed = set(operation.outputs)
    for one in order:
        if followed & set(one.inputs):
            if flow.tape in one.tapes:
                return one
            followed |= set(one.outputs)
    return operation
