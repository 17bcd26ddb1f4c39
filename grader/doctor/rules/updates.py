"""Between gradient and variable: gradients that are dropped, swapped, changed, or applied without effect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise

from grader.doctor.case import Case, pair_outcomes
from grader.doctor.events import Call, Exit, Fit, Outcome, TapeOpened, Update
from grader.doctor.story import Story, is_read, is_write
from grader.doctor.suspect import Suspect
from grader.doctor.trace import Operation

REPEATED = 3  # how often the same thing has to happen before it is no accident
TRACED_BACK = 8  # operations between a gradient and what the optimizer is given
FOLLOWED, FOLLOWED_FROM_READ = 60, 40  # operations after a gradient, and after an accumulator was read
BOUNDS = ("Maximum", "ClipByValue", "Relu")

misuse = partial(Suspect, cause="optimizer_misuse", severity="error")


def find_unapplied_gradients(case: Case) -> Iterator[Suspect]:
    """Gradients of variables, computed again and again, that nothing used, while the variables stay as they are."""
    story = case.main
    calls = case.sites[0] if len(case.sites) == 1 else []
    if not calls or case.count_calls(calls[0]) < (1 if story.of(Fit) else 2) or case.updates:
        return
    known = [story.variables.get(source.number) for source in calls[0].sources if source.kind == "variable"]
    variables = [variable for variable in known if variable is not None and not variable.moved]
    if not variables or len(variables) < len(known):
        return
    if all(outcome.none for call in calls for outcome in call.results or ()):
        return
    idle = story.optimizers and not any(optimizer.steps for optimizer in story.optimizers)
    if idle and not any(is_used(case, call) for call in calls):
        names = tuple(story.name(variable.id) for variable in variables)
        yield misuse(detail="unused", symptom="still", variables=names, place=calls[0].place)


def find_updates_of_copies(case: Case) -> Iterator[Suspect]:
    """What a gradient step would make of a variable is computed again and again, and the variable never gets it."""
    story = case.main
    for calls in case.sites:
        if case.count_calls(calls[0]) < REPEATED or any(outcome.none for outcome in calls[0].results or ()):
            continue
        sources = [source.number for source in calls[0].sources if source.number in story.variables]
        if not sources or any(
            story.variables[number].moved or story.writes_after_creation(number) for number in sources
        ):
            continue
        updates = [one for call in calls if (one := find_unused_update(story, call)) is not None]
        place = updates[0].place if updates else locate_numpy_update(story, calls)
        if place is not None:
            names = tuple(story.name(number) for number in sources)
            yield misuse(detail="copy", symptom="still", variables=names, place=place)


def find_unused_update(story: Story, call: Call) -> Operation | None:
    """A variable's value minus its gradient, or plus it, of which nobody takes the result any further."""
    for source, outcome in pair_outcomes(call):
        if outcome.tensor is None or outcome.zero:
            continue
        for operation in story.descendants(outcome.tensor, FOLLOWED_FROM_READ):
            if operation.type not in ("Sub", "AddV2") or operation.within is not None or operation.clock < call.clock:
                continue
            makers = [story.maker(number, ("Identity",)) for number in operation.inputs]
            of_source = any(one is not None and is_read(one) and one.inputs[0] == source for one in makers)
            if of_source and not any(story.users.get(number) for number in operation.outputs):
                return operation
    return None


def locate_numpy_update(story: Story, calls: list[Call]) -> int | None:
    """Between two gradient calls both the gradients and the variables' own values leave for NumPy, each time."""
    place = None
    for call, following in pairwise(calls):
        exits = [event for event in story.of(Exit) if call.clock < event.clock < following.begin]
        gradients = {outcome.tensor: outcome for outcome in call.results or ()}
        taken = [event for event in exits if event.tensor in gradients]
        makers = [story.maker(event.tensor, ("Identity",)) for event in exits]
        read = {one.inputs[0] for one in makers if one is not None and is_read(one)}
        if len(taken) < len(call.sources) or not {source.number for source in call.sources} <= read:
            return None
        place = taken[0].place
    return place


def is_used(case: Case, call: Call) -> bool:
    """Some gradient of the call was looked at, or written somewhere."""
    story = case.main
    exits = {event.tensor for event in story.of(Exit) if event.clock > call.clock}
    for outcome in call.results or ():
        if outcome.tensor is None:
            continue
        followed = story.descendants(outcome.tensor)
        results = {output for operation in followed for output in operation.outputs}
        if exits.intersection(results | {outcome.tensor}) or any(is_write(operation) for operation in followed):
            return True
    return False


def trace_back(case: Case, tensor: int) -> set[int]:
    """The gradients that a tensor was computed from elementwise: none through norms and other single numbers."""
    story, known = case.main, case.origins

    def follow(operation: Operation) -> list[int]:
        shape = story.shape(operation.outputs[0])
        if not shape or any(number in known for number in operation.outputs):
            return []
        return [number for number in operation.inputs if story.shape(number) == shape]

    return {number for number, _ in story.upstream([tensor], follow, TRACED_BACK) if number in known}


