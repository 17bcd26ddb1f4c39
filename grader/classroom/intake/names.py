"""Reads the path of a submitted file: whose it is, which exercise, when, and where its feedback belongs.

Checked against the platforms' own sources: Canvas `lib/content_zipper.rb` (name[_LATE]_user_attachment_file, without
names anon_code), Moodle `mod/assign/classes/downloader.php` (Full Name_number_assignsubmission_file, a folder or a
prefix, with a trailing underscore before 4.1), nbgrader's submitted/STUDENT/ASSIGNMENT and its exchange's
STUDENT+ASSIGNMENT+TIME, Blackboard's ASSIGNMENT_STUDENT_attempt_TIME_FILE, and what `gh classroom clone student-repos`
makes, ASSIGNMENT-submissions/ASSIGNMENT-STUDENT. Gradescope's names say nothing; see gradescope.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from grader.classroom.intake.notebook import NOTEBOOK_NAME

_CANVAS_FILE = r"_(?:(?P<file>(?P<attachment>[1-9]\d{2,})_.+)|(?P<typed>text|link)\.html)$"
CANVAS = re.compile(r"^(?P<name>[^\W_]\w*?)(?P<late>_LATE)?_(?P<student>[1-9]\d*)" + _CANVAS_FILE)
CANVAS_ANONYMOUS = re.compile(r"^(?P<late>LATE_)?(?P<student>anon_[A-Za-z0-9]{4,8})" + _CANVAS_FILE)
MOODLE = re.compile(
    r"^(?P<name>.+)_(?P<number>\d+)_assign(?:submission|feedback)_(?:file|onlinetext)(?:_(?P<file>.*))?$"
)
EXCHANGE = re.compile(r"^(?P<student>[^+]+)\+(?P<exercise>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d[ _T].+?)(?:\+.*)?$")
BLACKBOARD = re.compile(
    r"^(?P<exercise>.+)_(?P<student>[^_]+)_attempt_(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)(?:_(?P<file>.+))?$"
)
COPY = re.compile(r"\s*\((\d{1,3})\)$|\s+-\s+[Cc]opy(?: \((\d{1,3})\))?$")  # "x (1)", "x - Copy"
DASHED_COPY = re.compile(r"-([1-9])$")  # Canvas' "x-1"
UNTITLED = frozenset({"notebook", "nb", "untitled", "solution", "submission", "main"})  # "x-1" of these is a copy
CLONED = "-submissions"
LATE = re.compile(r"(?:^|[\W_])LATE(?=$|[\W_])")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """What a path says. `student` is None where only the folders can tell, which `assign` settles."""

    student: str | None
    name: str = ""
    platform: str = "plain"
    hints: tuple[str, ...] = ()  # names that may say which exercise this is: the file's own, its folders' from inside
    folders: tuple[str, ...] = ()  # left over for finding a student
    stem: str = ""  # of the file's own name, without copy marks
    late: bool = False
    submitted: datetime | None = None
    serial: int = 0
    copy: int = 0
    hand_back: str = ""
    number: str = ""  # Moodle's, which differs from assignment to assignment
    place: Path = ()  # where everything lies that was submitted together with this
    other_ids: tuple[str, ...] = ()  # under which a table may know the student


def guess(parts: Sequence[str]) -> Guess:
    """The platforms' own patterns, from the outermost name inwards; else the bare folders."""
    for index, part in enumerate(parts):
        above, below = tuple(parts[:index]), tuple(parts[index + 1 :])
        for pattern, reading in PATTERNS:
            if match := pattern.match(part):
                return reading(match, above, below)
        if part.lower() == "submitted" and len(below) >= 3:
            return _nbgrader(above, below)
        if part.endswith(CLONED) and len(below) >= 2 and below[0].startswith(part.removesuffix(CLONED) + "-"):
            return _github(part.removesuffix(CLONED), above, below)
    stem, copy = file_stem(parts[-1])
    dashed = DASHED_COPY.search(stem)
    if dashed and stem[: dashed.start()].lower() in UNTITLED:
        stem, copy = stem[: dashed.start()], max(copy, int(dashed[1]))
    folders = tuple(without_zip(part) for part in parts[:-1])
    hints = (LATE.sub("", stem).strip(" _-.,"), *reversed(folders))
    return Guess(None, hints=hints, folders=folders, stem=stem, copy=copy, late=_late(parts), place=tuple(parts[:-1]))


