"""A notebook's state as far as it can be put back: its names, all variables, the generators of random numbers.

TensorFlow and Keras take part only if the notebook has imported them.
"""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MOST_BYTES = 512 << 20  # of all variables
COUNTS_NAMES = "object_name_uids"  # Keras's own: how often each name was given


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
    from .trace import variables

    return variables.read_value(variable)


def write_value(variable: Any, value: Any) -> None:
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import gen_resource_variable_ops

    if value is not None:  # it had none yet
        gen_resource_variable_ops.assign_variable_op(variable.handle, ops.convert_to_tensor(value))
