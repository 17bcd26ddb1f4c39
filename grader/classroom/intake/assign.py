"""Turns found files into Submissions: whose each one is, for which exercise, and which attempt.

A platform's names tell all of that. Bare folders and flat files do not, so the whole intake is looked at: a table of
students wins, exercises' folders are recognised, and what all paths share is a wrapper. Two people are never merged: a
number in a flat name counts as the exercise's only where that is so in every name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from grader.classroom.intake import exercises as naming
from grader.classroom.intake.names import DASHED_COPY, LATE, Guess, guess, parse_time
from grader.classroom.intake.notebook import Found
from grader.classroom.intake.students import Student
from grader.classroom.intake.submission import Submission

WRAPPERS = frozenset({"submissions", "submission", "submitted", "students", "class", "handins", "course", "downloads"})
NOBODY = frozenset(
    {"", "notebook", "untitled", "submission", "solution", "homework", "exercise", "copy", "main", "final"}
)
NOT_WORK = frozenset({"csv", "md", "log", "json", "toml", "yml", "yaml", "ini", "db"})
ATTEMPTS_GRADED = 50  # of one student at one exercise: more are a mistake or an attack
EPOCH = datetime.min.replace(tzinfo=UTC)

People = Mapping[str, Student]


@dataclass(frozen=True, slots=True)
class Claim:
    """A found file, what its names say, the exercise it is for and whose it is ("" while that is not known)."""

    found: Found
    guess: Guess
    exercise: str | None
    student: str = ""

    @property
    def source(self) -> str:
        return "/".join(self.found.parts)


def assign(
    found: Sequence[Found], exercises: Sequence[str], table: Iterable[Student] = (), *, zipped: bool = False
) -> list[Submission]:
    people = {alias.casefold(): student for student in table for alias in (student.id, *student.others)}
    times = {item.parts[:-1]: parse_time(item.text) for item in found if item.text is not None}
    claims = [_claim(item, exercises, times) for item in found if item.text is None]
    claims = _unwrap(claims, exercises, people, zipped=zipped)
    claims = _name(claims, exercises, people)
    claims = _tell_namesakes_apart(claims)
    claims = [*_work(claims), *_instead_of_work(claims)]
    rows = [_submission(claim, exercises, people) for claim in claims]
    return _number_attempts(_tell_copies_apart(rows), claims)


def _claim(found: Found, exercises: Sequence[str], times: Mapping[tuple[str, ...], datetime | None]) -> Claim:
    read = guess(found.parts)
    if read.submitted is None and times.get(found.parts[:-1]):
        read = replace(read, submitted=times[found.parts[:-1]])
    exercise = found.exercise if found.exercise in exercises else None
    # a notebook that names an exercise of another course is not one of ours, whatever its file is called
    if found.exercise is None:
        exercise = naming.first(read.hints, exercises)
    return Claim(found, read, exercise, read.student or "")


# --- whose: folders and flat files ---


def _unwrap(claims: list[Claim], exercises: Sequence[str], people: People, *, zipped: bool) -> list[Claim]:
    """Without the folders around the whole class: those known by name, and in a zip the one that holds everything."""
    while True:
        plain = [claim for claim in claims if not claim.student]
        tops = {claim.guess.folders[0] if claim.guess.folders else "" for claim in plain}
        top = tops.pop() if len(tops) == 1 else ""
        if not top or top.casefold() in people or naming.is_exercise(top, exercises):
            return claims
        in_zip = zipped or plain[0].found.parts[0].lower().endswith(".zip")
        inner = [replace(claim, guess=replace(claim.guess, folders=claim.guess.folders[1:])) for claim in plain]
        if not (top.lower() in WRAPPERS or (in_zip and _hold_students(inner, exercises))):
            return claims
        inside = iter(inner)
        claims = [claim if claim.student else next(inside) for claim in claims]
        zipped = in_zip


def _hold_students(inner: Sequence[Claim], exercises: Sequence[str]) -> bool:
    """Whether what lies in a folder still tells students apart: by folders, or by two flat names or more."""
    work = [claim for claim in inner if not claim.found.stray]
    if all(any(not naming.is_exercise(folder, exercises) for folder in claim.guess.folders) for claim in work):
        return True
    names = {_flat_name(claim, exercises, numbers=True) for claim in work}
    return len(names) > 1 and "" not in names


def _name(claims: list[Claim], exercises: Sequence[str], people: People) -> list[Claim]:
    flat = [claim for claim in claims if not claim.student and not _folders(claim, exercises, people)]
    numbers = _numbers_are_exercises(flat, exercises)
    stems = {(claim.found.parts[:-1], claim.guess.stem) for claim in flat}
    named = []
    for claim in claims:
        if claim.student:
            named.append(claim)
        elif folders := _folders(claim, exercises, people):
            known = [folder for folder in folders if folder.casefold() in people]
            named.append(replace(claim, student=(known or folders)[0]))
        else:
            named.append(_name_flat(claim, exercises, numbers, stems))
    return named


def _folders(claim: Claim, exercises: Sequence[str], people: People) -> list[str]:
    folders = [folder for folder in claim.guess.folders if folder.lower() not in WRAPPERS]
    return [folder for folder in folders if folder.casefold() in people or not naming.is_exercise(folder, exercises)]


def _name_flat(claim: Claim, exercises: Sequence[str], numbers: bool, stems: set[tuple[tuple[str, ...], str]]) -> Claim:
    stem = claim.guess.stem
    dashed = DASHED_COPY.search(stem)
    if dashed and (claim.found.parts[:-1], stem[: dashed.start()]) in stems:
        claim = replace(claim, guess=replace(claim.guess, stem=stem[: dashed.start()], copy=int(dashed[1])))
    return replace(claim, student=_flat_name(claim, exercises, numbers=numbers))


def _flat_name(claim: Claim, exercises: Sequence[str], *, numbers: bool) -> str:
    """ "ada_02_detached_tensors_LATE" -> "ada", and "" where the name is nobody's."""
    name = LATE.sub("", claim.guess.stem).strip(" _-.,+")
    if claim.exercise:
        name = naming.without(name, claim.exercise, numbers=numbers)
    return "" if name.casefold() in NOBODY or naming.is_exercise(name, exercises) else name


