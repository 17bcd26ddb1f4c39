"""Losses that are computed without an error and do not say what was meant."""

from __future__ import annotations

from collections.abc import Iterator

from grader.doctor.case import Case, Suspect
from grader.doctor.flow import Flow
from grader.doctor.path import readable
from grader.doctor.rules.nonfinite import ancestors
from grader.doctor.trace import Event, Operation, Story

ELEMENTWISE = frozenset(
    [
        "Abs",
        "AddV2",
        "Cast",
        "DivNoNan",
        "Exp",
        "Greater",
        "GreaterEqual",
        "Identity",
        "Less",
        "LessEqual",
        "Log",
        "Log1p",
        "Maximum",
        "Minimum",
        "Mul",
        "Neg",
        "Pow",
        "RealDiv",
        "Rsqrt",
        "SelectV2",
        "Sigmoid",
        "Sign",
        "Softplus",
        "Sqrt",
        "Square",
        "SquaredDifference",
        "Sub",
        "Tanh",
        "Xdivy",
    ]
)
PAIRING = ("Sub", "SquaredDifference", "Mul", "AddV2")
PASSING = ("Identity", "Reshape", "StopGradient", "Cast")


def suspects(case: Case) -> Iterator[Suspect]:
    for calls in case.sites.values():
        call = calls[0]
        flow = case.flow(call)
        order = ancestors(flow)
        yield from broadcasts(case, flow, order)
        yield from vector_targets(case, call, flow)
        yield from overwritten(case, call, flow, order)
        yield from activations(case, flow, order)
        yield from complex_casts(case, flow, order)
        yield from wrong_shapes(case, call)


def trained(case: Case, call: Event) -> tuple[str, ...]:
    return tuple(case.main.name(number) for number, kind in call["sources"] if kind == "variable")


def broadcasts(case: Case, flow: Flow, order: list[Operation]) -> Iterator[Suspect]:
    """(B, 1) with (B,): a (B, B) table that is then averaged as a whole.

    On purpose one writes the second axis out, or reduces over one axis; here the ranks differ, both have the same
    length, one side is data, and nothing between here and the scalar loss tells rows from columns.
    """
    story = case.main
    known = {operation.clock for operation in order}
    for operation in order:
        if operation.type not in PAIRING or flow.tape not in operation.tapes or len(operation.inputs) != 2:
            continue
        one, other = (story.shape(number) for number in operation.inputs)
        if not (accidental(one, other) or accidental(other, one)):
            continue
        column, vector = operation.inputs if one and len(one) == 2 else operation.inputs[::-1]
        if not learns(flow, column) or learns(flow, vector):
            continue
        if reduced_as_a_whole(story, operation, known):
            size = story.shape(vector)
            label = f"so {size[0] if size else 'B'} values become a table of {story.shape(operation.outputs[0])}"
            yield Suspect("broadcast", "error", operation.place, "suspicious", trained(case, flow.call), label)


def accidental(one: tuple[int, ...] | None, other: tuple[int, ...] | None) -> bool:
    return (
        bool(one and other)
        and len(one or ()) == 2
        and len(other or ()) == 1
        and (one or ())[1] == 1
        and ((one or ())[0] == (other or ())[0] > 1)
    )


def learns(flow: Flow, tensor: int) -> bool:
    """A gradient arrived at this tensor."""
    return bool(flow.received.get(tensor))


def reduced_as_a_whole(story: Story, operation: Operation, known: set[int]) -> bool:
    """From here to a scalar, only elementwise operations and reductions over everything."""
    queue, seen = list(operation.outputs), set()
    scalar = False
    while queue:
        number = queue.pop()
        for user in story.users.get(number, ()):
            if user.clock not in known or user.clock in seen or user.within is not None:
                continue
            seen.add(user.clock)
            if user.type in ("Mean", "Sum") and user.inputs[0] == number:
                if story.shape(user.outputs[0]) != ():
                    return False
                scalar = True
            elif user.type in ELEMENTWISE:
                queue += user.outputs
            else:
                return False
    return scalar


def vector_targets(case: Case, call: Event, flow: Flow) -> Iterator[Suspect]:
    """A training gradient of something that is not one number."""
    story = case.main
    names = trained(case, call)
    if call["what"] != "gradient" or not names or not call["results"]:
        return
    place = call["place"]
    if call["weights"]:
        yield Suspect("vector_target_summed", "note", place, "suspicious", names, "", "weights", rank=1.0)
    elif len(call["targets"]) > 1:
        yield Suspect("vector_target_summed", "note", place, "suspicious", names, "", "list", rank=1.0)
    elif flow.targets and story.shape(flow.targets[0]) not in ((), (1,), (1, 1), None):
        applied = any(variable in case.sourced for step in case.steps() for _, variable, *_ in step["pairs"])
        producer = story.producer.get(flow.targets[0])
        reduced = (
            producer is not None
            and not applied
            and producer.type not in ("MatMul", "Sum", "Mean", "BatchMatMulV2", "Reshape", "Squeeze")
        )
        at = producer.place if producer is not None and (applied or reduced) else place
        yield Suspect("vector_target_summed", "note", at, "suspicious", names, rank=1.0)


