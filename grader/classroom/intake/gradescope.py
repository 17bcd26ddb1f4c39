"""Reads Gradescope's export of an assignment: `submission_NNN` folders, and a submission_metadata.yml that tells whose
each one is and when it was submitted. A group's submission is one for each of its members.

Students can put a file of that name into their own submission, so it is believed only where Gradescope writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from grader.classroom.intake.names import Guess, file_stem, parse_time, without_zip
from grader.classroom.intake.notebook import Found
from grader.classroom.intake.text import clean

METADATA = "submission_metadata.yml"
EXPORT = re.compile(r"^assignment_\d+_export$")
SUBMISSION = re.compile(r"^submission_(?P<number>\d+)$")


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Upload:
    """One `submission_NNN`: of a student, or of a group."""

    members: tuple[Member, ...]
    submitted: datetime | None


Uploads = Mapping[tuple[str, ...], Upload]  # by folder


def read_uploads(found: Sequence[Found]) -> Uploads:
    """What Gradescope says about the folders of an export; empty where this is none."""
    uploads: dict[tuple[str, ...], Upload] = {}
    for item in found:
        if item.parts[-1].lower() == METADATA and item.text and _is_gradescopes(item.parts[:-1], found):
            for name, entry in _parsed(item.text).items():
                if SUBMISSION.match(str(name)) and isinstance(entry, dict):
                    uploads[(*item.parts[:-1], str(name))] = _upload(entry)
    return uploads


def guesses(parts: tuple[str, ...], uploads: Uploads) -> list[Guess]:
    """What the metadata says of a file, once for each member of its group; [] where it says nothing."""
    depth = next((depth for depth in range(1, len(parts)) if parts[:depth] in uploads), 0)
    if not depth:
        return []
    upload = uploads[parts[:depth]]
    return [_guess(parts, depth, upload, member) for member in upload.members]


def _is_gradescopes(folder: tuple[str, ...], found: Sequence[Found]) -> bool:
    """At the root of everything, in the one folder around everything, or in an export by its name."""
    around_all = all(item.parts[: len(folder)] == folder for item in found if not item.hidden)
    return around_all or (len(folder) <= 2 and all(EXPORT.match(without_zip(part)) for part in folder))


def _parsed(text: str) -> dict[Any, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is built
    try:
        table = yaml.load(text, loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _upload(entry: Mapping[Any, Any]) -> Upload:
    listed = entry.get(":submitters")
    members = tuple(_members(listed if isinstance(listed, list) else []))
    made = entry.get(":created_at")
    if isinstance(made, datetime):
        made = made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
    return Upload(members, made if isinstance(made, datetime) else parse_time(str(made)))


def _members(listed: Sequence[object]) -> Iterator[Member]:
    for one in listed:
        if isinstance(one, dict):
            name, sid, email = (clean(str(one.get(key) or "")) for key in (":name", ":sid", ":email"))
            if sid or email or name:
                yield Member(sid or email or name, name, email)


def _guess(parts: tuple[str, ...], depth: int, upload: Upload, member: Member) -> Guess:
    above, below = parts[:depth], parts[depth:]
    stem, copy = file_stem(below[-1])
    named = SUBMISSION.match(above[-1])
    return Guess(
        member.id,
        member.name,
        "gradescope",
        (stem, *reversed(below[:-1]), *(without_zip(part) for part in reversed(above[:-1]))),
        stem=stem,
        submitted=upload.submitted,
        serial=int(named["number"]) if named else 0,
        copy=copy,
        place=(*above, member.id),
        other_ids=tuple(one for one in (member.email, member.name) if one),
    )
