"""Runs a notebook's cell again for the doctor's experiments, each time from the state in which it began.

Put back are the notebook's names, the values of all variables, and the generators of random numbers. What else a cell
changes stays changed: an item in a list, a file, a dataset's iterator. So the cell is first repeated as it is, and
unless it computes the same numbers to the last bit, there are no experiments. In the end all of it is put back to how
the learner's own run left it.
"""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.doctor.case import Plan
    from grader.doctor.investigation import Investigation
    from grader.doctor.trace import Trace
    from grader.inprocess.recording import Recording

MOST_BYTES = 512 << 20  # of all variables
COUNTS_NAMES = "object_name_uids"  # Keras's own: how often each name was given
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


class Surroundings:
    """The names of a notebook, all variables, and the generators of random numbers, as they are now."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = dict(names)
        variables = list_variables() if "tensorflow" in sys.modules else []
        self.is_too_large = (
            sum(variable.dtype.size * variable.shape.num_elements() for variable in variables) > MOST_BYTES
        )
        self._values = [] if self.is_too_large else [(variable, read_value(variable)) for variable in variables]
        self._python = random.getstate()
        self._numpy = sys.modules["numpy"].random.get_state() if "numpy" in sys.modules else None
        seeded: Any = _context() if "tensorflow" in sys.modules else None
        self._tensorflow = seeded._rng.getstate() if hasattr(seeded, "_rng") else None  # once somebody set its seed
        self._counts = dict(_counts_of_names()) if "keras" in sys.modules else None

    def add_made(self, values: list[tuple[Any, Any]]) -> None:
        """Variables that were made later, with their first values: of a layer that was not built yet."""
        known = {id(variable) for variable, _ in self._values}
        self._values += [(variable, value) for variable, value in values if id(variable) not in known]

    def put_back(self, names: dict[str, Any]) -> None:
        for name in names.keys() - self._names.keys():
            del names[name]
        names.update(self._names)
        for variable, value in self._values:
            write_value(variable, value)
        random.setstate(self._python)
        if self._numpy is not None:
            sys.modules["numpy"].random.set_state(self._numpy)
        if self._tensorflow is not None:
            _context()._rng.setstate(self._tensorflow)
            _context().clear_kernel_cache()  # or else an operation's own generator would go on from where it is
        if self._counts is not None:
            counts = _counts_of_names()
            counts.clear()
            counts.update(self._counts)


def _context() -> Any:
    from tensorflow.python.eager import context

    return context.context()


def _counts_of_names() -> Any:
    from collections import defaultdict

    from keras.src.backend.common import global_state

    return global_state.get_global_attribute(COUNTS_NAMES, defaultdict(int), set_to_default=True)


@contextmanager
def line_by_line(wanted: bool) -> Iterator[None]:
    """Compiled functions run as Python, in the block."""
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(wanted or before)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def list_variables() -> list[Any]:
    """Every variable in this process that has a value."""
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import resource_variable_ops

    kind, found = resource_variable_ops.BaseResourceVariable, []
    for thing in gc.get_objects():
        # not isinstance, which would ask objects that load a module when anything is asked of them
        if issubclass(type(thing), kind) and isinstance(getattr(thing, "_handle", None), ops.EagerTensor):
            found.append(thing)
    return [variable for variable in found if variable.shape.is_fully_defined()]


def read_value(variable: Any) -> Any:
    from grader.inside.trace import variables

    return variables.read_value(variable)


def write_value(variable: Any, value: Any) -> None:
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import gen_resource_variable_ops

    if value is not None:  # it had none yet
        gen_resource_variable_ops.assign_variable_op(variable.handle, ops.convert_to_tensor(value))


def list_numbers(trace: Trace) -> list[object]:
    """What two runs of the same cell have in common if they compute the same."""
    from grader.doctor.events import Call, Exit

    left = [event.digest for event in trace.events if isinstance(event, Exit)]
    results = [one for event in trace.events if isinstance(event, Call) for one in event.results or ()]
    known = [(one.largest, one.zeros) for one in results if one.largest is not None]
    trained = sorted(str(variable.final) for variable in trace.variables if variable.trainable)
    return [left, known, trained]
