"""Everything that is known of one program: its runs side by side, and what the experiments among them showed.

`plain` is the program as it is; `main` is the run with compiled functions run line by line, if there is one. A case
is made anew when a run is added; what was worked out of the same main run is taken over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from grader.doctor.backward import Retraced
from grader.doctor.events import Call, Constant, Exit, Outcome, PlacedEvent, Update
from grader.doctor.flow import Changes, Flow
from grader.doctor.story import Story

E = TypeVar("E", bound=PlacedEvent)


@dataclass(frozen=True, slots=True)
class Nudge:
    """Move the variable with this ordinal a little, after so many writes to it."""

    variable: int
    write: int
    size: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run differs from the program as it is."""

    eager: bool = False  # compiled functions run line by line
    nudge: tuple[Nudge, ...] = ()
    custom_gradients: bool = False  # are measured against their forward pass
    steps: int | None = None  # stop after so many steps of optimizers
    at_startup: bool = False  # the hooks go in before TensorFlow has set itself up, and are not tried out

    def to_options(self) -> dict[str, object]:
        """The same as `grader/inside/trace` understands it."""
        options: dict[str, object] = {"nudge": [[one.variable, one.write, one.size] for one in self.nudge]}
        options |= {"eager": self.eager, "custom_gradients": self.custom_gradients, "steps": self.steps}
        options |= {"at_startup": self.at_startup}
        return {name: value for name, value in options.items() if value}

    @property
    def is_experiment(self) -> bool:
        return bool(self.nudge) or self.custom_gradients


PLAIN = Plan()


class Case:
    def __init__(self, runs: Sequence[tuple[Plan, Story]], before: Case | None = None) -> None:
        self.runs = tuple(runs)
        self.plain = runs[0][1]
        line_by_line = (story for plan, story in runs if plan.eager and not plan.is_experiment)
        self.main = next(line_by_line, self.plain)
        self.nudged = next((story for plan, story in runs if plan.nudge), None)
        self.measured = next((story for plan, story in runs if plan.custom_gradients), None)
        same = before if before is not None and before.main is self.main else None
        self._retraced: dict[int, Retraced] = same._retraced if same else {}
        self._flows: dict[int, Flow] = same._flows if same and same.nudged is self.nudged else {}

    @property
    def main_plan(self) -> Plan:
        return next(plan for plan, story in self.runs if story is self.main)

    # --- gradient calls ---------------------------------------------------------------------------------------

    @cached_property
    def calls(self) -> list[Call]:
        """Those that returned."""
        return [call for call in self.main.of(Call) if call.error is None and call.results is not None]

    @cached_property
    def sites(self) -> list[list[Call]]:
        """The calls of each line, whoever called the function that it is in."""
        sites: dict[object, list[Call]] = defaultdict(list)
        for call in self.calls:
            sites[self.main.line(call.place)].append(call)
        return list(sites.values())

    @cached_property
    def first_flows(self) -> list[Flow]:
        """The flow of the first call at each line."""
        return [self.flow(calls[0]) for calls in self.sites]

    def flow(self, call: Call) -> Flow:
        if call.clock not in self._flows:
            if call.clock not in self._retraced:
                self._retraced[call.clock] = Retraced(self.main, call)
            self._flows[call.clock] = Flow(self.main, call, self._retraced[call.clock], self.changes)
        return self._flows[call.clock]

    def count_calls(self, call: Call) -> int:
        """How often a gradient was asked for at this call's line."""
        line = self.main.line(call.place)
        return sum(count for place, count in self.main.trace.calls.items() if self.main.line(place) == line)

    def is_always(self, call: Call, position: int, sign: str) -> bool:
        """Every call at this line gave this source such a gradient."""
        line = self.main.line(call.place)
        rows = [counts for place, counts in self.main.trace.signs.items() if self.main.line(place) == line]
        seen = sum(counts[position].get(sign, 0) for counts in rows if position < len(counts))
        return seen == self.count_calls(call)

    def name_sources(self, call: Call) -> tuple[str, ...]:
        """The names of the variables that a call asked about."""
        return tuple(self.main.name(source.number) for source in call.sources if source.kind == "variable")

    @cached_property
    def asked_for(self) -> set[int]:
        """Variables that any gradient call asked for."""
        return {source.number for call in self.main.of(Call) for source in call.sources}

    @cached_property
    def with_gradient(self) -> set[int]:
        """Sources that got a gradient from some call."""
        return {
            source
            for call in self.calls
            for source, outcome in pair_outcomes(call)
            if not outcome.none and not outcome.zero
        }

    @cached_property
    def origins(self) -> dict[int, tuple[int, Call]]:
        """Gradient tensor -> the source that it belongs to, and its call."""
        return {
            outcome.tensor: (source, call)
            for call in self.calls
            for source, outcome in pair_outcomes(call)
            if outcome.tensor is not None
        }

    @property
    def updates(self) -> list[Update]:
        return self.main.of(Update)

    # --- experiments ------------------------------------------------------------------------------------------

    @cached_property
    def changes(self) -> Changes | None:
        """What changed when the sources were nudged."""
        if self.nudged is None:
            return None
        exits, constants = align(self.main, self.nudged, Exit), align(self.main, self.nudged, Constant)
        return Changes(
            frozenset(one.clock for one, other in exits if one.digest != other.digest),
            frozenset(one.tensor for one, other in constants if one.digest != other.digest),
        )


def pair_outcomes(call: Call) -> list[tuple[int, Outcome]]:
    """Each source of a call, with what it got."""
    return [(source.number, outcome) for source, outcome in zip(call.sources, call.results or (), strict=False)]


def align(one: Story, other: Story, kind: type[E]) -> list[tuple[E, E]]:
    """The same events of two runs of one program, as far as the runs took the same way."""
    pairs = []
    for first, second in zip(one.of(kind), other.of(kind), strict=False):
        if one.line(first.place) != other.line(second.place):
            break
        pairs.append((first, second))
    return pairs
