"""Verdict -> progress and reports: what is kept of a learner's grading, whichever way it was asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grader import report
from grader.course.files import write_whole
from grader.course.hints import notes
from grader.course.notebook import Notebook
from grader.course.progress import Progress
from grader.model import Exercise, Notes, Verdict


def keep(exercise: Exercise, notebook: Notebook, verdict: Verdict, html: Path | None = None, own: bool = True) -> Notes:
    """Note the verdict in the learner's progress (if the notebook is the exercise's own) and write the reports, to
    `html` or where reports go; what to show beside the verdict."""
    progress = Progress(exercise.course)
    standing = progress.note(exercise, verdict) if own else progress.standing(exercise)
    html = html or progress.report_path(exercise)
    told = replace(notes(exercise, standing, verdict, notebook), report=html)
    try:
        write_whole(html, report.render(verdict, told, "html"))
        write_whole(html.with_suffix(".json"), report.render(verdict, told, "json"))
    except OSError as error:
        told = replace(told, report=None, problem=f"The report could not be written to {html}: {error.strerror}.")
    return told