def list_applied(case: Case) -> Iterator[tuple[Update, int, int, set[int]]]:
    """(update, gradient handed over, variable, the gradients of calls that it came from)."""
    for update in case.updates:
        for pair in update.pairs:
            if pair.gradient is not None and not pair.missing:
                yield update, pair.gradient, pair.variable, trace_back(case, pair.gradient)


def find_misaligned_gradients(case: Case) -> Iterator[Suspect]:
    """The gradient of one variable updates another of the same call."""
    for update, _, variable, came in list_applied(case):
        if is_meant_for_another(case, variable, came):
            yield suspect_misaligned(case.main.name(variable), update.place)


def find_gradients_misaligned_by_hand(case: Case) -> Iterator[Suspect]:
    """The same, where the program itself adds the gradient to a variable."""
    story = case.main
    for variable in case.asked_for & story.variables.keys():
        for writer in story.writes_after_creation(variable):
            if "keras" in story.via(writer.place) and "variables.py" not in story.via(writer.place):
                continue
            came = {number for taken in writer.inputs[1:] for number in trace_back(case, taken)}
            if is_meant_for_another(case, variable, came):
                yield suspect_misaligned(story.name(variable), writer.place)
                break


def is_meant_for_another(case: Case, variable: int, came: Iterable[int]) -> bool:
    """None of these results of gradient calls is for the variable, though one of the calls asked for its gradient."""
    origins = [case.origins[number] for number in came]
    together = {source.number for _, call in origins for source in call.sources}
    return bool(origins) and variable not in {source for source, _ in origins} and variable in together


def suspect_misaligned(name: str, place: int) -> Suspect:
    return Suspect(cause="grads_misaligned", severity="error", symptom="wrong", variables=(name,), place=place)


def find_repeated_variables(case: Case) -> Iterator[Suspect]:
    """A variable that stands twice in one update."""
    for update in case.updates:
        seen: set[int] = set()
        for pair in update.pairs:
            if pair.variable in seen and pair.gradient is not None:
                name = case.main.name(pair.variable)
                yield misuse(detail="twice", symptom="suspicious", variables=(name,), place=update.place)
            seen.add(pair.variable)


def find_changed_gradients(case: Case) -> Iterator[Suspect]:
    """The optimizer got zeros, or only one sign, where the tape gave something else."""
    story, known = case.main, case.origins
    outcomes = {one.tensor: one for call in case.calls for one in call.results or () if one.tensor is not None}
    states = {pair.gradient: pair.state for update in case.updates for pair in update.pairs}
    changed: dict[tuple[int, str], list[str]] = defaultdict(list)
    total: dict[int, int] = defaultdict(int)
    for _, gradient, variable, came in list_applied(case):
        operation = story.producer.get(gradient)
        if gradient in known or operation is None or operation.place < 0:
            continue
        total[operation.place] += 1
        state = states.get(gradient)
        before = [outcomes[number] for number in came or operation.inputs if number in outcomes]
        if not before or state is None:
            continue
        if state.zeros == 1.0 and not any(outcome.zero for outcome in before):
            changed[operation.place, "zeroed"].append(story.name(variable))
        elif state.smallest is not None and state.smallest >= 0.0 and is_cut_at_zero(operation, before):
            changed[operation.place, "clipped"].append(story.name(variable))
    for (place, detail), names in changed.items():
        if len(names) == total[place]:
            yield misuse(detail=detail, symptom="wrong", variables=tuple(dict.fromkeys(names)), place=place)


def is_cut_at_zero(operation: Operation, before: list[Outcome]) -> bool:
    """A bound at zero was applied to gradients that were negative in part."""
    return operation.type in BOUNDS and all(outcome.negative for outcome in before)


def find_zero_rates(case: Case) -> Iterator[Suspect]:
    """Every step of an optimizer had a learning rate of exactly zero."""
    for number, optimizer in enumerate(case.main.optimizers):
        update = next((update for update in case.updates if update.optimizer == number), None)
        zero = optimizer.largest_rate == 0.0 and None not in optimizer.rates
        if update is not None and optimizer.steps and zero:
            names = tuple(case.main.name(pair.variable) for pair in update.pairs)
            place = optimizer.place if optimizer.place >= 0 else update.place
            yield misuse(detail="rate", symptom="still", variables=names, place=place)


def find_stale_gradients(case: Case) -> Iterator[Suspect]:
    """One gradient moved its variable several times, while tapes recorded the loss anew and nobody asked them."""
    story = case.main
    asked = {call.tape for call in story.of(Call)}
    opened = [event.clock for event in story.of(TapeOpened) if event.tape not in asked]
    for tensor, (source, call) in case.origins.items():
        if case.count_calls(call) > 1:
            continue
        followed = sorted(story.descendants(tensor, FOLLOWED), key=lambda operation: operation.clock)
        moves = [one for one in followed if one.type.startswith("Assign") and one.inputs[:1] == (source,)]
        places = {operation.place for operation in moves}
        if len(moves) >= 2 and len(places) == 1 and any(moves[0].clock < clock < moves[-1].clock for clock in opened):
            yield misuse(detail="stale", symptom="wrong", variables=(story.name(source),), place=moves[0].place)