def _numbers_are_exercises(flat: Sequence[Claim], exercises: Sequence[str]) -> bool:
    """Whether the numbers in flat names are the exercises': "ada_02", but not "student_02" beside "student_03"."""
    return all(
        claim.exercise and _flat_name(claim, exercises, numbers=True) != _flat_name(claim, exercises, numbers=False)
        for claim in flat
        if re.search(r"(?:^|[\W_])\d{2}$|^\d{2}[\W_]", LATE.sub("", claim.guess.stem))
    )


def _tell_namesakes_apart(claims: list[Claim]) -> list[Claim]:
    """Moodle's numbers differ from assignment to assignment, so its students are known by name, until two share one."""
    numbers = defaultdict(set)
    for claim in claims:
        if claim.guess.number:
            numbers[claim.guess.folders, claim.exercise, claim.student].add(claim.guess.number)
    shared = {student for (_, _, student), seen in numbers.items() if len(seen) > 1}
    return [
        replace(claim, student=f"{claim.student} {claim.guess.number}")
        if claim.guess.number and claim.student in shared
        else claim
        for claim in claims
    ]


# --- what: notebooks, what was refused, and what was handed in instead ---


def _work(claims: Iterable[Claim]) -> list[Claim]:
    return [claim for claim in claims if not claim.found.stray]


