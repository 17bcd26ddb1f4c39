"""A source got None (or zeros that stand for None): where its value lost the tape.

The first step on the way from the source to the target that no gradient can take names the cause. Where there is no
way at all, the source was not used; where the way is whole, this tape did not watch the source.
"""

from __future__ import annotations

from collections.abc import Iterator

from grader.doctor.case import Case, Suspect
from grader.doctor.flow import CUTTING, Flow, Step, random
from grader.doctor.path import draw, readable
from grader.doctor.trace import Event, Operation, Story


def suspects(case: Case) -> Iterator[Suspect]:
    for calls in case.sites.values():
        call = first_with_none(calls)
        if call is not None:
            yield from of_call(case, call, calls)


def hidden(call: Event, position: int, flow: Flow) -> bool:
    """Zeros that `unconnected_gradients` put in place of a None."""
    number = call["sources"][position][0]
    return call["unconnected"] == "zero" and bool(call["results"][position].get("zero")) and not flow.reaches(number)


def absent(case: Case, call: Event) -> list[int]:
    """Positions of the sources that got no gradient."""
    results = call["results"]
    found = [position for position, result in enumerate(results) if result["none"]]
    if call["unconnected"] == "zero":
        flow = case.flow(call)
        found += [position for position in range(len(results)) if hidden(call, position, flow)]
    return [position for position in found if position < len(call["sources"])]


def first_with_none(calls: list[Event]) -> Event | None:
    """The first call with a None, unless the same sources have gradients in other calls from the same place."""
    alive = {
        source[0]
        for call in calls
        for source, result in zip(call["sources"], call["results"], strict=False)
        if not result["none"] and call["unconnected"] != "zero"
    }
    for call in calls:
        pairs = zip(call["sources"], call["results"], strict=False)
        if call["unconnected"] == "zero" or any(result["none"] and source[0] not in alive for source, result in pairs):
            return call
    return None


def of_call(case: Case, call: Event, calls: list[Event]) -> Iterator[Suspect]:
    flow = case.flow(call)
    story = case.main
    lost = absent(case, call)
    alone = len(lost) == len(call["sources"])
    for position in lost:
        number, kind = call["sources"][position]
        if number < 0:
            continue
        name = story.name(number) if kind == "variable" else "the tensor"
        suspect = explain(case, flow, call, number, kind, alone, calls)
        if suspect is not None:
            cause, place, operation, detail, path = suspect
            if cause == "unused_variable" and number in case.served:
                continue  # another call has a gradient for it: the parts are added up
            rank = 0.0 if cause != "unused_variable" else 0.5
            yield Suspect(cause, "error", place, "none", (name,), operation, detail, path, rank)


Explanation = tuple[str, int, str, str, tuple[str, ...]]


def explain(
    case: Case, flow: Flow, call: Event, number: int, kind: str, alone: bool, calls: list[Event]
) -> Explanation | None:
    story = case.main
    if kind == "tensor":
        replaced = rebound(story, call, calls, number)
        if replaced is not None:
            return "replaced_variable", replaced, "", "rebound", ()
    path = flow.path(number)
    if path is None:
        return unconnected(case, flow, call, number, kind, alone)
    step = flow.lost(number)
    if step is None:
        return unwatched(story, call, number)
    drawn = draw(path, step, story.name(number))
    if step.kind == "op" and step.operation is not None and not integer(story, number):
        unseen = first_use_unseen(call, path)
        if unseen:
            return unwatched(story, call, number)
    cause, place, operation, detail = classify(story, flow, call, number, step)
    return cause, place, operation, detail, drawn


def integer(story: Story, number: int) -> bool:
    dtype = story.variables[number].dtype if number in story.variables else story.dtype(number)
    return dtype.startswith(("int", "uint", "bool"))


def first_use_unseen(call: Event, path: list[Step]) -> bool:
    """The source's first use happened under this tape, and the tape did not follow it."""
    operation = path[0].operation
    return (
        operation is not None
        and call["tape"] in operation.tapes
        and not operation.tracked
        and operation.type not in CUTTING
    )


