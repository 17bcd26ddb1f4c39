"""What there is to tell of the exercise that is watched, as plain data; the screen and the plain lines both show it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from grader.course.catalogue import exercises
from grader.course.following import next_exercise
from grader.course.progress import Progress, Standing
from grader.model import Exercise, Status, Verdict
from grader.model.errors import GraderError
from grader.report import words
from grader.report.keep import Kept
from grader.words import points, score_in_words


@dataclass(frozen=True, slots=True)
class Scene:
    exercise: Exercise
    standing: Standing
    passed: int  # exercises of the course
    exercises: int
    following: Exercise | None  # to go on to
    kept: Kept | None = None  # the newest verdict
    change: float | None = None  # of the score since the verdict before
    refusal: GraderError | None = None  # why there is no verdict on the newest text
    clock: str = ""  # when that was

    @property
    def verdict(self) -> Verdict | None:
        """On the newest text."""
        return self.kept.verdict if self.kept and not self.refusal else None

    @property
    def fails(self) -> bool:
        return self.verdict is not None and self.verdict.status not in (Status.PASSED, *words.NOT_GRADED)


def begin(exercise: Exercise) -> Scene:
    """Before anything has been graded."""
    progress, listed = Progress(exercise.course), exercises(exercise.course)
    passed = sum(progress.standing(each).passed for each in listed)
    following = next_exercise(exercise.course, exercise)
    return Scene(exercise, progress.standing(exercise), passed, len(listed), following)


def judged(before: Scene, kept: Kept, fresh: bool) -> Scene:
    """With a verdict; one that is not `fresh` is the last one, explained."""
    change = before.change
    if fresh:
        change = kept.verdict.score - before.kept.verdict.score if before.kept else None
    return replace(begin(before.exercise), kept=kept, change=change, clock=time.strftime("%H:%M:%S"))


def refused(before: Scene, error: GraderError) -> Scene:
    """Without one."""
    return replace(before, refusal=error, clock=time.strftime("%H:%M:%S"))


def heading(exercise: Exercise) -> str:
    return f"{exercise.number} {exercise.title}"


def changed(scene: Scene) -> str:
    """' (+2)', or nothing where there is nothing to compare with."""
    if scene.change is None:
        return ""
    if not scene.change:
        return " (no change)"
    return f" ({'+' if scene.change > 0 else '-'}{points(abs(scene.change))})"


def summary(scene: Scene) -> str:
    """The scene in one line."""
    verdict = scene.verdict
    if scene.refusal:
        return f"{heading(scene.exercise)}: not graded."
    if verdict is None:
        return f"{heading(scene.exercise)}: not graded yet."
    if verdict.status in words.NOT_GRADED:
        return f"{heading(scene.exercise)}: {words.STATUS[verdict.status]}."
    score = score_in_words(verdict.score, verdict.max_score)
    line = f"{heading(scene.exercise)}: {score}{changed(scene)}, {words.STATUS[verdict.status]}."
    if verdict.status is Status.PASSED:
        return f"{line} {scene.passed} of {scene.exercises} exercises passed."
    return f"{line} Your best: {points(scene.standing.best)}." if scene.standing.best > verdict.score else line
