"""A place that is to blame, before it is put into words. What has no sentence in `wording` cannot be suspected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.doctor.story import Spot
from grader.doctor.wording import SENTENCES, Symptom

Severity = Literal["error", "note"]  # "error": a symptom was observed, and the cause is joined to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    cause: str
    detail: str = ""  # which of the cause's sentences fits
    severity: Severity
    symptom: Symptom
    place: int
    spot: Spot | None = None  # where the place is not one of the trace's own
    variables: tuple[str, ...] = ()
    operation: str = ""
    evidence: str = ""  # numbers, as they stand in the sentence
    path: tuple[str, ...] = ()
    rank: float = 0.0  # smaller is likelier

    def __post_init__(self) -> None:
        if (self.cause, self.detail) not in SENTENCES:
            raise ValueError(f"no sentence for the cause {self.cause!r} with the detail {self.detail!r}")