def classify(story: Story, flow: Flow, call: Event, number: int, step: Step) -> tuple[str, int, str, str]:
    operation = step.operation
    via = story.via(step.place)
    if via.endswith((".predict", ".predict_on_batch")):
        return "predict_in_tape", step.place, "predict", ""
    if via.rpartition(":")[2] in FOREIGN:
        return "external_code", step.place, f"tf.{via.rpartition(':')[2]}", ""
    if step.kind == "python":
        return "detached_numpy", step.place, leaving_name(step, via), ""
    if step.kind == "copy":
        entry = story.line(step.place)
        rewrapped = any(story.line(variable.place) == entry for variable in story.variables.values())
        if rewrapped:
            return "rewrapped_in_variable", step.place, "tf.Variable", ""
        return "detached_numpy", step.place, "tf.constant", "copied"
    if step.kind == "whole":
        event = step.event or {}
        if event["gradient_place"] >= 0:
            return "wrong_custom_gradient", event["gradient_place"], event["name"], "none"
        return "nondifferentiable_op", step.place, event["name"], ""
    assert operation is not None
    if step.kind == "state":
        return written(story, operation)
    if integer(story, number):
        return "integer_dtype", made(story, number, call), "", ""
    if call["tape"] not in operation.tapes and operation.type not in CUTTING:
        stopping = stopped_here(story, operation)
        return not_differentiable(stopping) if stopping else outside(story, call, operation)
    if flow.copies(operation, step.here) and operation.type in COPYING:
        return "detached_numpy", operation.place, "tf.constant", "copied"
    return not_differentiable(operation)


FOREIGN = ("numpy_function", "py_function")
COPYING = ("Reshape", "Fill", "BroadcastTo", "Identity", "Pack")


def stopped_here(story: Story, operation: Operation) -> Operation | None:
    """tf.stop_gradient reads a variable with the tape stopped: then it is not the read that is to blame."""
    users = [user for output in operation.outputs for user in story.users.get(output, ())]
    return next((user for user in users if user.type == "StopGradient"), None)


def leaving_name(step: Step, via: str) -> str:
    how = (step.event or {}).get("how")
    if how == "buffer":
        return "NumPy"
    name = via.rpartition(".")[2]
    return {"numpy": ".numpy()", "__float__": "float()", "__int__": "int()", "__bool__": "bool()"}.get(name, name)


def written(story: Story, operation: Operation) -> tuple[str, int, str, str]:
    place, name = operation.place, operation.type
    if name.startswith(("Make", "Iterator", "Tensor", "Anonymous")):
        return "nondifferentiable_op", place, "tf.data", "dataset"
    handle = operation.inputs[0]
    variable = story.variables.get(handle)
    if variable is not None and variable.clock >= operation.clock:
        return "rewrapped_in_variable", place, "tf.Variable", ""
    return "stateful_write", place, "assign", ""


def outside(story: Story, call: Event, operation: Operation) -> tuple[str, int, str, str]:
    clock, place = operation.clock, operation.place
    name = operation.type
    resets = [event for event in story.of("reset") if event["tape"] == call["tape"] and event["clock"] > clock]
    if resets:
        return "outside_tape", resets[0]["place"], name, "reset"
    intervals = list(story.open_intervals(call["tape"]))
    if intervals and clock < intervals[0][0]:
        return "outside_tape", place, name, "before"
    if intervals and clock > intervals[-1][1]:
        return "outside_tape", place, name, "after"
    return "outside_tape", place, name, "stopped"


def not_differentiable(operation: Operation) -> tuple[str, int, str, str]:
    name, place = operation.type, operation.place
    if name in ("StopGradient", "PreventGradient"):
        return "stop_gradient", place, "tf.stop_gradient", ""
    if random(operation):
        return "sampling_not_reparameterised", place, readable(name), ""
    if "PyFunc" in name:
        return "external_code", place, name, ""
    return "nondifferentiable_op", place, readable(name), ""


def made(story: Story, number: int, call: Event) -> int:
    """Where a source came into being."""
    if number in story.variables:
        return story.variables[number].place
    if number in story.producer:
        return story.producer[number].place
    event = story.entries.get(number) or story.constants.get(number)
    return int(event["place"]) if event else int(call["place"])


