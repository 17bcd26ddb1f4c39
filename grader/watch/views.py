"""What the middle of the screen can show of a scene. Each view prints to a console of any width; what of it fits is the
screen's business."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from grader import report
from grader.course.catalogue import exercises
from grader.course.progress import Progress, Standing
from grader.model import Exercise, Status
from grader.report import drawing, words
from grader.report.drawing import Drawing, Signs
from grader.report.prose import literally, show_prose
from grader.report.terminal import Part
from grader.watch.scene import Scene, changed, heading
from grader.words import from_here, out_of, plural

GUTTER = 2  # columns between two things in a row


def head(scene: Scene, width: int, signs: Signs) -> Iterator[Text]:
    """The title with the points, and how far the learner is with the course."""
    verdict = scene.verdict
    status = words.STATUS[verdict.status] if verdict else "not graded" if scene.refusal else ""
    colour = "green" if verdict and verdict.status is Status.PASSED else "red"
    right = Text(status, f"bold {colour}")
    if verdict and verdict.status not in words.NOT_GRADED:
        better = (scene.change or 0) > 0
        score = Text(f"{out_of(verdict.score, verdict.max_score)} points", f"bold {colour}")
        right = score.append(changed(scene), "bold green" if better else "bold").append("   ").append(right)
    yield _row(Text(heading(scene.exercise), "bold"), right, width)
    told = Text(f"{scene.passed} of {plural(scene.exercises, 'exercise')} passed")
    best = Text(_best(scene.exercise, scene.standing), "dim")
    room = width - told.cell_len - GUTTER - _beside(best)
    yield _row(told.append(" " * GUTTER).append(_bar(scene, room, signs)), best, width)


def verdict(scene: Scene, console: Console) -> None:
    """The exercise as it stands: before the first verdict, after a refusal, failed or passed."""
    if scene.refusal:
        show_prose(f"{literally(scene.refusal.message)}\n\n{literally(scene.refusal.next_step)}", console)
    elif scene.kept is None:
        learn = "".join(f"\n* {item}" for item in scene.exercise.learn)
        notebook = literally(from_here(scene.exercise.notebook))
        show_prose(
            f"{scene.exercise.summary}\n\nYou will learn to\n{learn}\n\nRepair {notebook} and save it. "
            "Every save is graded.",
            console,
        )
    elif scene.kept.verdict.status is Status.PASSED:
        show_prose(_learnt(scene), console)
    else:
        _report(scene, console, "first problem")
        rest = _other_checks(scene)
        if rest:
            _print(rest, console, "dim")


def sheet(scene: Scene, console: Console) -> None:
    """Every check in a line."""
    _report(scene, console, "sheet")


def whole(scene: Scene, console: Console) -> None:
    """What `grade` prints."""
    _report(scene, console, "all below the title")


def course(scene: Scene, console: Console, chosen: int) -> None:
    """The exercises, one of them chosen."""
    progress, listed = Progress(scene.exercise.course), exercises(scene.exercise.course)
    widest = max(len(exercise.title) for exercise in listed)

    def compose(_width: int, signs: Signs) -> Iterator[Text]:
        for number, exercise in enumerate(listed):
            standing = progress.standing(exercise)
            state = "passed" if standing.passed else _best(exercise, standing) or "not begun"
            marks = f"{'>' if number == chosen else ' '} {signs.passed if standing.passed else ' '}"
            line = f"{marks} {exercise.number}  {exercise.title:<{widest}}  {state}"
            yield Text(line, "bold" if number == chosen else "")

    drawing.show(compose, console)


def meanings(keys: dict[str, str], console: Console) -> None:
    drawing.show(lambda _width, _signs: (Text(f" {key:<5} {meaning}") for key, meaning in keys.items()), console)


def _report(scene: Scene, console: Console, part: Part) -> None:
    if scene.kept:
        report.show_part(scene.kept.verdict, scene.kept.notes, console, part)


def _learnt(scene: Scene) -> str:
    assert scene.kept is not None
    text = f"**Passed.** {_what_next(scene)}\n\nYou can now\n" + "".join(f"\n* {item}" for item in scene.exercise.learn)
    for bug in scene.kept.notes.debrief:
        text += f"\n\n**What was wrong: {bug.title} ({bug.code})**\n\n{bug.debrief}"
    return text


def _what_next(scene: Scene) -> str:
    assert scene.kept is not None
    verdict = scene.kept.verdict
    if scene.following and verdict.score == verdict.max_score:
        return f"Press n to go on to {heading(scene.following)}, or stay: every save is still graded."
    return literally(verdict.next_step)  # after the last exercise, or where checks wait for the instructor


def _other_checks(scene: Scene) -> str:
    """'Of the other checks 1 fails, 2 were skipped and 3 pass.'"""
    assert scene.kept is not None
    checks = words.order_checks(scene.kept.verdict.checks)[1:]
    if not checks or scene.kept.verdict.status is not Status.FAILED:
        return ""
    passed = sum(check.status == "passed" for check in checks)
    skipped = sum(check.status == "skipped" for check in checks)
    failing = len(checks) - passed - skipped
    parts = [
        f"{failing} {'fails' if failing == 1 else 'fail'}" if failing else "",
        f"{skipped} {'was' if skipped == 1 else 'were'} skipped" if skipped else "",
        f"{passed} {'passes' if passed == 1 else 'pass'}" if passed else "",
    ]
    told = [part for part in parts if part]
    return f"Of the other checks {' and '.join([', '.join(told[:-1]), told[-1]] if told[1:] else told)}."


def _best(exercise: Exercise, standing: Standing) -> str:
    if not standing.attempts or standing.passed:
        return ""
    return f"best {out_of(standing.best, exercise.max_score)}, {plural(standing.attempts, 'attempt')}"


def _bar(scene: Scene, room: int, signs: Signs) -> Text:
    full, empty = ("━", "─") if signs is drawing.UNICODE else ("#", "-")
    filled = room * scene.passed // max(1, scene.exercises)
    return Text().append(full * filled, "green").append(empty * (room - filled), "dim")


def _beside(right: Text) -> int:
    """The columns that `right` takes from what stands at its left."""
    return right.cell_len + GUTTER if right else 0


def _row(left: Text, right: Text, width: int) -> Text:
    """`left` and `right` at the two margins of one row; `left` gives way."""
    left.truncate(max(0, width - _beside(right)), overflow="ellipsis")
    return Text().append(left).append(" " * (width - left.cell_len - right.cell_len)).append(right)


def _print(text: str, console: Console, style: str = "") -> None:
    def compose(width: int, signs: Signs) -> Iterator[Text]:
        yield Text()
        yield from Drawing((), width, signs).indented(text, 1, style=style)

    console.print()
    drawing.show(compose, console)
