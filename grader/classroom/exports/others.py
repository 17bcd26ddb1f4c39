"""other-files.csv: every file among the submissions that is no submission of its own, and what it is taken for."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from grader.classroom.exports.cells import harmless
from grader.classroom.intake import Intake, OtherFile
from grader.classroom.intake.submission import Submission
from grader.words import plural

NAMES_SHOWN = 10


def others_csv(others: Sequence[OtherFile]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "what it is", "student"])
    writer.writerows([harmless(other.source), other.kind, harmless(other.student)] for other in others)
    return out.getvalue()


def about_files(intake: Intake, file: str) -> Iterator[str]:
    """What a person should know of the files, beside the scores; `file` is where the others are listed."""
    without = [one for one in intake.submissions if one.reason.startswith("there is no notebook")]
    if without:
        yield f"{plural(len(without), 'submission')} without a notebook: {_by_ending(map(_ending_of, without))}."
    if intake.others:
        by_ending = _by_ending(other.ending for other in intake.others)
        yield f"{file}: {plural(len(intake.others), 'other file')}: {by_ending}."
    if unclear := [one for one in intake.submissions if one.student and not one.exercise]:
        yield (
            f"For {plural(len(unclear), 'submission')} it is not clear which exercise it is: "
            "--exercise 02, or --exercise 'ARCHIVE OR FOLDER=02', says it."
        )
    for one in intake.submissions:
        if one.note:
            yield f"{one.name or one.student}: {one.source} was {one.note}. It replaces no other attempt."
    if intake.new_names:
        shown = "; ".join(f"{new.name} ({new.why})" for new in intake.new_names[:NAMES_SHOWN])
        more = f"; and {len(intake.new_names) - NAMES_SHOWN} more" if len(intake.new_names) > NAMES_SHOWN else ""
        yield f"New names that are in no table: {shown}{more}."


def _ending_of(one: Submission) -> str:
    return OtherFile(one.source, "").ending


def _by_ending(endings: Iterable[str]) -> str:
    return ", ".join(f"{count} {ending}" for ending, count in Counter(endings).most_common())