def find_remade_variables(case: Case) -> Iterator[Suspect]:
    """A variable made at the same line again and again, updated once, and left behind."""
    story = case.main
    by_place: dict[int, list[int]] = defaultdict(list)
    for variable in story.variables.values():
        made = variable.id in case.asked_for and variable.clock > 0
        if made and variable.place >= 0 and not variable.layers:
            by_place[variable.place].append(variable.id)
    for place, handles in by_place.items():
        calls = {call.place for call in case.calls for source in call.sources if source.number in handles}
        abandoned = all(is_updated_and_left(story, handle) for handle in handles)
        if len(handles) >= REPEATED and len(calls) == 1 and abandoned:
            yield Suspect(
                cause="replaced_variable",
                detail="anew",
                severity="error",
                symptom="still",
                variables=(story.name(handles[0]),),
                place=place,
            )


def is_updated_and_left(story: Story, variable: int) -> bool:
    written = max((writer.clock for writer in story.writes_after_creation(variable)), default=0)
    return written > max((read.clock for read in story.reads(variable)), default=0)


def find_remade_optimizers(case: Case) -> Iterator[Suspect]:
    """An optimizer with a memory, made at the same line for each single step of the same variables."""
    by_place: dict[int, list[int]] = defaultdict(list)
    for number, optimizer in enumerate(case.main.optimizers):
        if optimizer.steps == 1 and optimizer.type != "SGD" and optimizer.place >= 0:
            by_place[optimizer.place].append(number)
    for place, numbers in by_place.items():
        updates = [update for update in case.updates if update.optimizer in numbers]
        variables = {tuple(pair.variable for pair in update.pairs) for update in updates}
        if len(numbers) >= REPEATED and len(variables) == 1:
            names = tuple(case.main.name(variable) for variable in variables.pop())
            yield misuse(detail="anew", severity="note", symptom="suspicious", variables=names, place=place)


def find_kept_accumulators(case: Case) -> Iterator[Suspect]:
    """A sum of gradients that moved its variable several times and was never set back."""
    story = case.main
    for handle in story.variables:
        writes = story.writes_after_creation(handle)
        if handle in case.asked_for or not writes or not all(is_added_by_hand(story, writer) for writer in writes):
            continue
        sums = [writer for writer in writes if any(trace_back(case, number) for number in writer.inputs[1:])]
        moves = sorted(
            operation.clock
            for read in story.reads(handle)
            for output in read.outputs
            for operation in story.descendants(output, FOLLOWED_FROM_READ)
            if operation.type.startswith("Assign") and operation.inputs[0] in case.asked_for
        )
        if sums and len(moves) >= 2 and any(moves[0] < writer.clock < moves[-1] for writer in writes):
            yield misuse(
                detail="accumulated",
                severity="note",
                symptom="suspicious",
                variables=(story.name(handle),),
                place=sums[0].place,
            )


def is_added_by_hand(story: Story, writer: Operation) -> bool:
    """An assign_add of the learner's, also to a Keras variable, and none of a Keras optimizer."""
    via = story.via(writer.place)
    return writer.type == "AssignAddVariableOp" and ("keras" not in via or "variables.py" in via)


def find_aliases(case: Case) -> Iterator[Suspect]:
    """A variable is assigned what was read from it: two names, where a copy was meant to have variables of its own."""
    story = case.main
    yield from find_copies_onto_themselves(story)
    for variable in story.variables:
        for writer in story.writers.get(variable, ()):
            maker = story.maker(writer.inputs[1], ("Identity",)) if len(writer.inputs) == 2 else None
            if maker is not None and is_read(maker) and maker.inputs[0] == variable and writer.place >= 0:
                yield Suspect(
                    cause="aliased_model",
                    severity="note",
                    symptom="suspicious",
                    variables=(story.name(variable),),
                    place=writer.place,
                    rank=1.0,
                )
                return


def find_copies_onto_themselves(story: Story) -> Iterator[Suspect]:
    """Again and again the values of a variable, taken out to NumPy, are written into the same variable, unchanged."""
    taken_out: dict[tuple[int, str], int] = {}  # variable and fingerprint -> when
    for event in story.of(Exit):
        read = story.maker(event.tensor, ("Identity",))
        if read is not None and is_read(read) and event.digest:
            taken_out[read.inputs[0], event.digest] = event.clock
    by_place: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for variable in story.variables:
        writers = story.writes_after_creation(variable)
        for before, writer in zip([None, *writers], writers, strict=False):
            value = story.constants.get(writer.inputs[1]) if len(writer.inputs) == 2 else None
            taken = taken_out.get((variable, value.digest)) if value is not None else None
            fresh = taken is not None and (before is None or before.clock < taken) and taken < writer.clock
            if fresh and before is not None and writer.place >= 0:
                by_place[writer.place].append((variable, writer.clock))
    for place, copies in by_place.items():
        variables = tuple(dict.fromkeys(variable for variable, _ in copies))
        if len(copies) >= REPEATED * len(variables):
            names = tuple(story.name(variable) for variable in variables)
            yield Suspect(cause="aliased_model", severity="error", symptom="suspicious", variables=names, place=place)
