"""Which exercise comes next, and the sentence that says so."""

from __future__ import annotations

from pathlib import Path

from grader.course.catalogue import exercises
from grader.course.progress import Progress
from grader.model import Exercise


def next_exercise(course: Path, after: Exercise | None = None) -> Exercise | None:
    """The first exercise that is not passed; counted from the one after `after`, which itself is none."""
    progress, listed = Progress(course), exercises(course)
    ids = [exercise.id for exercise in listed]
    if after is not None and after.id in ids:
        place = ids.index(after.id)
        listed = listed[place + 1 :] + listed[:place]
    return next((exercise for exercise in listed if not progress.standing(exercise).passed), None)


def what_comes_next(exercise: Exercise) -> str:
    """What follows "Next: " after passing an exercise: the next one by its name and command, or one's own code."""
    following = next_exercise(exercise.course, exercise)
    if following is not None:
        return f"{following.number} {following.title}, `python -m grader watch {following.number}`."
    return "Try `python -m grader doctor FILE` on code of your own: that was the last exercise."
