"""What an oracle saw: that something is wrong, with the numbers that show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    variables: tuple[str, ...]
    evidence: str  # a sentence without its full stop
    place: int  # where it first shows
