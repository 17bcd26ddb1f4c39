"""Losses that are computed without an error and do not say what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from grader.doctor.case import Case, pair_outcomes
from grader.doctor.events import NOWHERE, Call, Exit, Whole
from grader.doctor.flow import Flow
from grader.doctor.path import spell
from grader.doctor.story import Story
from grader.doctor.suspect import Suspect
from grader.doctor.trace import Operation

NEGATIVE = -1e-3  # a smaller value is no rounding of zero
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
CROSS_ENTROPIES = ("SparseSoftmaxCrossEntropyWithLogits", "SoftmaxCrossEntropyWithLogits")
PROBABILITIES = ("Sigmoid", "Softmax")
BOUNDING = ("ClipByValue", "Maximum", "Minimum", "AddV2", "RealDiv", *PASSING)  # between a probability and its log
REDUCING = ("MatMul", "Sum", "Mean", "BatchMatMulV2", "Reshape", "Squeeze")
ONE_NUMBER = ((), (1,), (1, 1), None)  # shapes


def find_accidental_broadcasts(case: Case) -> Iterator[Suspect]:
    """(B, 1) with (B,): a (B, B) table that is then averaged as a whole.

    On purpose one writes the second axis out, or reduces over one axis; here the ranks differ, both have the same
    length, one side is data, and nothing between here and the scalar loss tells rows from columns.
    """
    story = case.main
    for flow in case.first_flows:
        for operation in flow.ancestors:
            if operation.type not in PAIRING or flow.tape not in operation.tapes or len(operation.inputs) != 2:
                continue
            one, other = (story.shape(number) or () for number in operation.inputs)
            if not (is_accidental(one, other) or is_accidental(other, one)):
                continue
            column, vector = operation.inputs if len(one) == 2 else operation.inputs[::-1]
            depend = [bool(flow.sources_behind(number)) for number in (column, vector)]
            if depend[0] != depend[1] and is_reduced_as_a_whole(flow, operation):
                size = story.shape(vector)
                table = story.shape(operation.outputs[0])
                yield Suspect(
                    cause="broadcast",
                    severity="error",
                    symptom="suspicious",
                    variables=case.name_sources(flow.call),
                    operation=f"so {size[0] if size else 'B'} values become a table of {table}",
                    place=operation.place,
                )


def find_softmax_over_rows(case: Case) -> Iterator[Suspect]:
    """A softmax over the axis of the examples: what was transposed for it has as many rows as the data."""
    story = case.main
    for flow in case.first_flows:
        batches = {shape[0] for number in flow.data if (shape := story.shape(number)) and len(shape) > 1}
        for operation in flow.ancestors:
            turned = story.producer.get(operation.inputs[0]) if operation.type in ("Softmax", "LogSoftmax") else None
            if turned is None or turned.type != "Transpose" or operation.within is not None:
                continue
            before, after = story.shape(turned.inputs[0]), story.shape(turned.outputs[0])
            if not before or not after or len(before) != 2 or before[0] == before[1] or after[-1] != before[0]:
                continue
            if before[0] in batches and flow.has_data_behind(turned.inputs[0]):
                yield Suspect(
                    cause="wrong_reduction",
                    detail="rows",
                    severity="error",
                    symptom="suspicious",
                    variables=case.name_sources(flow.call),
                    operation=spell(operation.type),
                    place=operation.place,
                )


def is_accidental(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return len(one) == 2 and len(other) == 1 and one[1] == 1 and one[0] == other[0] > 1


def is_reduced_as_a_whole(flow: Flow, operation: Operation) -> bool:
    """From here to a scalar, only elementwise operations and reductions over everything."""
    story = flow.story
    followed = set(operation.outputs)
    scalar = False
    for user in flow.ancestors:
        if user.within is not None or not followed.intersection(user.inputs):
            continue
        if user.type in ("Mean", "Sum") and user.inputs[0] in followed:
            if story.shape(user.outputs[0]) != ():
                return False
            scalar = True
        elif user.type in ELEMENTWISE:
            followed.update(user.outputs)
        else:
            return False
    return scalar


def find_vector_targets(case: Case) -> Iterator[Suspect]:
    """A training gradient of something that is not one number."""
    for flow in case.first_flows:
        call = flow.call
        names = case.name_sources(call)
        if call.what != "gradient" or not names or not call.results:
            continue
        detail, place = "", call.place
        if call.weights:
            detail = "weights"
        elif len(call.targets) > 1:
            detail = "list"
        elif not flow.targets or case.main.shape(flow.targets[0]) in ONE_NUMBER:
            continue
        else:
            place = locate_vector(case, flow)
        yield Suspect(
            cause="vector_target_summed",
            detail=detail,
            severity="note",
            symptom="suspicious",
            variables=names,
            place=place,
            rank=1.0,
        )


def locate_vector(case: Case, flow: Flow) -> int:
    """Where the target was computed, if it was meant to become one number; or else the call."""
    producer = case.main.producer.get(flow.targets[0])
    applied = any(pair.variable in case.asked_for for update in case.updates for pair in update.pairs)
    if producer is not None and (applied or producer.type not in REDUCING):
        return producer.place
    return flow.call.place


def find_means_per_replica(case: Case) -> Iterator[Suspect]:
    """Several replicas train together: each divides by its own batch, and their gradients are added up."""
    story = case.plain
    for call in story.of(Call):
        if call.averaged >= 0:
            yield Suspect(
                cause="wrong_reduction",
                detail="replicas",
                severity="error",
                symptom="suspicious",
                variables=tuple(story.name(source.number) for source in call.sources if source.kind == "variable"),
                place=call.averaged,
                spot=story.spot(call.averaged),
            )
            return


def find_overwritten_losses(case: Case) -> Iterator[Suspect]:
    """The line of the target ran several times under this tape, and only its last result is used."""
    story = case.main
    exits = {event.tensor for event in story.of(Exit)}
    for flow in case.first_flows:
        if flow.call.what != "gradient":
            continue
        known = {operation.clock for operation in flow.ancestors}
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
                and flow.tape in other.tapes
                and other.within is None
                and not any(story.users.get(number) or number in exits for number in other.outputs)
            ]
            if twins and all(other.tracked for other in twins):
                yield Suspect(
                    cause="missing_loss_term",
                    detail="overwritten",
                    severity="note",
                    symptom="suspicious",
                    variables=case.name_sources(flow.call),
                    place=operation.place,
                    rank=1.0,
                )


def find_double_activations(case: Case) -> Iterator[Suspect]:
    """Probabilities where logits are expected."""
    story = case.main
    for flow in case.first_flows:
        for operation in flow.ancestors:
            maker = None
            if operation.type in CROSS_ENTROPIES:
                maker = story.maker(operation.inputs[0], PASSING)
            elif operation.type == "Log1p":
                maker = find_logit(story, operation)
            if maker is not None and maker.type in PROBABILITIES:
                yield Suspect(
                    cause="double_activation",
                    severity="error",
                    symptom="suspicious",
                    variables=case.name_sources(flow.call),
                    operation=spell(maker.type),
                    place=operation.place,
                )


def find_logit(story: Story, operation: Operation) -> Operation | None:
    """In log1p(exp(-|x|)), which is how a cross-entropy from logits is computed: what made x."""
    inner = story.producer.get(operation.inputs[0])
    negated = story.producer.get(inner.inputs[0]) if inner is not None and inner.type == "Exp" else None
    if negated is None or negated.type not in ("SelectV2", "Select", "Neg"):
        return None
    for number in negated.inputs:
        maker = story.maker(number, (*PASSING, "Abs"))
        if maker is not None and maker.type in PROBABILITIES:
            return maker
    return None


def find_wrong_logarithms(case: Case) -> Iterator[Suspect]:
    """log(clip(p)): p should be a probability, and should be the prediction."""
    for flow in case.first_flows:
        for operation in flow.ancestors:
            if operation.type == "Log" and is_bounded(flow.story, operation):
                yield from suspect_logarithm(case, flow, operation)


def is_bounded(story: Story, logarithm: Operation) -> bool:
    makers = [story.producer[number] for number in logarithm.inputs if number in story.producer]
    return any(maker.type in ("ClipByValue", "Maximum") for maker in makers)


def suspect_logarithm(case: Case, flow: Flow, operation: Operation) -> Iterator[Suspect]:
    story = case.main
    log = partial(Suspect, symptom="suspicious", variables=case.name_sources(flow.call), place=operation.place)
    chain = story.upstream(operation.inputs[:1], lambda one: one.inputs[:1] if one.type in BOUNDING else ())
    bounds = [maker for _, maker in chain if maker is not None and maker.type in BOUNDING]
    for number in (taken for maker in bounds for taken in maker.inputs):
        state = story.states.get(number)
        if state is None or story.shape(number) in ((), None):
            continue
        if flow.reaches(number) and state.smallest is not None and state.smallest < NEGATIVE:
            yield log(cause="double_activation", detail="logits", severity="error")
            return
        labels = state.largest == 1.0 and state.smallest == 0.0 and state.zeros >= 0.5
        if number in story.constants and labels and not flow.reaches(operation.inputs[0]):
            yield log(cause="swapped_variables", severity="note")
            return


def find_complex_casts(case: Case) -> Iterator[Suspect]:
    """A cast from complex to real on the gradient's path."""
    story = case.main
    for flow in case.first_flows:
        for operation in flow.ancestors:
            if operation.type != "Cast" or operation.clock not in flow.retraced.visited:
                continue
            before, after = story.dtype(operation.inputs[0]), story.dtype(operation.outputs[0])
            if before.startswith("complex") and not after.startswith("complex"):
                yield Suspect(
                    cause="complex_cast",
                    severity="error",
                    symptom="suspicious",
                    variables=case.name_sources(flow.call),
                    place=operation.place,
                )


def find_wrong_shapes(case: Case) -> Iterator[Suspect]:
    """A gradient whose shape is not its source's: only a custom gradient can do that."""
    story = case.main
    for flow in case.first_flows:
        call = flow.call
        for number, outcome in pair_outcomes(call):
            if number not in story.variables and story.is_resource(number):
                continue
            shape = story.variables[number].shape if number in story.variables else story.shape(number)
            if call.what != "gradient" or outcome.sparse or None in (outcome.shape, shape) or outcome.shape == shape:
                continue
            wholes = (step.event for step in flow.path(number) or () if isinstance(step.event, Whole))
            written = next((event.gradient_place for event in wholes), NOWHERE)
            yield Suspect(
                cause="wrong_custom_gradient",
                detail="shape",
                severity="error",
                symptom="shape",
                variables=(story.name(number),),
                place=written if written >= 0 else call.place,
            )
