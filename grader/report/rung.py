"""One hint on a terminal: what it is for, its text, and the line where it is the last rung."""

from __future__ import annotations

from rich.console import Console

from grader.course.hints import Rung, notebook_of
from grader.model import Exercise
from grader.report import drawing, spoken
from grader.report.prose import literally, show_prose


def show_rung(exercise: Exercise, rung: Rung, console: Console, plain: bool = False, titled: bool = True) -> None:
    """Print a hint; a message of the learner's own code as it is, our texts as the Markdown that they are. `plain` is
    for screen readers; `titled`: with the exercise's name."""
    show_prose(tell_rung(exercise, rung, titled), console)
    if rung.findings and plain:
        spoken.show(spoken.tell_findings(rung.findings, notebook_of(exercise)), console)
    elif rung.findings:
        drawing.show_findings(rung.findings, notebook_of(exercise), console)


def tell_rung(exercise: Exercise, rung: Rung, titled: bool = True) -> str:
    """A hint in Markdown, without its line."""
    which = f"{exercise.number} {exercise.title}, hint" if titled else "Hint"
    whose = f" for “{rung.check.title}”" if rung.check else ""
    text = rung.text if any(rung.text in bug.hints for bug in exercise.bugs) else literally(rung.text)
    return f"{which} {rung.number} of {rung.total}{whose}\n\n{text}"
