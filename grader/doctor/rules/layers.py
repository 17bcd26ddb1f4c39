"""Keras: variables that take part in the loss and that the model, or the list of variables to train, leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from grader.doctor.case import Case
from grader.doctor.events import Call, Compiled, Fit, FitEnd, Freeze, Listing, Reading
from grader.doctor.flow import Flow
from grader.doctor.story import Story
from grader.doctor.suspect import Suspect
from grader.doctor.trace import Layer, Variable


def find_empty_lists(case: Case) -> Iterator[Suspect]:
    """A gradient with respect to nothing at all."""
    for call in case.calls:
        if not call.sources:
            yield Suspect(
                cause="untracked_layer",
                detail="empty",
                severity="error",
                symptom="suspicious",
                variables=("the model",),
                place=locate_list(case.main, call),
            )


def locate_list(story: Story, call: Call) -> int:
    """Where the list of sources was fetched from a model, or else the call."""
    return next((event.place for event in story.of(Listing) if event.list == call.list), call.place)


def list_used_variables(case: Case, flow: Flow) -> list[Variable]:
    """Trainable variables that the target of a call was computed from, under its tape."""
    used = []
    for variable in case.main.variables.values():
        path = flow.path(variable.id) if variable.trainable else None
        if path and not any(step.cut for step in path) and any(flow.is_recorded(step) for step in path):
            used.append(variable)
    return used


def is_forgotten(case: Case, variable: Variable) -> bool:
    """Never asked for a gradient, and never written after it was made."""
    return variable.id not in case.asked_for and variable.writes == 0


def is_copy(story: Story, variable: Variable) -> bool:
    """Made with a value that was computed from another weight: that one is what should learn."""
    first = next(iter(story.writers.get(variable.id, ())), None)
    behind = {number for value in first.inputs[1:] for number in story.variables_behind(value)} if first else set()
    return any(story.variables[number].trainable for number in behind if number in story.variables)


def find_untracked_layers(case: Case) -> Iterator[Suspect]:
    """Read within a model's call, and not among that model's variables."""
    for flow in case.first_flows:
        for variable in list_used_variables(case, flow):
            if not is_forgotten(case, variable) or is_copy(case.main, variable):
                continue
            if any(misses(flow, model, variable) for model in list_readers(case, variable)):
                yield suspect_owner(case.main, variable)


def list_readers(case: Case, variable: Variable) -> list[Layer]:
    """The layers that were running when the variable was read."""
    numbers = {number for event in case.main.of(Reading) if event.variable == variable.id for number in event.layers}
    return [layer for number in sorted(numbers) if (layer := case.main.layer(number)) is not None]


def misses(flow: Flow, model: Layer, variable: Variable) -> bool:
    """The model has all variables that the call asked about, and not this one."""
    return variable.id not in model.held and bool(flow.sources) and flow.sources <= model.held


def suspect_owner(story: Story, variable: Variable) -> Suspect:
    """Where the layer that owns the variable was made, or else the variable."""
    place, detail = variable.place, ""
    for layer in story.layers:
        if variable.id in layer.own and layer.place >= 0:
            twins = [other for other in story.layers if other.place == layer.place]
            anew = len(twins) > 1 and all(other.calls <= 1 for other in twins)
            detail = "call" if anew and variable.layers else ""
            place = layer.holder if layer.holder >= 0 and not detail else layer.place
            break
    return Suspect(
        cause="untracked_layer",
        detail=detail,
        severity="error",
        symptom="still",
        variables=(story.name(variable.id),),
        place=place,
    )


def find_left_out_models(case: Case) -> Iterator[Suspect]:
    """A whole model on the way to the loss that is in no list and never moves: a teacher, or forgotten."""
    story = case.main
    if story.of(Fit) or any(True for _ in find_untracked_layers(case)):
        return
    in_layers = {variable for layer in story.layers for variable in layer.held}
    for flow in case.first_flows:
        if not any(story.variables[number].writes for number in flow.sources if number in story.variables):
            continue
        used = list_used_variables(case, flow)
        names = [story.name(one.id) for one in used if one.id in in_layers and is_forgotten(case, one)]
        if names:
            yield Suspect(
                cause="untracked_layer",
                detail="list",
                severity="note",
                symptom="suspicious",
                variables=tuple(names),
                place=locate_list(story, flow.call),
                rank=1.0,
            )


def find_frozen_layers(case: Case) -> Iterator[Suspect]:
    """A layer was frozen by hand, and stayed frozen."""
    story = case.main
    last = {event.layer: event for event in story.of(Freeze)}
    for number, event in last.items():
        layer = story.layer(number)
        names = [weight.path for weight in layer.weights if not weight.trainable] if layer else []
        if layer and layer.calls and names and not event.value:
            yield Suspect(
                cause="untrainable",
                detail="frozen",
                severity="note",
                symptom="suspicious",
                variables=tuple(names),
                place=event.place,
                rank=1.0,
            )


def find_layers_frozen_by_compile(case: Case) -> Iterator[Suspect]:
    """Made trainable after compiling, which may be longer ago than the trace, and the next fit left it as it was."""
    story = case.plain
    for event in story.of(Freeze):
        again = any(other.clock > event.clock for other in story.of(Compiled))
        # a fit that raised has an end as well
        fits = [pair for pair in zip(story.of(Fit), story.of(FitEnd), strict=False) if pair[0].clock > event.clock]
        layer = story.layer(event.layer)
        if not event.value or again or not fits or layer is None:
            continue
        held = [one.variable for one in layer.weights if one.trainable and one.variable in story.variables]
        before, after = fits[0][0].values, fits[0][1].values
        same = {number for number, mark in before.items() if after.get(number) == mark}
        if held and same.issuperset(held) and len(same) < len(before):
            yield Suspect(
                cause="untrainable",
                detail="compiled",
                severity="error",
                symptom="still",
                variables=tuple(story.name(number) for number in held),
                place=event.place,
            )


def find_ignored_regularisers(case: Case) -> Iterator[Suspect]:
    """A layer has a regulariser, a tape trains it, and nobody asked the model for its losses."""
    story = case.main
    if story.of(Fit) or any(layer.losses_read for layer in story.layers):
        return
    for layer in story.layers:
        if not (layer.losses and layer.own and layer.held & case.asked_for):
            continue
        call = next((call for call in case.calls if layer.held & {source.number for source in call.sources}), None)
        targets = case.flow(call).targets if call else []
        target = next((story.producer[number] for number in targets if number in story.producer), None)
        if target is not None:
            names = [weight.path for weight in layer.weights if weight.variable in case.asked_for]
            yield Suspect(
                cause="missing_loss_term",
                detail="regulariser",
                severity="error",
                symptom="suspicious",
                variables=tuple(names[:1]),
                place=target.place,
            )
            return


def find_unstated_modes(case: Case) -> Iterator[Suspect]:
    """Layers that do something else in training, in a step that trains and does not say so."""
    training = {call.tape for call in case.calls if any(source.kind == "variable" for source in call.sources)}
    for layer in case.main.layers:
        mode = layer.mode
        if mode and not mode.told and training.intersection(mode.tapes):
            yield Suspect(
                cause="training_flag",
                severity="note",
                symptom="suspicious",
                operation=layer.type,
                place=mode.place,
                rank=1.0,
            )
            return
