"""Loss scaling: the optimizer divides the gradients by its scale, so the loss has to be multiplied by it, once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from grader.doctor.case import Case
from grader.doctor.events import ScaledStep
from grader.doctor.rules.updates import trace_back
from grader.doctor.suspect import Suspect

DIVIDED = 0.2  # relative difference between two ratios that are the same: half precision rounds
PATIENCE = 12  # steps that are skipped while the scale is still being found

scaling = partial(Suspect, cause="mixed_precision_scaling", severity="error")


def find_wrong_scales(case: Case) -> Iterator[Suspect]:
    steps = case.main.of(ScaledStep)
    if not steps:
        return
    names = tuple(case.main.name(variable) for _, variable in steps[0].pairs)
    if not any(step.scaled for step in steps):
        evidence = f"{steps[0].scale:,g}"
        yield scaling(detail="unscaled", symptom="wrong", variables=names, evidence=evidence, place=steps[0].place)
        return
    divided = next((place for step in steps if (place := find_division(case, step)) is not None), None)
    if divided is not None:
        yield scaling(detail="twice", symptom="wrong", variables=names, place=divided)
    elif len(steps) >= PATIENCE and not any(step.finite for step in steps):
        yield scaling(
            detail="skipped", symptom="still", variables=names, evidence=f"{len(steps)}", place=steps[0].place
        )


def find_division(case: Case, step: ScaledStep) -> int | None:
    """Where the gradients of a step were divided by its scale already."""
    story = case.main
    outcomes = {one.tensor: one for call in case.calls for one in call.results or ()}
    for gradient, _ in step.pairs:
        if gradient is None or gradient in case.origins:
            continue
        before = [outcomes[number] for number in trace_back(case, gradient)]
        after = story.states.get(gradient)
        operation = story.producer.get(gradient)
        if len(before) != 1 or after is None or not after.largest or not before[0].largest or operation is None:
            continue
        ratio = before[0].largest / after.largest
        if abs(ratio - step.scale) <= DIVIDED * step.scale and operation.place >= 0:
            return operation.place
    return None
