"""Between gradient and variable: gradients that are dropped, swapped, changed, or applied without effect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from grader.doctor.case import Case, Suspect
from grader.doctor.trace import Event, Operation, Story

REPEATED = 3  # how often the same thing has to happen before it is no accident


def suspects(case: Case) -> Iterator[Suspect]:
    for rule in RULES:
        yield from rule(case)


def never_applied(case: Case) -> Iterator[Suspect]:
    """Gradients of variables, computed again and again, that nothing used, while the variables stay as they are."""
    story = case.main
    for calls in case.sites.values():
        if case.times(calls[0]) < (1 if story.of("fit") else 2) or len(case.sites) > 1:
            continue
        variables = [story.variables.get(number) for number, kind in calls[0]["sources"] if kind == "variable"]
        if not variables or any(variable is None or variable.moved for variable in variables):
            continue
        if all(result["none"] for call in calls for result in call["results"]) or case.steps():
            continue
        idle = story.optimizers and not any(row["steps"] for row in story.optimizers)
        if idle and not any(used(case, call) for call in calls):
            names = tuple(story.name(variable.id) for variable in variables if variable)
            yield Suspect("optimizer_misuse", "error", calls[0]["place"], "still", names, "", "unused")


def used(case: Case, call: Event) -> bool:
    """Some gradient of the call was looked at, or written somewhere."""
    story = case.main
    exits = {event["tensor"] for event in story.of("exit") if event["clock"] > call["clock"]}
    for result in call["results"]:
        number = result.get("tensor")
        if number is None:
            continue
        followed = case.descendants(number)
        if number in exits or any(output in exits for operation in followed for output in operation.outputs):
            return True
        if any(not operation.outputs or operation.type.startswith(("Assign", "Resource")) for operation in followed):
            return True
    return False


def origins(case: Case) -> dict[int, tuple[int, Event]]:
    """Gradient tensor -> the source that it belongs to, and its call."""
    return {
        result["tensor"]: (source[0], call)
        for call in case.calls
        for source, result in zip(call["sources"], call["results"], strict=False)
        if result.get("tensor") is not None
    }


def traced_back(story: Story, tensor: int, known: dict[int, tuple[int, Event]], depth: int = 8) -> set[int]:
    """The gradients that a tensor was computed from, elementwise: [] through norms and other whole numbers."""
    if tensor in known:
        return {tensor}
    operation = story.producer.get(tensor)
    if operation is None or depth == 0:
        return set()
    shape = story.shape(tensor)
    same = [number for number in operation.inputs if story.shape(number) == shape and shape]
    return set().union(*(traced_back(story, number, known, depth - 1) for number in same)) if same else set()


def pairs(case: Case) -> Iterator[tuple[Event, int, int, set[int]]]:
    """(step, gradient handed over, variable, the gradients of calls that it came from)."""
    known = origins(case)
    for step in case.steps():
        for gradient, variable, missing, _ in step["pairs"]:
            if gradient is not None and not missing:
                yield step, gradient, variable, traced_back(case.main, gradient, known)


def misaligned(case: Case) -> Iterator[Suspect]:
    known = origins(case)
    for step, _, variable, came in pairs(case):
        wanted = {known[number][0] for number in came}
        together = {number for one in came for number, _ in known[one][1]["sources"]}
        if wanted and variable not in wanted and variable in together:
            yield Suspect("grads_misaligned", "error", step["place"], "wrong", (case.main.name(variable),))


def twice(case: Case) -> Iterator[Suspect]:
    for step in case.steps():
        seen: set[int] = set()
        for gradient, variable, *_ in step["pairs"]:
            if variable in seen and gradient is not None:
                name = case.main.name(variable)
                yield Suspect("optimizer_misuse", "error", step["place"], "suspicious", (name,), "", "twice")
            seen.add(variable)


def changed_on_the_way(case: Case) -> Iterator[Suspect]:
    """The optimizer got zeros, or only one sign, where the tape gave something else."""
    story, known = case.main, origins(case)
    outcome = {
        result["tensor"]: result
        for call in case.calls
        for result in call["results"]
        if result.get("tensor") is not None
    }
    states = {gradient: state for step in case.steps() for gradient, _, _, state in step["pairs"]}
    verdicts: dict[tuple[int, str], list[str]] = defaultdict(list)
    total: dict[int, int] = defaultdict(int)
    for _, gradient, variable, came in pairs(case):
        operation = story.producer.get(gradient)
        if gradient in known or operation is None or operation.place < 0:
            continue
        total[operation.place] += 1
        state = states.get(gradient)
        before = [outcome[number] for number in came] or fed(operation, outcome)
        if not before or state is None:
            continue
        if state[2] == 1.0 and all(not result.get("zero") for result in before):
            verdicts[operation.place, "zeroed"].append(story.name(variable))
        elif state[3] is not None and state[3] >= 0.0 and one_sided(operation, before):
            verdicts[operation.place, "clipped"].append(story.name(variable))
    for (place, detail), names in verdicts.items():
        if len(names) == total[place]:
            yield Suspect("optimizer_misuse", "error", place, "wrong", tuple(dict.fromkeys(names)), "", detail)


def fed(operation: Operation, outcome: dict[int, Event]) -> list[Event]:
    return [outcome[number] for number in operation.inputs if number in outcome]


def one_sided(operation: Operation, before: list[Event]) -> bool:
    """A bound at zero was applied to gradients that were negative in part."""
    if operation.type not in ("Maximum", "ClipByValue", "Relu"):
        return False
    return all(result.get("negative") for result in before)


def no_rate(case: Case) -> Iterator[Suspect]:
    """Every step of an optimizer had a learning rate of exactly zero."""
    for number, row in enumerate(case.main.optimizers):
        if row["steps"] and row.get("largest_rate") == 0.0 and None not in row["rates"]:
            steps = [step for step in case.steps() if step["optimizer"] == number]
            if steps:
                names = tuple(case.main.name(variable) for _, variable, *_ in steps[0]["pairs"])
                place = row["place"] if row["place"] >= 0 else steps[0]["place"]
                yield Suspect("optimizer_misuse", "error", place, "still", names, "", "rate")


def stale(case: Case) -> Iterator[Suspect]:
    """One gradient moved its variable several times, while tapes recorded the loss anew and nobody asked them."""
    story = case.main
    asked = {call["tape"] for call in story.of("call")}
    opened = [event["clock"] for event in story.of("open") if event["tape"] not in asked]
    for tensor, (source, call) in origins(case).items():
        if case.times(call) > 1:
            continue
        followed = sorted(case.descendants(tensor, 60), key=lambda operation: operation.clock)
        moves = [
            operation
            for operation in followed
            if operation.inputs and operation.inputs[0] == source and operation.type.startswith("Assign")
        ]
        places = {operation.place for operation in moves}
        if len(moves) >= 2 and len(places) == 1 and any(moves[0].clock < clock < moves[-1].clock for clock in opened):
            yield Suspect("optimizer_misuse", "error", moves[0].place, "wrong", (story.name(source),), "", "stale")


def made_anew(case: Case) -> Iterator[Suspect]:
    """A variable made at the same line again and again, updated once, and left behind."""
    story = case.main
    by_place: dict[int, list[int]] = defaultdict(list)
    for variable in story.variables.values():
        if variable.id in case.sourced and variable.place >= 0 and not variable.layers:
            by_place[variable.place].append(variable.id)
    for place, handles in by_place.items():
        if len(handles) < REPEATED:
            continue
        calls = {call["place"] for call in case.calls for number, _ in call["sources"] if number in handles}
        abandoned = [handle for handle in handles if updated_and_left(story, handle)]
        if len(calls) == 1 and len(abandoned) == len(handles):
            yield Suspect("replaced_variable", "error", place, "still", (story.name(handles[0]),), "", "anew")


def updated_and_left(story: Story, handle: int) -> bool:
    variable = story.variables[handle]
    writes = [writer.clock for writer in story.writers.get(handle, ()) if writer.clock > variable.clock]
    reads = [read.clock for read in story.reads(handle)]
    return bool(writes) and max(writes) > max(reads, default=0)


def new_optimizers(case: Case) -> Iterator[Suspect]:
    """An optimizer with a memory, made at the same line for each single step of the same variables."""
    story = case.main
    by_place: dict[int, list[int]] = defaultdict(list)
    for number, row in enumerate(story.optimizers):
        if row["steps"] == 1 and row["type"] != "SGD" and row["place"] >= 0:
            by_place[row["place"]].append(number)
    for place, numbers in by_place.items():
        steps = [step for step in case.steps() if step["optimizer"] in numbers]
        variables = {tuple(variable for _, variable, *_ in step["pairs"]) for step in steps}
        if len(numbers) >= REPEATED and len(variables) == 1:
            names = tuple(story.name(variable) for variable in variables.pop())
            yield Suspect("optimizer_misuse", "note", place, "suspicious", names, "", "anew")


def kept(case: Case) -> Iterator[Suspect]:
    """A sum of gradients that moved its variable several times and was never set back."""
    story = case.main
    known = origins(case)
    for handle, variable in story.variables.items():
        writes = [writer for writer in story.writers.get(handle, ()) if writer.clock > variable.clock]
        by_hand = all(
            "keras" not in via or "variables.py" in via for via in (story.via(writer.place) for writer in writes)
        )
        if handle in case.sourced or not writes or not by_hand:
            continue
        if any(writer.type != "AssignAddVariableOp" for writer in writes):
            continue
        sums = [writer for writer in writes if any(traced_back(story, number, known) for number in writer.inputs[1:])]
        moves = sorted(
            operation.clock
            for read in story.reads(handle)
            for output in read.outputs
            for operation in case.descendants(output, 40)
            if operation.type.startswith("Assign") and operation.inputs[0] in case.sourced
        )
        if sums and len(moves) >= 2 and any(moves[0] < writer.clock < moves[-1] for writer in writes):
            place = sums[0].place
            yield Suspect(
                "optimizer_misuse", "note", place, "suspicious", (story.name(variable.id),), "", "accumulated"
            )


def copied_onto_itself(case: Case) -> Iterator[Suspect]:
    """A variable is assigned what was read from it: two names, where a copy was meant to have variables of its own."""
    story = case.main
    for variable in story.variables.values():
        for writer in story.writers.get(variable.id, ()):
            maker = story.producer.get(writer.inputs[1]) if len(writer.inputs) == 2 else None
            while maker is not None and maker.type == "Identity":
                maker = story.producer.get(maker.inputs[0])
            if maker is not None and story.is_read(maker) and maker.inputs[0] == variable.id and writer.place >= 0:
                name = story.name(variable.id)
                yield Suspect("aliased_model", "note", writer.place, "suspicious", (name,), "", rank=1.0)
                return


RULES = (
    never_applied,
    misaligned,
    twice,
    changed_on_the_way,
    no_rate,
    stale,
    made_anew,
    new_optimizers,
    kept,
    copied_onto_itself,
)
