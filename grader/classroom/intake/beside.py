"""Sorts the files that are no notebooks: what somebody submitted instead of a notebook, and what lies beside one.

Nothing is dropped: somebody's work without a notebook becomes a row, and every other file is listed with what it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.classroom.intake import exercises as naming
from grader.classroom.intake.claim import Claim
from grader.classroom.intake.notebook import Found

BESIDE, IN_A_ROW, NOBODYS = "beside a notebook", "named in the row of another file", "it is not clear whose it is"
HIDDEN, READ = "hidden, or left behind by a program", "read for names and times"
NOT_WORK = frozenset({"csv", "md", "log", "json", "toml", "yml", "yaml", "ini", "db"})  # where they lie loose
WORK = frozenset({"py", "html", "htm", "pdf", "doc", "docx", "odt", "rtf", "rar", "7z", "tar", "tgz", "gz"})


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file that is no submission of its own."""

    source: str
    kind: str
    student: str = ""

    @property
    def ending(self) -> str:
        name = self.source.rpartition("/")[2]
        return "hidden" if self.kind == HIDDEN else f".{name.rpartition('.')[2].lower()}" if "." in name else name


def not_looked_at(found: Sequence[Found]) -> list[OtherFile]:
    return [OtherFile("/".join(one.parts), HIDDEN if one.hidden else READ) for one in found]


def sort_strays(claims: Sequence[Claim], exercises: Sequence[str]) -> tuple[list[Claim], list[OtherFile]]:
    """Claims for the work that has no notebook, one for each student and exercise; and every other file."""
    work = _Work([claim for claim in claims if not claim.found.stray], exercises)
    instead: dict[tuple[object, ...], list[Claim]] = defaultdict(list)
    others = []
    for claim in claims:
        if not claim.found.stray:
            continue
        if not claim.student or (_is_loose(claim) and _ending(claim) in NOT_WORK):
            others.append(OtherFile(claim.source, NOBODYS))
        elif work.is_beside(claim):
            others.append(OtherFile(claim.source, BESIDE, claim.student))
        else:
            apart = () if claim.exercise or claim.guess.platform == "plain" else claim.guess.place
            instead[claim.student, claim.exercise, apart].append(claim)
    for group in instead.values():
        others += [OtherFile(claim.source, IN_A_ROW, claim.student) for claim in group[1:]]
    return [_summary(group) for group in instead.values()], others


class _Work:
    """Where everybody's notebooks lie, and for which exercises they are."""

    def __init__(self, work: Sequence[Claim], exercises: Sequence[str]) -> None:
        self.exercises = exercises
        self.served = {(claim.student, claim.exercise) for claim in work if claim.exercise}
        self.places = {(claim.student, claim.guess.place) for claim in work}
        self.around = {(student, place[:depth]) for student, place in self.places for depth in range(1, len(place))}

    def is_beside(self, claim: Claim) -> bool:
        """Whether a notebook of the same student lies with it, in a folder around it, or in one inside its folder."""
        student, place = claim.student, claim.guess.place
        if (student, claim.exercise) in self.served:
            return True
        if claim.exercise and _ending(claim) in WORK and naming.which(claim.guess.hints[:1], self.exercises):
            return False  # by its own name for an exercise of which there is no notebook
        above = {(student, place[:depth]) for depth in range(len(place) + 1)}
        return bool(above & self.places) or (student, place) in self.around


def _is_loose(claim: Claim) -> bool:
    return claim.guess.platform == "plain" and len(claim.found.parts) == 1


def _ending(claim: Claim) -> str:
    return claim.found.parts[-1].rpartition(".")[2].lower()


def _summary(strays: Sequence[Claim]) -> Claim:
    first = strays[0]
    files = sorted(claim.found.parts[-1] for claim in strays)
    names = ", ".join(files[:3]) + (" ..." if len(files) > 3 else "")
    reason = f"there is no notebook, only {names}"
    if any(claim.found.archive for claim in strays):
        reason += "; of archives only zip is read"
    return replace(first, found=replace(first.found, stray=False, reason=reason))