def file_stem(name: str) -> tuple[str, int]:
    """The name without its ending and copy marks, and the number of the copy."""
    match = NOTEBOOK_NAME.match(name)
    stem = match["stem"] if match else without_zip(name).rpartition(".")[0] or without_zip(name)
    copy = int(match["copy"]) if match and match["copy"] else 0
    if marked := COPY.search(stem):
        copy = max(copy, int(marked[1] or marked[2] or 1))
        stem = stem[: marked.start()]
    return stem.strip(), copy


def without_zip(name: str) -> str:
    """A folder's name, or that of a zip without the ending and without a copy mark."""
    if not name.lower().endswith(".zip"):
        return name
    stem = name[: -len(".zip")]
    return COPY.sub("", stem).strip() or stem


def parse_time(text: str) -> datetime | None:
    """nbgrader writes "2015-02-02 15:58:23.948203 UTC" and "... Europe/Berlin"; Blackboard "2015-02-02-15-58-23"."""
    match = re.match(r"\s*(\d{4})-(\d\d)-(\d\d)[-T_ ](\d\d)[-:](\d\d)[-:](\d\d)(?:[.,](\d{1,6}))?", text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(group) for group in match.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second, int((match[7] or "").ljust(6, "0")), tzinfo=UTC)
    except ValueError:
        return None


def _moodle(match: re.Match[str], above: Path, below: Path) -> Guess:
    name, number, inner = match["name"].strip(), match["number"], match["file"] or ""
    blind = name in ("Participant", "Teilnehmer/in", "Participante")
    file = below[-1] if below else inner
    stem, copy = file_stem(file)
    folder = match.string if below else match.string[: len(match.string) - len(inner)].rstrip("_")
    return Guess(
        f"{name} {number}" if blind else name,
        name,
        "moodle",
        (stem, *reversed(below[:-1]), *(without_zip(part) for part in reversed(above))),
        late=_late((file,)),
        copy=copy,
        folders=above,
        hand_back=f"{folder}/{stem}",
        number=number,
        place=(*above, name, number),
    )


def _canvas(match: re.Match[str], above: Path, below: Path) -> Guess:
    student = match["student"]
    stem, copy = file_stem(below[-1] if below else (match["file"] or "").partition("_")[2])
    if dashed := DASHED_COPY.search(stem):
        copy, stem = max(copy, int(dashed[1])), stem[: dashed.start()]
    own = file_stem(match.string)[0]
    return Guess(
        student,
        match.groupdict().get("name") or student,
        "canvas",
        (stem, *reversed(below[:-1]), *(without_zip(part) for part in reversed(above))),
        late=match["late"] is not None,
        serial=int(match["attachment"] or 0),
        copy=copy,
        hand_back=f"{own}_{stem}" if below else own,
        place=(*above, student),
    )


def _nbgrader(above: Path, below: Path) -> Guess:
    student, exercise, *_, file = below
    stem, copy = file_stem(file)
    return Guess(
        student,
        platform="nbgrader",
        hints=(stem, exercise, *reversed(above)),
        late=_late((file,)),
        copy=copy,
        hand_back=f"{student}/{exercise}/{stem}",
        place=(*above, student, exercise),
    )


def _github(assignment: str, above: Path, below: Path) -> Guess:
    student = below[0].removeprefix(f"{assignment}-")
    stem, copy = file_stem(below[-1])
    return Guess(
        student,
        platform="github",
        hints=(stem, *reversed(below[1:-1]), assignment, *reversed(above)),
        late=_late(below[-1:]),
        copy=copy,
        place=(*above, below[0]),
    )


def _exchange(match: re.Match[str], above: Path, below: Path) -> Guess:
    student, exercise = match["student"], match["exercise"]
    stem, copy = file_stem(below[-1]) if below else ("", 0)
    return Guess(
        student,
        platform="nbgrader",
        hints=(stem, exercise, *reversed(above)),
        late=_late(below),
        submitted=parse_time(match["time"]),
        copy=copy,
        hand_back=f"{student}/{exercise}/{stem}",
        place=(*above, match.string),
    )


def _blackboard(match: re.Match[str], above: Path, below: Path) -> Guess:
    stem, copy = file_stem(below[-1] if below else match["file"] or "")
    return Guess(
        match["student"],
        hints=(stem, match["exercise"], *reversed(above)),
        late=_late((stem,)),
        submitted=parse_time(match["time"]),
        copy=copy,
        place=(*above, match["student"], match["time"]),
    )


def _late(parts: Sequence[str]) -> bool:
    return any(LATE.search(part) for part in parts)


PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Path, Path], Guess]], ...] = (
    (MOODLE, _moodle),
    (CANVAS, _canvas),
    (CANVAS_ANONYMOUS, _canvas),
    (EXCHANGE, _exchange),
    (BLACKBOARD, _blackboard),
)
