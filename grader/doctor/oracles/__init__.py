"""The oracles: each sees whether something is wrong, by a property that every sound training has. What is wrong is for
the rules to explain; a sign that none of them explains is a finding of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from grader.doctor.case import Case
from grader.doctor.oracles import meeting, movement
from grader.doctor.oracles.sign import Sign
from grader.doctor.suspect import Suspect

Oracle = Callable[[Case], Iterator[Sign]]

ORACLES: dict[str, Oracle] = {"movement": movement.find_signs, "meeting": meeting.find_signs}


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign, and the oracle that saw it."""

    oracle: str
    sign: Sign


def is_explained(sign: Sign, suspects: Iterable[Suspect]) -> bool:
    """Some rule named the variables that the sign is about, or the place."""
    named = set(sign.variables)
    return any(named & set(suspect.variables) or suspect.place == sign.place >= 0 for suspect in suspects)


def to_suspect(seen: Seen) -> Suspect:
    """A sign that nobody explained."""
    return Suspect(
        cause="unexplained",
        severity="error",
        symptom="suspicious",
        variables=seen.sign.variables,
        evidence=seen.sign.evidence,
        place=seen.sign.place,
        rank=3.0,
    )
