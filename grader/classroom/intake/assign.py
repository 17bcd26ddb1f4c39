"""Turns found files into Submissions: whose each one is, for which exercise, and which attempt.

A platform's names tell all of that. Of bare folders and flat files `whose` finds the owners. What is not certain is not
guessed: it is a row without a student or an exercise, or a name that a person should look at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from grader.classroom.intake import exercises as naming
from grader.classroom.intake.beside import OtherFile, not_looked_at, sort_strays
from grader.classroom.intake.claim import Claim
from grader.classroom.intake.gradescope import Uploads, guesses, read_uploads
from grader.classroom.intake.names import Guess, guess, parse_time, without_zip
from grader.classroom.intake.notebook import Found
from grader.classroom.intake.students import People, Student
from grader.classroom.intake.submission import Submission
from grader.classroom.intake.whose import name_students

ATTEMPTS_GRADED = 50  # of one student at one exercise: more are a mistake or an attack
EPOCH = datetime.min.replace(tzinfo=UTC)
EVERYTHING = ""  # in Assigned: what is said of everything that does not say for itself

Assigned = Mapping[str, str]  # a folder's or an archive's name -> the exercise that it is for


@dataclass(frozen=True, slots=True)
class NewName:
    """A student's name that was found in no table, and why a person should look at it."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that was there: each file is a submission or one of the others."""

    submissions: list[Submission]
    others: list[OtherFile]
    new_names: list[NewName]
    people: People


def assign(
    found: Sequence[Found], exercises: Sequence[str], people: People, assigned: Assigned | None = None
) -> Intake:
    read = [item for item in found if item.text is None and not item.hidden]
    times = {
        item.parts[:-1]: parse_time(item.text)
        for item in found
        if item.parts[-1].lower() == "timestamp.txt" and item.text
    }
    uploads = read_uploads(found)
    said = {without_zip(name).casefold(): exercise for name, exercise in (assigned or {}).items()}
    claims = [claim for item in read for claim in _claims(item, exercises, times, uploads, said)]
    claims = _note_wrong_exercises(claims, exercises, said)
    claims = _tell_namesakes_apart(name_students(claims, exercises, people, said))
    instead, others = sort_strays(claims, exercises)
    claims = [*(claim for claim in claims if not claim.found.stray), *instead]
    rows = [_submission(claim, exercises, people) for claim in claims]
    others += not_looked_at([item for item in found if item.text is not None or item.hidden])
    return Intake(
        _number_attempts(_tell_copies_apart(rows), claims),
        sorted(others, key=lambda other: other.source),
        _new_names(claims, people),
        people,
    )


def _claims(
    found: Found,
    exercises: Sequence[str],
    times: Mapping[tuple[str, ...], datetime | None],
    uploads: Uploads,
    assigned: Assigned,
) -> list[Claim]:
    """One, or one for each member of a group."""
    readings = guesses(found.parts, uploads) or [guess(found.parts)]
    if times.get(found.parts[:-1]):
        readings = [replace(read, submitted=read.submitted or times[found.parts[:-1]]) for read in readings]
    return [Claim(found, read, _exercise(found, read, exercises, assigned), read.student or "") for read in readings]


# --- for which exercise ---


def _exercise(found: Found, read: Guess, exercises: Sequence[str], assigned: Assigned) -> str | None:
    if found.exercise is not None:
        # a notebook that names an exercise of another course is not one of ours, whatever its file is called
        return found.exercise if found.exercise in exercises else None
    return _assigned_to(found, assigned) or naming.which(read.hints, exercises)


def _assigned_to(found: Found, assigned: Assigned) -> str | None:
    """What was said about the nearest folder or archive around it, or else about everything."""
    around = (assigned.get(without_zip(part).casefold()) for part in reversed(found.parts[:-1]))
    return next((exercise for exercise in around if exercise), assigned.get(EVERYTHING))


def _note_wrong_exercises(claims: Sequence[Claim], exercises: Sequence[str], assigned: Assigned) -> list[Claim]:
    """A note on each notebook that was submitted for one exercise and is another's.

    Names of folders are believed in this only where most of what they hold is what they say.
    """
    meant = [
        _assigned_to(claim.found, assigned) or naming.which(("", *claim.guess.hints[1:]), exercises) for claim in claims
    ]
    told = [
        (exercise, claim.found.exercise) for claim, exercise in zip(claims, meant, strict=True) if claim.found.exercise
    ]
    held = Counter(exercise for exercise, _ in told)
    right = Counter(exercise for exercise, own in told if exercise == own)
    noted = []
    for claim, exercise in zip(claims, meant, strict=True):
        sure = _assigned_to(claim.found, assigned) or 2 * right[exercise or ""] >= held[exercise or ""]
        if exercise and claim.found.exercise and claim.exercise and claim.exercise != exercise and sure:
            note = f"submitted for {exercise}, but this is the notebook of {claim.exercise}"
            claim = replace(claim, note=note)
        noted.append(claim)
    return noted


# --- whose ---


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


def _new_names(claims: Sequence[Claim], people: People) -> list[NewName]:
    """Who is in no table; without a table, who may be several people."""
    places: dict[str, dict[str | None, set[tuple[str, ...]]]] = defaultdict(lambda: defaultdict(set))
    for claim in claims:
        if claim.student and _person(claim, people) is None:
            guessed = claim.found.parts[:-1] if claim.guess.student is None else ()
            places[claim.student][claim.exercise].add(guessed)
    doubtful = []
    for name, by_exercise in sorted(places.items()):
        several = max(by_exercise.values(), key=len)
        if len(several) > 1:
            folders = ", ".join(sorted("/".join(place) for place in several)[:3])
            doubtful.append(NewName(name, f"one student, or several? {len(several)} folders hold attempts: {folders}"))
        elif people:
            doubtful.append(NewName(name, "in no table of students"))
    return doubtful


# --- the rows ---


def _person(claim: Claim, people: People) -> Student | None:
    return people.find(claim.student, *claim.guess.other_ids, claim.guess.name if claim.guess.student else "")


def _submission(claim: Claim, exercises: Sequence[str], people: People) -> Submission:
    person = _person(claim, people) if claim.student else None
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
        note=claim.note,
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
