"""Keras: variables that take part in the loss and that the model, or the list of variables to train, leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from grader.doctor.case import Case, Suspect
from grader.doctor.trace import Event, Story, Variable


def suspects(case: Case) -> Iterator[Suspect]:
    for rule in (empty_list, unknown_to_the_model, left_out, frozen, frozen_by_compile, regularisers, untold):
        yield from rule(case)


def empty_list(case: Case) -> Iterator[Suspect]:
    """A gradient with respect to nothing at all."""
    for call in case.calls:
        if not call["sources"]:
            made = [event for event in case.main.of("list") if event["list"] == call["list"]]
            place = made[0]["place"] if made else call["place"]
            yield Suspect("untracked_layer", "error", place, "suspicious", ("the model",), "", "empty")


def on_the_way(case: Case, call: Event) -> list[Variable]:
    """Trainable variables that the target of a call was computed from."""
    flow, story = case.flow(call), case.main
    found = []
    for variable in story.variables.values():
        path = flow.path(variable.id) if variable.trainable else None
        if (
            path
            and not any(step.cut for step in path)
            and any(call["tape"] in (s.operation.tapes if s.operation else ()) for s in path)
        ):
            found.append(variable)
    return found


def still(case: Case, variable: Variable) -> bool:
    """Never asked for a gradient, and never written after it was made."""
    return variable.id not in case.sourced and variable.writes == 0


def holders(story: Story, variable: Variable) -> list[int]:
    """The layers that were running when the variable was read, outermost first."""
    return [
        number
        for number, layer in enumerate(story.layers)
        if any(variable.id == held for held, _, _ in layer["weights"])
    ]


def readers(case: Case, variable: Variable) -> set[int]:
    return {number for event in case.main.of("read") if event["variable"] == variable.id for number in event["layers"]}


def unknown_to_the_model(case: Case) -> Iterator[Suspect]:
    """Read within a model's call, and not among that model's variables."""
    story = case.main
    for calls in case.sites.values():
        call = calls[0]
        sources = {number for number, _ in call["sources"]}
        for variable in on_the_way(case, call):
            if not still(case, variable):
                continue
            for number in readers(case, variable):
                held = {handle for handle, _, _ in story.layers[number]["weights"]}
                if variable.id not in held and sources and sources <= held:
                    place, name, detail = owner(story, variable)
                    yield Suspect("untracked_layer", "error", place, "still", (name,), "", detail)
                    break


def owner(story: Story, variable: Variable) -> tuple[int, str, str]:
    """Where the layer that owns the variable was made, or else the variable."""
    for layer in story.layers:
        if variable.id in layer["own"] and layer["place"] >= 0:
            again = any(other is not layer and other["place"] == layer["place"] for other in story.layers)
            anew = again and all(other["calls"] <= 1 for other in story.layers if other["place"] == layer["place"])
            return layer["place"], story.name(variable.id), "call" if anew and variable.layers else ""
    return variable.place, story.name(variable.id), ""


def left_out(case: Case) -> Iterator[Suspect]:
    """A whole model on the way to the loss that is in no list and never moves: a teacher, or forgotten."""
    story = case.main
    if any(True for _ in unknown_to_the_model(case)):
        return
    for calls in case.sites.values():
        call = calls[0]
        sources = [story.variables[number] for number, _ in call["sources"] if number in story.variables]
        if not any(source.writes for source in sources):
            continue
        names = [
            story.name(variable.id)
            for variable in on_the_way(case, call)
            if still(case, variable) and holders(story, variable)
        ]
        if names and not story.of("fit"):
            lists = [event for event in story.of("list") if event["list"] == call["list"]]
            place = lists[0]["place"] if lists else call["place"]
            yield Suspect("untracked_layer", "note", place, "suspicious", tuple(names), "", "list", rank=1.0)


def frozen(case: Case) -> Iterator[Suspect]:
    """A layer was frozen by hand, and stayed frozen."""
    story = case.main
    last: dict[int, Event] = {}
    for event in story.of("trainable"):
        last[event["layer"]] = event
    for number, event in last.items():
        names = [name for _, name, trains in story.layers[number]["weights"] if not trains] if number >= 0 else []
        if not event["value"] and names and story.layers[number]["calls"]:
            yield Suspect("untrainable", "note", event["place"], "suspicious", tuple(names), "", "frozen", rank=1.0)


def frozen_by_compile(case: Case) -> Iterator[Suspect]:
    """Made trainable after compiling, and the next fit left it as it was."""
    story = case.plain
    for event in story.of("trainable"):
        compiled = [other for other in story.of("compile_end") if other["clock"] < event["clock"]]
        again = [other for other in story.of("compile") if other["clock"] > event["clock"]]
        fitted = [pair for pair in fits(story) if pair[0]["clock"] > event["clock"]]
        if not event["value"] or not compiled or again or not fitted or event["layer"] < 0:
            continue
        layer = story.layers[event["layer"]]
        held = [
            story.variables[number] for number, _, trains in layer["weights"] if trains and number in story.variables
        ]
        before, after = fitted[0][0]["values"], fitted[0][1]["values"]
        same = {int(number) for number, mark in before.items() if after.get(number) == mark}
        if held and all(variable.id in same for variable in held) and len(same) < len(before):
            names = tuple(story.name(variable.id) for variable in held)
            yield Suspect("untrainable", "error", event["place"], "still", names, "", "compiled")


def fits(story: Story) -> list[tuple[Event, Event]]:
    """The beginnings and ends of model.fit; one that raised has both as well."""
    return list(zip(story.of("fit"), story.of("fit_end"), strict=False))


def regularisers(case: Case) -> Iterator[Suspect]:
    """A layer has a regulariser, a tape trains it, and nobody asked the model for its losses."""
    story = case.main
    if story.of("fit") or any(layer["losses_read"] for layer in story.layers):
        return
    for layer in story.layers:
        held = {number for number, _, _ in layer["weights"]}
        if layer["losses"] and layer["own"] and held & case.sourced:
            call = next(call for call in case.calls if held & {number for number, _ in call["sources"]})
            flow = case.flow(call)
            target = next((story.producer[number].place for number in flow.targets if number in story.producer), None)
            if target is not None:
                names = tuple(name for number, name, _ in layer["weights"] if number in case.sourced)
                yield Suspect("missing_loss_term", "note", target, "suspicious", names[:1], "", "regulariser")
                return


def untold(case: Case) -> Iterator[Suspect]:
    """Layers that do something else in training, in a step that trains and does not say so."""
    story = case.main
    training = {call["tape"] for call in case.calls if any(kind == "variable" for _, kind in call["sources"])}
    for layer in story.layers:
        mode = layer["mode"]
        if mode and not mode["told"] and training & set(mode["tapes"]):
            yield Suspect("training_flag", "note", mode["place"], "suspicious", (), layer["type"], rank=1.0)
            return
