"""A course and how far a learner is with it: each exercise with its topic, the minutes that it takes and what is still
open in it; at the end, what there is left and where to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from grader.course.progress import Standing
from grader.model import Exercise
from grader.report import drawing, spoken
from grader.report.drawing import Drawing, Signs
from grader.words import from_here, out_of, plural, score_in_words


@dataclass(frozen=True, slots=True)
class Course:
    folder: Path
    exercises: list[Exercise]
    standings: Mapping[str, Standing]  # by the exercise's id

    def standing(self, exercise: Exercise) -> Standing:
        return self.standings.get(exercise.id, Standing())

    @property
    def open(self) -> list[Exercise]:
        return [exercise for exercise in self.exercises if not self.standing(exercise).passed]


def show(course: Course, console: Console, plain: bool = False) -> None:
    """Print to a terminal; `plain` is for screen readers."""
    if plain:
        spoken.show(_sentences(course), console)
    else:
        drawing.show(lambda width, signs: _page(course, console, Drawing((), width, signs), signs), console)


def _page(course: Course, console: Console, page: Drawing, signs: Signs) -> Iterator[Text]:
    rows = {exercise.id: _cells(exercise, course.standing(exercise)) for exercise in course.exercises}
    widths = [max(map(cell_len, column)) for column in zip(*rows.values(), strict=True)]
    for exercise in course.exercises:
        standing = course.standing(exercise)
        title, *others = rows[exercise.id]
        line = Text(f" {signs.passed if standing.passed else signs.begun if standing.attempts else ' '} ")
        line.append(f"{exercise.number}  ")
        line.append(title, page.link(drawing.address(exercise.notebook, console)))
        line.append(" " * (widths[0] - cell_len(title)))
        for cell, width in zip(others, widths[1:], strict=True):
            line.append(f"  {cell}{' ' * (width - cell_len(cell))}")
        line.rstrip()
        yield line
        yield from page.indented(_still_open(exercise, standing), 7, style="dim")
    yield Text()
    yield from page.indented(_left(course), 0)
    if course.open:
        following = course.open[0]
        path = Text(from_here(following.notebook), page.link(drawing.address(following.notebook, console)))
        yield Text("Next: repair ").append(path).append(", save it,")
        yield Text(f"then `python -m grader {following.number}`.")


def _cells(exercise: Exercise, standing: Standing) -> tuple[str, str, str, str]:
    score = out_of(standing.best, exercise.max_score) if standing.attempts else "not begun"
    return exercise.title, exercise.topic, f"{exercise.minutes} min", "passed" if standing.passed else score


def _still_open(exercise: Exercise, standing: Standing) -> str:
    """'2 attempts; open: every trainable variable receives a gradient, and 1 more'."""
    if standing.passed or standing.last is None:
        return ""
    failing = [check.title for check in exercise.checks if check.id in standing.failing]
    more = f", and {len(failing) - 1} more" if failing[1:] else ""
    reason = failing[0] + more if failing else standing.last.message.rstrip(".")
    return f"{plural(standing.attempts, 'attempt')}; open: {reason}"


def _left(course: Course) -> str:
    if not course.exercises:
        return f"There are no exercises in {course.folder}."
    if not course.open:
        return "All exercises passed. For code of your own: `python -m grader doctor FILE`."
    verb = "is" if len(course.open) == 1 else "are"
    minutes = plural(sum(exercise.minutes for exercise in course.open), "minute")
    return f"{len(course.open)} of {plural(len(course.exercises), 'exercise')} {verb} open, about {minutes}."


def _sentences(course: Course) -> Iterator[str]:
    for exercise in course.exercises:
        standing = course.standing(exercise)
        score = score_in_words(standing.best, exercise.max_score)
        state = "passed" if standing.passed else f"best {score}" if standing.attempts else "not begun"
        still = _still_open(exercise, standing)
        about = f"{exercise.topic}, about {plural(exercise.minutes, 'minute')}"
        yield f"{exercise.number} {exercise.title}: {state}; {about}.{f' {still}.' if still else ''}"
    step = f" Next: `python -m grader {course.open[0].number}`." if course.open else ""
    yield _left(course) + step