def unwatched(story: Story, call: Event, number: int) -> Explanation:
    """The way is whole, so the tape was not told to follow this source."""
    if integer(story, number):
        return "integer_dtype", made(story, number, call), "", "", ()
    variable = story.variables.get(number)
    tape = story.tapes.get(call["tape"], {"automatic": True, "place": -1})
    watches = [event for event in story.of("watch") if event["tape"] == call["tape"]]
    own = [event for event in watches if number in event["watched"]]
    if own:
        return "not_watched", own[0]["place"], "watch", "late", ()
    if variable is not None and not variable.trainable:
        by_hand = not variable.layers and not story.via(variable.place).startswith("keras")
        return "untrainable", variable.place if by_hand else call["place"], "", "" if by_hand else "state", ()
    for event in watches:
        copies = [watched for watched in event["watched"] if derived(story, watched, number)]
        if copies or (not event["watched"] and not tape["automatic"]):
            return "not_watched", event["place"], "watch", "copy" if copies else "empty", ()
    return "not_watched", tape["place"], "", "automatic" if tape["automatic"] else "manual", ()


def derived(story: Story, tensor: int, origin: int, depth: int = 4) -> bool:
    operation = story.producer.get(tensor)
    if operation is None or depth == 0:
        return False
    return any(number == origin or derived(story, number, origin, depth - 1) for number in operation.inputs)


def rebound(story: Story, call: Event, calls: list[Event], number: int) -> int | None:
    """The source is now a tensor that was computed from what was a variable at this place in an earlier call."""
    earlier = {
        source
        for other in calls
        if other["clock"] < call["clock"]
        for source, kind in other["sources"]
        if kind == "variable"
    }
    operation = story.producer.get(number)
    if operation is None or not earlier or call["tape"] in operation.tapes:
        return None
    if any(derived(story, number, handle, 6) for handle in earlier):
        return operation.place
    return None


def unconnected(case: Case, flow: Flow, call: Event, number: int, kind: str, alone: bool) -> Explanation | None:
    """No value travelled from the source to the target at all."""
    story = case.main
    target = flow.targets[0] if flow.targets else -1
    target_place = producer_place(story, target, call)
    if integer(story, number):
        return "integer_dtype", made(story, number, call), "", "", ()
    if number in story.variables and not story.variables[number].trainable:
        return unwatched(story, call, number)
    if call["targets"] and call["targets"][0][1] == "variable":
        return "wrong_target", call["place"], "", "swapped", ()
    if kind == "tensor":
        return "wrong_target", made(story, number, call), "", "elsewhere", ()
    ends = dead_ends(case, number, call)
    if alone and not any(flow.path(handle) for handle in story.variables):
        operation = shape_only(case, call)
        if operation is not None:
            return "nondifferentiable_op", operation, "", "shape", ()
        return "wrong_target", target_place, "", "constant", ()
    if ends:
        return "unused_variable", ends, "", "dropped", ()
    return "unused_variable", target_place, "", "", ()


def shape_only(case: Case, call: Event) -> int | None:
    """An operation that took a tensor's shape and not its values."""
    shapes = [
        op for op in case.main.operations if op.type in ("OnesLike", "ZerosLike", "Shape") and op.clock < call["begin"]
    ]
    return shapes[-1].place if shapes else None


def producer_place(story: Story, target: int, call: Event) -> int:
    if target in story.producer:
        return story.producer[target].place
    return made(story, target, call)


def dead_ends(case: Case, number: int, call: Event) -> int | None:
    """The last thing that was computed with the source before it went nowhere."""
    story = case.main
    intervals = list(story.open_intervals(call["tape"]))
    reads = [op for op in story.reads(number) if any(begin <= op.clock <= end for begin, end in intervals)]
    results = [
        operation
        for read in reads
        for output in read.outputs
        for operation in case.descendants(output)
        if operation.clock < call["begin"] and call["tape"] in operation.tapes
    ]
    return max(results, key=lambda operation: operation.clock).place if results else None