def _instead_of_work(claims: Sequence[Claim]) -> list[Claim]:
    """One claim for each student who handed in other files but no notebook."""
    work = _work(claims)
    served = {claim.student for claim in work} | {(claim.student, claim.exercise) for claim in work}
    instead: dict[tuple[str, str | None], list[Claim]] = defaultdict(list)
    for claim in claims:
        found = claim.found
        ending = found.parts[-1].rpartition(".")[2].lower()
        if not found.stray or (claim.guess.platform == "plain" and len(found.parts) == 1 and ending in NOT_WORK):
            continue
        if (claim.student if claim.exercise is None else (claim.student, claim.exercise)) not in served:
            instead[claim.student, claim.exercise].append(claim)
    return [_summary(group) for group in instead.values()]


def _summary(strays: Sequence[Claim]) -> Claim:
    first = strays[0]
    files = sorted(claim.found.parts[-1] for claim in strays)
    names = ", ".join(files[:3]) + (" ..." if len(files) > 3 else "")
    reason = f"there is no notebook, only {names}"
    if any(claim.found.archive for claim in strays):
        reason += "; of archives only zip is read"
    return replace(first, found=replace(first.found, stray=False, reason=reason))


# --- the rows ---


def _submission(claim: Claim, exercises: Sequence[str], people: People) -> Submission:
    person = people.get(claim.student.casefold()) if claim.student else None
    student = person.id if person else claim.student
    found, read = claim.found, claim.guess
    platform_name = read.name if claim.student == read.student else claim.student
    return Submission(
        student,
        claim.exercise,
        None if found.reason else found.notebook,
        "" if found.reason else found.sha256,
        claim.source,
        name=(person.name if person else "") or platform_name or student,
        section=person.section if person else "",
        submitted=read.submitted,
        serial=read.serial,
        late=read.late,
        reason=_reason(claim, exercises),
        platform=read.platform,
        hand_back=read.hand_back or f"{claim.student or 'unknown'}/{claim.exercise or read.stem or 'notebook'}",
    )


def _reason(claim: Claim, exercises: Sequence[str]) -> str:
    found = claim.found
    if found.reason:
        return found.reason
    if found.exercise is not None and found.exercise not in exercises:
        return f"its metadata names the exercise {found.exercise}, which this course does not have"
    if claim.exercise is None:
        return "neither its metadata nor its name says which exercise it is"
    if not claim.student:
        return "it is not clear whose work this is; a folder or file name with the student's id would say"
    return ""


def _tell_copies_apart(rows: Sequence[Submission]) -> list[Submission]:
    seen: Counter[str] = Counter()
    apart = []
    for row in sorted(rows, key=lambda row: row.source):
        seen[row.key] += 1
        apart.append(replace(row, copy=seen[row.key] - 1))
    return apart


def _number_attempts(rows: Sequence[Submission], claims: Sequence[Claim]) -> list[Submission]:
    """Numbered from the oldest: by the platform's time, its running number, the mark of a copy, the file's own time."""
    by_source = {claim.source: claim for claim in claims}

    def order(row: Submission) -> tuple[datetime, int, int, float, str]:
        claim = by_source[row.source]
        return row.submitted or EPOCH, row.serial, claim.guess.copy, claim.found.modified, row.source

    groups: dict[tuple[str, str | None], list[Submission]] = defaultdict(list)
    for row in rows:
        groups[row.student, row.exercise].append(row)
    numbered = []
    for (student, exercise), group in groups.items():
        attempts = bool(student and exercise)
        for number, row in enumerate(sorted(group, key=order), start=1):
            latest = not attempts or number == len(group)
            row = replace(row, attempt=number if attempts else 1, latest=latest)
            if attempts and number <= len(group) - ATTEMPTS_GRADED and not row.reason:
                row = replace(row, reason=f"only the newest {ATTEMPTS_GRADED} of {len(group)} attempts are graded")
            numbered.append(row)
    return sorted(numbered, key=lambda row: (row.student.casefold(), row.exercise or "~", row.attempt, row.source))
