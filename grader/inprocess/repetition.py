"""Runs a notebook's cell again for the doctor's experiments, each time from the state in which it began.

Put back are the notebook's names, the values of all variables, and the generators of random numbers. What else a cell
changes stays changed: an item in a list, a file, a dataset's iterator. So the cell is first repeated as it is, and
unless it computes the same numbers to the last bit, there are no experiments. In the end all of it is put back to how
the learner's own run left it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.inside.surroundings import Surroundings, line_by_line

if TYPE_CHECKING:
    from grader.doctor.case import Plan
    from grader.doctor.investigation import Investigation
    from grader.doctor.trace import Trace
    from grader.inprocess.recording import Recording

NOTHING_OPEN = "The one run left nothing open that an experiment would decide, so the cell was not run again."
OTHER_NUMBERS = (
    "The cell was run again and did not compute the same numbers, so there could be no experiments. It changes "
    "something that cannot be put back: a dataset's iterator, a list, TensorFlow's random numbers if no seed was set "
    "(tf.random.set_seed)."
)
TOO_LARGE = "The variables in this notebook are too large to be kept and put back, so there could be no experiments."


class Repetition:
    """`repeat` runs the cell, without showing what it prints, in the namespace `names`."""

    def __init__(self, repeat: Callable[[], None], names: dict[str, Any]) -> None:
        self._repeat, self._names = repeat, names
        self._before = Surroundings(names)

    def investigate(self, first: Recording) -> tuple[Investigation | None, str]:
        """An investigation with experiments, or else why there were none."""
        from grader.doctor.case import PLAIN
        from grader.doctor.investigation import Investigation

        plain = Investigation()
        plain.add(PLAIN, first.trace())
        if plain.next_plan() is None:
            return None, NOTHING_OPEN
        after = Surroundings(self._names)
        if first.values is None or self._before.is_too_large or after.is_too_large:
            return None, TOO_LARGE
        self._before.add_made(first.values)
        try:
            return self._experiment(first, plain.plain)
        finally:
            after.put_back(self._names)

    def _experiment(self, first: Recording, plain: Trace | None) -> tuple[Investigation | None, str]:
        from grader.doctor.case import PLAIN
        from grader.doctor.investigation import Investigation

        investigation = Investigation()
        as_it_is = replace(PLAIN, steps=first.steps if first.is_full else None)
        investigation.add(PLAIN, self._run(first, as_it_is))
        again = investigation.plain
        if plain is None or again is None or list_numbers(plain) != list_numbers(again):
            return None, OTHER_NUMBERS
        runs = 1
        while plan := investigation.next_plan():
            investigation.add(plan, self._run(first, replace(plan, steps=min(plan.steps or first.steps, first.steps))))
            runs += 1
        return investigation, (
            f"The cell was run {runs} more times, from where it began, for the doctor's experiments. What it printed "
            "there is not shown; what it wrote to files, or added to lists, it did again."
        )

    def _run(self, first: Recording, plan: Plan) -> object:
        """The trace of one more run."""
        from grader.inprocess import recording
        from grader.inside.trace.training import StepLimit

        self._before.put_back(self._names)
        again = recording.join(first.code, first.steps, plan.to_options())
        try:
            with line_by_line(plan.eager):
                self._repeat()
        except StepLimit:
            pass
        except Exception as error:
            again.note(error)
        finally:
            recording.leave(again)
        return again.trace()


def list_numbers(trace: Trace) -> list[object]:
    """What two runs of the same cell have in common if they compute the same."""
    from grader.doctor.events import Call, Exit

    left = [event.digest for event in trace.events if isinstance(event, Exit)]
    results = [one for event in trace.events if isinstance(event, Call) for one in event.results or ()]
    known = [(one.largest, one.zeros) for one in results if one.largest is not None]
    trained = sorted(str(variable.final) for variable in trace.variables if variable.trainable)
    return [left, known, trained]
