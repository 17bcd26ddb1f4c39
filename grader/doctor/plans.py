"""Which runs of the same program would decide what the runs so far leave open.

The first run is the program as it is. If it compiles functions, a second one runs them line by line. If a value may
have travelled through Python, one more run nudges the variables that it may have come from: a constant that changes
with them is where it came back. Custom gradients are measured against their own forward pass in a run of their own.
"""

from __future__ import annotations

from typing import Any

from grader.doctor.case import Case, experimental
from grader.doctor.rules.missing import absent
from grader.doctor.trace import Event, Story

NUDGE = 3e-3
MOST_NUDGED = 40

Plan = dict[str, Any]


def wanted(stories: list[Story]) -> list[Plan]:
    """The plans of the runs that are still missing, the most important first; [] when all has been tried."""
    plain = stories[0]
    if compiled(plain) and not any(story.plan.get("eager") for story in stories):
        return [{"eager": True}]
    case = Case(stories)
    basis = {"eager": True} if case.main.plan.get("eager") else {}
    plans: list[Plan] = []
    if not any(story.plan.get("custom_gradients") for story in stories) and any(
        event["gradient_place"] >= 0 for event in case.main.of("whole")
    ):
        plans.append({**basis, "custom_gradients": True})
    if case.nudged is None:
        nudges, steps = doubtful(case)
        if nudges:
            plans.append({**basis, "nudge": nudges, "steps": steps})
    return plans


def compiled(story: Story) -> bool:
    """Some of the learner's code ran inside a compiled function."""
    if story.of("function") or story.of("fit"):
        return True
    return any(kind == "symbolic" for call in story.of("call") for _, kind in call["targets"])


def doubtful(case: Case) -> tuple[list[list[float]], int]:
    """[variable, write, size] of the variables whose values may have come back as constants, and the optimizer steps
    that a run must take to show whether they do."""
    chosen: dict[int, list[float]] = {}
    steps = 0
    for calls in case.sites.values():
        call = calls[0]
        flow = case.flow(call)
        lost = [call["sources"][position][0] for position in absent(case, call)]
        detours = any(step.kind == "python" for number in lost for step in flow.path(number) or ())
        if not detours and not partial(case, call):
            continue
        steps = max(steps, call["steps"] + 1)
        for number, _ in call["sources"]:
            variable = case.main.variables.get(number)
            if variable is not None and len(chosen) < MOST_NUDGED:
                chosen.setdefault(number, [variable.ordinal, writes_before(case.main, number, call), NUDGE])
    return list(chosen.values()), steps


def partial(case: Case, call: Event) -> bool:
    """Values left TensorFlow during this call's forward pass, and constants came in after them."""
    story = case.main
    for begin, end in story.open_intervals(call["tape"]):
        exits = [event["clock"] for event in story.of("exit") if begin < event["clock"] < end]
        if exits and any(exits[0] < event["clock"] < end for event in story.of("constant")):
            return True
    return False


def writes_before(story: Story, number: int, call: Event) -> int:
    """How often the variable had been written when the call's tape was first opened."""
    opened = next((begin for begin, _ in story.open_intervals(call["tape"])), call["begin"])
    variable = story.variables[number]
    return sum(variable.clock < writer.clock < opened for writer in story.writers.get(number, ()))


__all__ = ["Plan", "experimental", "wanted"]