def overwritten(case: Case, call: Event, flow: Flow, order: list[Operation]) -> Iterator[Suspect]:
    """The line of the target ran several times under this tape, and only its last result is used."""
    story = case.main
    if call["what"] != "gradient":
        return
    known = {operation.clock for operation in order}
    for target in flow.targets:
        operation = story.producer.get(target)
        if operation is None or operation.place < 0:
            continue
        twins = [
            other
            for other in story.operations
            if other.type == operation.type
            and other.place == operation.place
            and other.clock not in known
            and call["tape"] in other.tapes
            and other.within is None
            and not any(story.users.get(number) for number in other.outputs)
            and not any(number == event["tensor"] for event in story.of("exit") for number in other.outputs)
        ]
        if twins and all(other.tracked for other in twins):
            names = trained(case, call)
            yield Suspect(
                "missing_loss_term", "note", operation.place, "suspicious", names, "", "overwritten", rank=1.0
            )


def behind(story: Story, number: int) -> Operation | None:
    """The operation that made a tensor, seen through copies and changes of shape."""
    operation = story.producer.get(number)
    while operation is not None and operation.type in PASSING:
        operation = story.producer.get(operation.inputs[0])
    return operation


def activations(case: Case, flow: Flow, order: list[Operation]) -> Iterator[Suspect]:
    """Probabilities where logits are expected, or the other way round."""
    story = case.main
    for operation in order:
        if operation.type in ("SparseSoftmaxCrossEntropyWithLogits", "SoftmaxCrossEntropyWithLogits"):
            maker = behind(story, operation.inputs[0])
            if maker is not None and maker.type in ("Softmax", "Sigmoid"):
                yield twice(case, flow, operation, maker)
        elif operation.type == "Log1p":
            maker = logit_of(story, operation)
            if maker is not None and maker.type in ("Sigmoid", "Softmax"):
                yield twice(case, flow, operation, maker)
        elif operation.type == "Log":
            yield from logarithm(case, flow, operation)


def twice(case: Case, flow: Flow, operation: Operation, maker: Operation) -> Suspect:
    label = readable(maker.type)
    return Suspect("double_activation", "error", operation.place, "suspicious", trained(case, flow.call), label)


def logit_of(story: Story, operation: Operation) -> Operation | None:
    """In log1p(exp(-|x|)), which is how a cross-entropy from logits is computed: what made x."""
    inner = story.producer.get(operation.inputs[0])
    if inner is None or inner.type != "Exp":
        return None
    negated = story.producer.get(inner.inputs[0])
    if negated is None or negated.type not in ("SelectV2", "Select", "Neg"):
        return None
    for number in negated.inputs:
        maker = behind(story, number)
        if maker is not None and maker.type == "Abs":
            maker = behind(story, maker.inputs[0])
        if maker is not None and maker.type in ("Sigmoid", "Softmax"):
            return maker
    return None


def logarithm(case: Case, flow: Flow, operation: Operation) -> Iterator[Suspect]:
    """log(clip(p)): p should be a probability, and should be the prediction."""
    story = case.main
    clip = story.producer.get(operation.inputs[0])
    chain: list[int] = []
    while clip is not None and clip.type in ("ClipByValue", "Maximum", "Minimum", "AddV2", "RealDiv", *PASSING):
        chain += clip.inputs
        clip = story.producer.get(clip.inputs[0])
    names = trained(case, flow.call)
    if not any(
        story.producer[number].type in ("ClipByValue", "Maximum")
        for number in operation.inputs
        if number in story.producer
    ):
        return
    for number in chain:
        state = story.state.get(number)
        if state is None or story.shape(number) in ((), None):
            continue
        if learns(flow, number) and state[3] is not None and state[3] < -1e-3:
            yield Suspect("double_activation", "error", operation.place, "suspicious", names, "", "logits")
            return
        if (
            number in story.constants
            and state[1] == 1.0
            and state[3] == 0.0
            and state[2] >= 0.5
            and not learns(flow, operation.inputs[0])
        ):
            yield Suspect("swapped_variables", "note", operation.place, "suspicious", names)
            return


def complex_casts(case: Case, flow: Flow, order: list[Operation]) -> Iterator[Suspect]:
    story = case.main
    for operation in order:
        if operation.type != "Cast" or operation.clock not in flow.visited:
            continue
        before, after = (
            story.dtype(number).startswith("complex") for number in (*operation.inputs, *operation.outputs)
        )
        if before and not after:
            yield Suspect("complex_cast", "note", operation.place, "suspicious", trained(case, flow.call))


def wrong_shapes(case: Case, call: Event) -> Iterator[Suspect]:
    """A gradient whose shape is not its source's: only a custom gradient can do that."""
    story = case.main
    flow = case.flow(call)
    for (number, _), result in zip(call["sources"], call["results"], strict=False):
        shape = story.variables[number].shape if number in story.variables else story.shape(number)
        if call["what"] != "gradient" or result.get("sparse") or "shape" not in result or shape is None:
            continue
        if tuple(result["shape"]) != shape:
            whole = next((step for step in flow.path(number) or () if step.kind == "whole"), None)
            event = whole.event if whole is not None and whole.event else None
            place = event["gradient_place"] if event and event["gradient_place"] >= 0 else call["place"]
            yield Suspect("wrong_custom_gradient", "error", place, "shape", (story.name(number),), "", "shape")
