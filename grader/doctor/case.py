"""Everything that is known of one program: its runs side by side, and what the experiments among them showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from grader.doctor.flow import Flow
from grader.doctor.trace import Event, Operation, Spot, Story


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place that is to blame, before it is put into words."""

    cause: str
    severity: str  # "error" where a symptom was observed and the cause is joined to it, otherwise "note"
    place: int
    symptom: str  # "none" | "zero" | "mostly" | "nonfinite" | "wrong" | "still" | "exception" | "shape" | "suspicious"
    variables: tuple[str, ...] = ()
    operation: str = ""
    detail: str = ""  # which of a cause's wordings fits
    path: tuple[str, ...] = ()
    rank: float = 0.0  # smaller is likelier
    spot: Spot | None = None  # where the place is not one of the trace's own
    facts: dict[str, Any] = field(default_factory=dict)


class Case:
    """`plain` is the program as it is; `main` is the run with compiled functions run line by line, if there is one."""

    def __init__(self, stories: list[Story]) -> None:
        self.plain = stories[0]
        self.main = next(
            (story for story in stories if story.plan.get("eager") and not experimental(story)), stories[0]
        )
        self.nudged = next((story for story in stories if story.plan.get("nudge")), None)
        self.measured = next((story for story in stories if story.plan.get("custom_gradients")), None)

    @cached_property
    def calls(self) -> list[Event]:
        return [call for call in self.main.of("call") if call["error"] is None and call["results"] is not None]

    @cached_property
    def sites(self) -> dict[object, list[Event]]:
        """Calls by their line, whoever called the function that it is in."""
        found: dict[object, list[Event]] = {}
        for call in self.calls:
            found.setdefault(self.main.line(call["place"]), []).append(call)
        return found

    def times(self, call: Event) -> int:
        """How often a gradient was asked for at this call's line."""
        line = self.main.line(call["place"])
        return sum(count for place, count in self.main.call_counts.items() if self.main.line(place) == line)

    def always(self, call: Event, position: int, sign: str) -> bool:
        """Every call at this line gave this source such a gradient."""
        line = self.main.line(call["place"])
        rows = [counts for place, counts in self.main.signs.items() if self.main.line(place) == line]
        seen = sum(counts[position].get(sign, 0) for counts in rows if position < len(counts))
        return seen == self.times(call)

    @cached_property
    def changed(self) -> tuple[set[int], set[int]] | None:
        """The exits (by identity) and constants (by number) that changed when the sources were nudged."""
        if self.nudged is None:
            return None
        leaving, arriving = set(), set()
        for one, other in aligned(self.main, self.nudged, "exit"):
            if one["digest"] != other["digest"]:
                leaving.add(id(one))
        for one, other in aligned(self.main, self.nudged, "constant"):
            if one["digest"] != other["digest"]:
                arriving.add(one["tensor"])
        return leaving, arriving

    def flow(self, call: Event) -> Flow:
        key = call["clock"]
        if key not in self._flows:
            leaving, arriving = self.changed or (None, None)
            self._flows[key] = Flow(self.main, call, leaving, arriving)
        return self._flows[key]

    @cached_property
    def _flows(self) -> dict[int, Flow]:
        return {}

    def steps(self) -> list[Event]:
        return self.main.of("step")

    @cached_property
    def sourced(self) -> set[int]:
        """Variables that any gradient call asked for."""
        return {number for call in self.main.of("call") for number, _ in call["sources"]}

    @cached_property
    def served(self) -> set[int]:
        """Sources that got a gradient from some call."""
        return {
            source[0]
            for call in self.calls
            for source, result in zip(call["sources"], call["results"], strict=False)
            if not result["none"] and not result.get("zero")
        }

    def descendants(self, tensor: int, limit: int = 400) -> list[Operation]:
        """Operations that a tensor's value went into, directly or through others."""
        found: dict[int, Operation] = {}
        queue = [tensor]
        while queue and len(found) < limit:
            for operation in self.main.users.get(queue.pop(), ()):
                if operation.clock not in found:
                    found[operation.clock] = operation
                    queue += operation.outputs
        return list(found.values())


def experimental(story: Story) -> bool:
    return bool(story.plan.get("nudge") or story.plan.get("custom_gradients"))


def aligned(one: Story, other: Story, kind: str) -> list[tuple[Event, Event]]:
    """The same events of two runs of one program, as far as the runs took the same way."""
    pairs = []
    for first, second in zip(one.of(kind), other.of(kind), strict=False):
        if one.line(first["place"]) != other.line(second["place"]):
            break
        pairs.append((first, second))
    return pairs
