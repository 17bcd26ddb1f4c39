"""Is a score sheet fair? Two rules: a cheat gets little, and to repair one more bug never costs points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

MOST_FOR_A_CHEAT = 4.0  # of 10


@dataclass(frozen=True, slots=True)
class Scored:
    """A repair and what it got."""

    name: str
    score: float
    cheat: bool = False
    left: frozenset[str] | None = None  # the planted bugs that are still there, where it differs in nothing else


def unfair(scored: Sequence[Scored]) -> tuple[str | None, str | None]:
    """What breaks the first rule, and what breaks the second."""
    paid = [f"{one.name} gets {one.score:g}" for one in scored if one.cheat and one.score > MOST_FOR_A_CHEAT]
    costly = [
        f"{better.name} gets {better.score:g}, {worse.name} {worse.score:g}"
        for better, worse in permutations(scored, 2)
        if better.left is not None and worse.left is not None
        if better.left < worse.left and better.score < worse.score
    ]
    return "; ".join(paid) or None, "; ".join(costly) or None
