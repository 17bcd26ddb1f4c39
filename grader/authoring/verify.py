"""Is an exercise sound? Every statement that an author makes about it is tried, through the real pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.authoring.points import Scored, unfair
from grader.authoring.repairs import repairs
from grader.course.notebook import Notebook, read
from grader.execution.executor import Progress
from grader.grading.grader import Grader
from grader.grading.probe import draw_inputs, unreached
from grader.model import Exercise, Status
from grader.model.errors import GraderError
from grader.words import place

SEEDS = 20  # from which inputs are drawn
FEWEST_DRAWS = 5


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that must hold for an exercise: `problem` is None where it does."""

    what: str
    problem: str | None = None


def verify(exercise: Exercise, grader: Grader, progress: Progress | None = None) -> Iterator[Statement]:
    """Try each statement; yields as it goes, since each kernel takes its time."""
    yield from on_paper(exercise)
    say = progress or (lambda _text: None)
    say("the notebook as shipped")
    verdict = grader.judge(exercise, read(exercise.original))
    failed = {check.id for check in verdict.checks if check.status == "failed"}
    shipped = None if verdict.status == Status.FAILED and failed else f"its verdict is {verdict.status}"
    yield Statement("the shipped notebook runs and fails", shipped)
    scored = [Scored("the shipped notebook", verdict.score, left=frozenset(bug.id for bug in exercise.bugs))]
    if exercise.solution is None:
        return
    say("the solution")
    verdict = grader.judge(exercise, read(exercise.solution))
    right = None if verdict.status == Status.PASSED and verdict.score == verdict.max_score else verdict.message
    yield Statement("the solution passes with full points", right)
    scored.append(Scored("the solution", verdict.score, left=frozenset()))
    for repair in repairs(exercise):
        say(repair.name)
        verdict = grader.judge(exercise, repair.notebook)
        scored.append(Scored(repair.name, verdict.score, repair.cheat, repair.left))
        points = f"{verdict.score:g} of {verdict.max_score:g}"
        yield Statement(f"{repair.name}, {points}: {repair.what}", repair.complaint(verdict))
    cheats, steps = unfair(scored)
    yield Statement("no cheat gets more than 4 points", cheats)
    yield Statement("to repair one more bug never costs points", steps)


def on_paper(exercise: Exercise) -> Iterator[Statement]:
    """What can be said without a kernel."""
    points = exercise.max_score
    yield Statement("the points add up to 10", None if points == 10 else f"they add up to {points:g}")
    ladders = [bug.id for bug in exercise.bugs if not 3 <= len(bug.hints) <= 5]
    yield Statement("each bug has 3 to 5 hints", f"not so: {', '.join(ladders)}" if ladders else None)
    yield Statement("the notebook is the original", _same(exercise.notebook, exercise.original))
    original = read(exercise.original)
    yield Statement("the notebook names its exercise", None if original.exercise == exercise.id else "it does not")
    yield Statement("the notebook has cells tagged repair", None if original.repair_cells else "it has none")
    yield Statement("the bugs' lines exist", _missing_lines(exercise, original))
    if exercise.solution is not None:
        yield Statement(
            "notebook and solution differ in repair cells only", _differing(original, read(exercise.solution))
        )
    yield from _reach(exercise)


def _same(notebook: Path, original: Path) -> str | None:
    same = notebook.read_bytes() == original.read_bytes()
    return None if same else "it differs from .original.ipynb (`python -m grader reset` brings it back)"


def _missing_lines(exercise: Exercise, original: Notebook) -> str | None:
    for bug in exercise.bugs:
        lines = original.cells[bug.cell - 1].splitlines() if bug.cell <= len(original.cells) else []
        if not 0 < bug.line <= len(lines) or not lines[bug.line - 1].strip():
            return f"bug {bug.id}: there is nothing in {place(bug.cell, bug.line)}"
    return None


def _differing(original: Notebook, solution: Notebook) -> str | None:
    if len(original.cells) != len(solution.cells):
        return f"{len(original.cells)} code cells against {len(solution.cells)}"
    pairs = enumerate(zip(original.cells, solution.cells, strict=True), start=1)
    others = [number for number, (a, b) in pairs if a != b and number not in original.repair_cells]
    return f"cells {others} differ and are not tagged" if others else None


def _reach(exercise: Exercise) -> Iterator[Statement]:
    """Each draw of hidden inputs reaches, from any seed, what it is named after."""
    try:
        missed = [set(unreached(exercise, seed)) for seed in range(SEEDS)]
        names = list(draw_inputs(exercise, 0))
    except GraderError as error:
        yield Statement("inputs.py can be drawn from", error.message)
        return
    few = None if len(names) >= FEWEST_DRAWS else f"there are {len(names)}"
    yield Statement(f"there are at least {FEWEST_DRAWS} draws of hidden inputs", few)
    for name in sorted(set(names).union(*missed), key=lambda name: names.index(name) if name in names else -1):
        times = sum(name in one for one in missed)
        problem = f"not so from {times} of {SEEDS} seeds, as `reach` in inputs.py says it" if times else None
        yield Statement(f"hidden inputs reach {name}", problem)
