"""What a learner is shown of the doctor's findings, and when.

In an exercise, finding the line is the task. So a first verdict shows the symptom and between which operations the
gradient's path breaks; the line is the last rung of the ladder of hints, or comes by itself when the score has not
improved for a while. A verdict that holds something back does not contain it: no renderer can give it away.
"""

from __future__ import annotations

from dataclasses import replace

from pydantic import TypeAdapter

from grader.course import packed
from grader.course.progress import Standing
from grader.model import Check, Exercise, Finding, Reveal, Status, Verdict

MOST_STUCK = 3  # failing attempts without a better score, after which the line comes by itself
_BY_CHECK = TypeAdapter(dict[str, tuple[Finding, ...]])


def hold_back(exercise: Exercise, standing: Standing, verdict: Verdict, reveal: Reveal | None = None) -> Verdict:
    """The verdict as this learner may see it now. `reveal`: in place of the exercise's own setting.

    Where the notebook crashed nothing is held back: the exception names its line itself.
    """
    reveal = reveal or exercise.reveal
    stuck = reveal == "after_attempts" and standing.stuck >= MOST_STUCK
    if reveal == "at_once" or stuck or verdict.status is not Status.FAILED:
        return verdict
    asked_for = set() if reveal == "never" else set(standing.lines)
    shown = sorted({index for check in verdict.checks if check.id in asked_for for index in check.findings})
    places = {index: place for place, index in enumerate(shown)}
    checks = tuple(_without_lines(check, verdict.findings, places) for check in verdict.checks)
    return replace(verdict, checks=checks, findings=tuple(verdict.findings[index] for index in shown))


def _without_lines(check: Check, findings: tuple[Finding, ...], places: dict[int, int]) -> Check:
    hidden = [findings[index] for index in check.findings if index not in places]
    paths = tuple(dict.fromkeys(finding.path for finding in hidden if finding.path))
    return replace(check, findings=tuple(places[index] for index in check.findings if index in places), paths=paths)


def pack(verdict: Verdict) -> str:
    """The findings by check, for the hints that come later, so that nobody reads them by accident."""
    by_check = {check.id: tuple(verdict.findings[index] for index in check.findings) for check in verdict.checks}
    text = _BY_CHECK.dump_json({name: findings for name, findings in by_check.items() if findings})
    return packed.pack(text)


def unpack(text: str) -> dict[str, tuple[Finding, ...]]:
    """What `pack` put away; nothing where it can't be read."""
    try:
        return _BY_CHECK.validate_json(packed.unpack(text))
    except ValueError:
        return {}
