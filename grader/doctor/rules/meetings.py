"""Output, loss and targets that cannot meet."""

from __future__ import annotations

from collections.abc import Iterator

from grader.doctor.case import Case
from grader.doctor.oracles.meeting import list_clashes
from grader.doctor.suspect import Suspect

CAUSES = {  # of each kind of clash: the cause and its detail
    "one": ("saturated", "one"),
    "one, from logits": ("saturated", "one from logits"),
    "range": ("wrong_target", "range"),
    "labels": ("wrong_target", "labels"),
    "classes": ("wrong_target", "classes"),
    "probabilities": ("double_activation", "probabilities"),
    "shapes": ("broadcast", "labels"),
}


def find_clashes(case: Case) -> Iterator[Suspect]:
    for clash in list_clashes(case):
        cause, detail = CAUSES[clash.kind]
        yield Suspect(
            cause=cause,
            detail=detail,
            severity="error",
            symptom="suspicious",
            operation=clash.operation,
            evidence=clash.evidence,
            place=clash.place,
            rank=0.4,
        )
