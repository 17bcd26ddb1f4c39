"""Finds out whose work lies in bare folders and flat files, of which no platform tells.

One name alone does not say whether it is a student's, so all of them are looked at together. A table of students wins;
names of exercises, and words such as "homework" or "Untitled1", are nobody's; and a folder around many people is the
class or a section of it. Two people are never merged: a number in a flat name counts as the exercise's only where that
is so in every name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from grader.classroom.intake import exercises as naming
from grader.classroom.intake.claim import Claim
from grader.classroom.intake.names import DASHED_COPY, LATE
from grader.classroom.intake.students import People

NOBODYS = frozenset(  # words of which a name can't consist, if it is somebody's
    {
        "submissions",
        "submission",
        "submitted",
        "students",
        "class",
        "course",
        "download",
        "downloads",
        "handins",
        "handin",
        "group",
    }
    | {"groups", "section", "all", "new", "old", "notebook", "nb", "untitled", "copy", "of", "kopie", "von", "copia"}
    | {"solution", "lösung", "loesung", "abgabe", "homework", "hausaufgabe", "hw", "exercise", "exercises", "ex"}
    | {"aufgabe", "übung", "uebung", "assignment", "task", "lab", "sheet", "blatt", "week", "ps", "problem", "project"}
    | {"projekt", "main", "final", "index", "html", "ipynb", "file", "document", "unbenannt", "version", "v", "draft"}
    | {"attempt", "try", "versuch", "first", "second", "third", "fertig", "neu", "alt"}
)


def name_students(
    claims: Sequence[Claim], exercises: Sequence[str], people: People, nobodys: Collection[str]
) -> list[Claim]:
    """The claims, each with its student, "" where nothing says whose it is. `nobodys`: folders that aren't people."""
    named = iter(_named(_Names(exercises, people, nobodys), [claim for claim in claims if not claim.student]))
    return [claim if claim.student else next(named) for claim in claims]


class _Names:
    """Which names can be people's, in this course."""

    def __init__(self, exercises: Sequence[str], people: People, nobodys: Collection[str]) -> None:
        self.exercises = exercises
        self.people = people
        self.nobodys = nobodys

    def of_folders(self, claim: Claim) -> list[str]:
        """The folders that can be people, from the outside; where one is in the table, that one; where the file's own
        name is, none."""
        folders = [self.of_folder(folder) for folder in claim.guess.folders]
        known = [folder for folder in folders if folder in self.people]
        if not known and self.known_by_file(claim):
            return []
        return known[:1] or [folder for folder in folders if folder]

    def of_folder(self, folder: str) -> str:
        """ "02-detached-tensors-ada", a clone of GitHub Classroom's, is ada's."""
        if folder in self.people:
            return folder
        if folder.casefold() in self.nobodys or naming.is_exercise(folder, self.exercises):
            return ""
        for exercise in self.exercises:
            folder = naming.without(folder, exercise, numbers=False) or folder
        return "" if _is_nobodys(folder) else folder

    def known_by_file(self, claim: Claim) -> str:
        """Somebody in the table, by the file's own name; "" where it names nobody there."""
        names = (self.of_file(claim, numbers=numbers) for numbers in (True, False))
        return next((name for name in names if name in self.people), "")

    def of_file(self, claim: Claim, *, numbers: bool) -> str:
        """ "ada_02_detached_tensors_LATE" -> "ada"."""
        name = LATE.sub("", claim.guess.stem).strip(" _-.,+")
        if claim.exercise:
            name = naming.without(name, claim.exercise, numbers=numbers)
        if name in self.people:
            return name
        nobodys = _is_nobodys(name) or re.fullmatch(r"\d{1,3}", name) or naming.is_exercise(name, self.exercises)
        return "" if nobodys else name


def _is_nobodys(name: str) -> bool:
    """ "Untitled1", "Copy of notebook", "Hausaufgabe 2 final"; a number alone may be a student's."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return not name or (bool(words) and NOBODYS.issuperset(words))


def _named(names: _Names, plain: Sequence[Claim]) -> list[Claim]:
    folders = _without_wrappers(names, plain, [names.of_folders(claim) for claim in plain])
    flat = [claim for claim, inside in zip(plain, folders, strict=True) if not inside]
    numbers = _numbers_are_exercises(names, flat)
    stems = {(claim.found.parts[:-1], claim.guess.stem) for claim in flat}
    return [
        replace(claim, student=inside[0]) if inside else _name_flat(names, claim, numbers, stems)
        for claim, inside in zip(plain, folders, strict=True)
    ]


def _without_wrappers(names: _Names, plain: Sequence[Claim], folders: list[list[str]]) -> list[list[str]]:
    """The folders of each claim, without those that are around the whole class or around its sections."""
    while True:
        work = [
            (claim, inside)
            for claim, inside in zip(plain, folders, strict=True)
            if not claim.found.stray and not (inside and inside[0] in names.people)
        ]
        tops = {inside[0] if inside else "" for _, inside in work}
        if not tops or "" in tops or not (_is_class(names, work) if len(tops) == 1 else _are_sections(work)):
            return folders
        folders = [inside[1:] if inside and inside[0] in tops else inside for inside in folders]


def _is_class(names: _Names, work: Sequence[tuple[Claim, list[str]]]) -> bool:
    """Whether what lies in the one folder still tells several students apart, by folders or by flat names."""
    inner = {inside[1] if len(inside) > 1 else names.of_file(claim, numbers=True) for claim, inside in work}
    return len(inner) > 1 and "" not in inner


def _are_sections(work: Sequence[tuple[Claim, list[str]]]) -> bool:
    """Whether each of the folders holds several people's work on one exercise, and no two hold the same people's."""
    held: dict[str, dict[str | None, set[str]]] = defaultdict(lambda: defaultdict(set))
    for claim, inside in work:
        if len(inside) < 2:
            return False
        held[inside[0]][claim.exercise].add(inside[1])
    inner = [set().union(*by_exercise.values()) for by_exercise in held.values()]
    crowded = all(max(map(len, by_exercise.values())) > 1 for by_exercise in held.values())
    return crowded and len(set().union(*inner)) == sum(map(len, inner))


def _name_flat(names: _Names, claim: Claim, numbers: bool, stems: set[tuple[tuple[str, ...], str]]) -> Claim:
    stem = claim.guess.stem
    dashed = DASHED_COPY.search(stem)
    if dashed and (claim.found.parts[:-1], stem[: dashed.start()]) in stems:
        claim = replace(claim, guess=replace(claim.guess, stem=stem[: dashed.start()], copy=int(dashed[1])))
    return replace(claim, student=names.known_by_file(claim) or names.of_file(claim, numbers=numbers))


def _numbers_are_exercises(names: _Names, flat: Sequence[Claim]) -> bool:
    """Whether the numbers in flat names are the exercises': "ada_02", but not "student_02" beside "student_03"."""
    return all(
        claim.exercise and names.of_file(claim, numbers=True) != names.of_file(claim, numbers=False)
        for claim in flat
        if re.search(r"(?:^|[\W_])\d{2}$|^\d{2}[\W_]", LATE.sub("", claim.guess.stem))
    )
