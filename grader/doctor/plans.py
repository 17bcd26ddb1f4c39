"""Which runs of the same program would decide what the runs so far leave open.

The first run is the program as it is. If it compiles functions, a second one runs them line by line. If a value may
have travelled through Python, one more run nudges the variables that it may have come from: a constant that changes
with them is where it came back. Custom gradients are measured against their own forward pass in a run of their own.
"""

from __future__ import annotations

from grader.doctor.case import Case, Nudge, Plan
from grader.doctor.events import Call, Constant, Exit, Fit, FunctionRun, Whole
from grader.doctor.flow import Flow
from grader.doctor.rules.missing import find_absent, goes_through_a_copy
from grader.doctor.story import Story

NUDGE = 3e-3
MOST_NUDGED = 40


def plan_experiment(case: Case) -> Plan | None:
    """The most important run that is still missing; None when all has been tried."""
    if compiles(case.plain) and not any(plan.eager for plan, _ in case.runs):
        return Plan(eager=True)
    eager = case.main_plan.eager
    if case.measured is None and any(event.gradient_place >= 0 for event in case.main.of(Whole)):
        return Plan(eager=eager, custom_gradients=True)
    if case.nudged is None:
        nudges, steps = choose_nudges(case)
        if nudges:
            return Plan(eager=eager, nudge=nudges, steps=steps)
    return None


def compiles(story: Story) -> bool:
    """Some of the learner's code ran inside a compiled function."""
    ran = bool(story.of(FunctionRun)) or bool(story.of(Fit))
    return ran or any(target.kind == "symbolic" for call in story.of(Call) for target in call.targets)


def choose_nudges(case: Case) -> tuple[tuple[Nudge, ...], int]:
    """For the variables whose values may have come back as constants, and the optimizer steps that a run must take to
    show whether they do."""
    chosen: dict[int, Nudge] = {}
    steps = 0
    for flow in case.first_flows:
        call = flow.call
        lost = [call.sources[position].number for position in find_absent(case, call)]
        paths = [
            path for number in lost if (path := flow.path(number)) and not goes_through_a_copy(case.main, call, path)
        ]
        detours = any(step.kind == "python" for path in paths for step in path)
        if not detours and not has_detour(flow):
            continue
        steps = max(steps, call.steps + 1)
        for source in call.sources:
            variable = case.main.variables.get(source.number)
            if variable is not None and len(chosen) < MOST_NUDGED:
                write = count_writes_before(case.main, variable.id, call)
                chosen.setdefault(variable.id, Nudge(variable.ordinal, write, NUDGE))
    return tuple(chosen.values()), steps


def has_detour(flow: Flow) -> bool:
    """Values that depend on the sources left TensorFlow during this call's forward pass, and constants came in after
    them."""
    story = flow.story
    for begin, end in story.recorded(flow.tape):
        exits = [event for event in story.of(Exit) if begin < event.clock < end]
        first = next((event.clock for event in exits if flow.sources_behind(event.tensor)), None)
        if first is not None and any(first < event.clock < end for event in story.of(Constant)):
            return True
    return False


def count_writes_before(story: Story, variable: int, call: Call) -> int:
    """How often the variable had been written when the call's tape was first opened."""
    opened = next((begin for begin, _ in story.recorded(call.tape)), call.begin)
    return sum(writer.clock < opened for writer in story.writes_after_creation(variable))
