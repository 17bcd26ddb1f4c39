"""Verdict -> progress and reports: what is kept of a learner's grading, whichever way it was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from grader import report
from grader.course.files import write_whole
from grader.course.following import what_comes_next
from grader.course.hints import notes
from grader.course.notebook import Notebook
from grader.course.progress import Progress
from grader.course.reveal import hold_back, pack
from grader.model import Exercise, Notes, Reveal, Status, Verdict


@dataclass(frozen=True, slots=True)
class Kept:
    """A verdict as the learner may see it now, and what to show beside it."""

    verdict: Verdict
    notes: Notes


def keep(
    exercise: Exercise,
    notebook: Notebook,
    verdict: Verdict,
    html: Path | None = None,
    own: bool = True,
    again: bool = False,
    reveal: Reveal | None = None,
) -> Kept:
    """Note the verdict in the learner's progress (if the notebook is the exercise's own) and write the reports, to
    `html` or where reports go. `again`: it was noted before, and now has its findings."""
    progress = Progress(exercise.course)
    standing = progress.standing(exercise)
    if own:
        noted = progress.add_findings if again else progress.note
        standing = noted(exercise, verdict, pack(verdict))
    html = html or progress.report_path(exercise)
    shown = hold_back(exercise, standing, verdict, reveal)
    if own and verdict.status is Status.PASSED and verdict.score == verdict.max_score:  # in a kit some checks wait
        shown = replace(shown, next_step=what_comes_next(exercise))
    told = replace(notes(exercise, standing, verdict, notebook), notebook=Path(notebook.name), report=html)
    try:
        write_whole(html, report.render(shown, told, "html"))
        write_whole(html.with_suffix(".json"), report.render(shown, told, "json"))
    except OSError as error:
        told = replace(told, report=None, problem=f"The report could not be written to {html}: {error.strerror}.")
    return Kept(shown, told)
