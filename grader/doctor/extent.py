"""How much of a program was examined, and how that is said."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import NonNegativeInt

from grader.doctor.trace import Trace
from grader.words import plural


@dataclass(frozen=True, slots=True)
class Examined:
    """How much there was to look at."""

    gradient_calls: NonNegativeInt = 0  # places in the code that ask for gradients
    variables: NonNegativeInt = 0  # for which gradients are asked, or else those that could be trained
    steps: NonNegativeInt = 0

    @property
    def anything(self) -> bool:
        return bool(self.gradient_calls or self.steps)


def count(trace: Trace | None, counted: Examined) -> Examined:
    """What the trace knows was there, and what another counted of what happened inside `model.fit`."""
    if trace is None:
        return counted
    trainable = sum(variable.trainable for variable in trace.variables)
    return Examined(
        max(len(trace.calls), counted.gradient_calls), counted.variables or trainable, counted.steps or trace.steps
    )


def extent(examined: Examined) -> str:
    """'12 variables, 3 places that ask for gradients, 20 optimizer steps'."""
    places = "place that asks" if examined.gradient_calls == 1 else "places that ask"
    steps = plural(examined.steps, "optimizer step") if examined.steps else "no optimizer step"
    return f"{plural(examined.variables, 'variable')}, {examined.gradient_calls:,} {places} for gradients, {steps}"
