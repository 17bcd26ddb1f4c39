"""A gradient is NaN or infinite: the operation where the first such number was born, on the way forward or back."""

from __future__ import annotations

from collections.abc import Iterator

from grader.doctor.case import Case, Suspect
from grader.doctor.flow import Flow
from grader.doctor.path import readable
from grader.doctor.trace import Event, Operation, Story

DEPTH = 12  # operations between a mask and what becomes of it
HUGE = 1e15  # a weight of this size has been thrown there by an update
SELECTING = ("Select", "SelectV2")


def suspects(case: Case) -> Iterator[Suspect]:
    for calls in case.sites.values():
        call = next((call for call in calls if any(result.get("nonfinite") for result in call["results"])), None)
        if call is None or scaled(case):
            continue
        names = tuple(
            case.main.name(source[0])
            for source, result in zip(call["sources"], call["results"], strict=False)
            if result.get("nonfinite")
        )
        found = born(case, call)
        if found is not None:
            cause, place, label, detail = found
            yield Suspect(cause, "error", place, "nonfinite", names, label, detail)
            return  # what follows is a consequence of the first


def scaled(case: Case) -> bool:
    """A loss-scaling optimizer tries scales until one overflows: its infinities are wanted."""
    return any(row["type"] == "LossScaleOptimizer" for row in case.main.optimizers)


Birth = tuple[str, int, str, str]


def born(case: Case, call: Event) -> Birth | None:
    flow, story = case.flow(call), case.main
    order = ancestors(flow)
    first = next((one for one in order if nan(story, one.outputs) and not nan(story, one.inputs)), None)
    mask = None if first is None else masking(story, first, depth=DEPTH)
    if mask is not None:
        return "inf_mask", mask.place, readable(mask.type), ""
    for operation in order:
        if bad(story, operation.outputs) and not bad(story, operation.inputs):
            return forward(case, flow, call, operation)
    for event in flow.backward:
        came = [state for state in event.get("came_states") or () if state]
        went = [state for state in event.get("states") or () if state]
        if came and all(state[0] for state in came) and not all(state[0] for state in went):
            clock = next((clock for clock, visit in flow.visited.items() if visit is event), None)
            culprit = next((one for one in order if one.clock == clock), None)
            mask = None if culprit is None else masking(story, culprit, depth=DEPTH)
            if mask is not None:
                return "inf_mask", mask.place, readable(mask.type), ""
            if culprit is not None:
                return "singular_point", culprit.place, readable(culprit.type), ""
    return None


def ancestors(flow: Flow, inside: bool = True) -> list[Operation]:
    """The operations that the target was computed with, in the order in which they ran; `inside` says whether those
    inside a custom gradient count, which the tape does not see."""
    found: dict[int, Operation] = {}
    queue = list(flow.targets)
    while queue:
        number = queue.pop()
        if not inside and number in flow.story.wholes:
            queue += flow.story.wholes[number]["inputs"]
            continue
        operation = flow.story.producer.get(number)
        if operation is not None and operation.clock not in found:
            found[operation.clock] = operation
            queue += operation.inputs
    return [found[clock] for clock in sorted(found)]


def bad(story: Story, numbers: tuple[int, ...]) -> bool:
    return any(number in story.state and not story.state[number][0] for number in numbers)


def nan(story: Story, numbers: tuple[int, ...]) -> bool:
    return any((story.state.get(number) or [])[4:] == [True] for number in numbers)


def infinite(story: Story, number: int) -> bool:
    return (story.state.get(number) or [])[4:] == [False]


def masking(story: Story, operation: Operation, depth: int) -> Operation | None:
    """The operation at which an infinity that depends on no variable met the values that do, on the way to here."""
    for number in operation.inputs if depth else ():
        if infinite(story, number):
            maker = story.producer.get(number)
            if maker is None or not maker.tracked:
                return operation
            found = masking(story, maker, depth - 1)
            if found is not None:
                return found
    return None


def forward(case: Case, flow: Flow, call: Event, operation: Operation) -> Birth:
    story = case.main
    if thrown(story, operation, depth=8):
        update = last_update(case, call)
        if update is not None:
            return "optimizer_misuse", update, "", "diverged"
    label = readable(operation.type)
    if not bad(story, tuple(flow.targets)) and any(
        later.type in SELECTING and not bad(story, later.outputs)
        for output in operation.outputs
        for later in case.descendants(output)
    ):
        return "nan_branch", operation.place, label, ""
    overflow = operation.type in ("Exp", "Pow", "Square", "Cosh", "Sinh", "Mul", "MatMul")
    return "singular_point", operation.place, label, "overflow" if overflow else ""


def thrown(story: Story, operation: Operation, depth: int) -> bool:
    """A variable of enormous size is among what the operation was computed from."""
    if story.is_read(operation):
        return any(
            (story.state.get(number) or [True, 0.0])[1] is None
            or ((story.state.get(number) or [True, 0.0])[1] or 0.0) > HUGE
            for number in operation.outputs
        )
    if depth == 0:
        return False
    makers = [story.producer[number] for number in operation.inputs if number in story.producer]
    return any(thrown(story, maker, depth - 1) for maker in makers)


def last_update(case: Case, call: Event) -> int | None:
    sources = {number for number, _ in call["sources"]}
    writes = [
        writer
        for number in sources
        for writer in case.main.writers.get(number, ())
        if writer.clock < call["begin"] and writer.place >= 0
    ]
    return max(writes, key=lambda writer: writer.clock).place if writes else None
