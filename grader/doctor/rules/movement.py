"""Training that moves nothing: updates without effect, models that were frozen when they were trained, lists of
variables that are older than the variables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from grader.doctor.case import Case
from grader.doctor.events import Fit, FitEnd, Freeze, Listing
from grader.doctor.oracles.movement import list_still, locate_update
from grader.doctor.rules.layers import is_forgotten, list_used_variables
from grader.doctor.story import Story
from grader.doctor.suspect import Suspect


def find_idle_updates(case: Case) -> Iterator[Suspect]:
    """An optimizer was given gradients that are not zero, and its variables stay as they are."""
    still = list_still(case)
    if still:
        yield Suspect(
            cause="optimizer_misuse",
            detail="idle",
            severity="error",
            symptom="still",
            variables=tuple(case.main.name(variable.id) for variable in still),
            place=locate_idle_line(case, still[0].id),
            rank=0.3,
        )


def locate_idle_line(case: Case, variable: int) -> int:
    """The learner's last line that computes with the gradient after it was handed over, or else the update."""
    story = case.main
    update = next((one for one in case.updates for pair in one.pairs if pair.variable == variable), None)
    gradient = next((pair.gradient for pair in update.pairs if pair.variable == variable), None) if update else None
    if update is None or gradient is None:
        return locate_update(case, variable)
    after = [one for one in story.descendants(gradient) if one.clock > update.clock and one.within is None]
    own = [one for one in after if one.place >= 0 and story.line(one.place) != story.line(update.place)]
    return min(own, key=lambda one: one.clock).place if own else update.place


def find_models_frozen_while_trained(case: Case) -> Iterator[Suspect]:
    """Every training of a model left all of its variables as they were, and it had been frozen before."""
    story = case.plain
    for numbers, fits in list_fits(story).items():
        born = {variable.id: variable for variable in story.trace.variables if variable.trainable}
        own = [number for number in numbers if number in born]
        moved = any(
            end.get(number) != begin.get(number, born[number].initial) for _, begin, end in fits for number in own
        )
        frozen = find_freezing(story, set(own), fits[0][0])
        if own and not moved and frozen is not None:
            yield Suspect(
                cause="untrainable",
                detail="training",
                severity="error",
                symptom="still",
                variables=tuple(story.name(number) for number in own),
                place=frozen.place,
                spot=story.spot(frozen.place),
            )


def list_fits(story: Story) -> dict[frozenset[int], list[tuple[Fit, dict[int, str], dict[int, str]]]]:
    """For each model, known by its variables, its trainings, with the variables' fingerprints before and after."""
    fits: dict[frozenset[int], list[tuple[Fit, dict[int, str], dict[int, str]]]] = defaultdict(list)
    for fit, end in zip(story.of(Fit), story.of(FitEnd), strict=False):
        if end.values:
            fits[frozenset(end.values)].append((fit, fit.values, end.values))
    return fits


def find_freezing(story: Story, variables: set[int], fit: Fit) -> Freeze | None:
    """The line that froze all of these variables, if nothing made them trainable again before they were trained."""
    frozen: dict[int, Freeze] = {}
    for event in story.of(Freeze):
        layer = story.layer(event.layer)
        if event.clock < fit.clock and layer is not None:
            for number in variables & layer.held:
                if event.value:
                    frozen.pop(number, None)
                else:
                    frozen[number] = event
    return max(frozen.values(), key=lambda event: event.clock) if variables and set(frozen) == variables else None


def find_lists_older_than_variables(case: Case) -> Iterator[Suspect]:
    """A model's list of variables was fetched before the model had them all, and training goes by that list."""
    story = case.main
    for flow in case.first_flows:
        listing = next((event for event in story.of(Listing) if event.list == flow.call.list), None)
        model = story.layer(listing.layer) if listing is not None else None
        if listing is None or model is None or not flow.sources or not flow.sources <= model.held:
            continue
        later = [
            variable
            for variable in list_used_variables(case, flow)
            if variable.id in model.held and variable.clock > listing.clock and is_forgotten(case, variable)
        ]
        if later:
            yield Suspect(
                cause="untracked_layer",
                detail="early",
                severity="error",
                symptom="still",
                variables=tuple(story.name(variable.id) for variable in later),
                place=listing.place,
            )
