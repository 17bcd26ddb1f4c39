"""Which hooks there are, whether each of them works here, and the trace that they wrote together.

A hook is tried on a rehearsal: a few operations, a gradient and a step of no consequence. One that raises when it is
put in, or that has not noticed what it should have, is taken out again; the others do without it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python import pywrap_tfe

from . import (
    backward,
    boundary,
    captures,
    earlier,
    keras_side,
    meetings,
    operations,
    scaling,
    tapes,
    training,
    variables,
    wholes,
)
from .log import INPUTS, OUTPUTS, TYPE, Log


class Session:
    def __init__(self, log: Log) -> None:
        self.log = log
        self.working: dict[str, str] = {}
        self.undo: dict[str, operations.Undo] = {}
        self.layers = keras_side.Layers(log)
        self.variables = variables.Registry(log)
        self.optimizers = training.Optimizers(log)
        self.earlier = earlier.Tensors(log)
        self.captures = captures.Captures(log)

    def end(self) -> None:
        with ExitStack() as stack:  # one that fails keeps no other from being taken out
            for undo in self.undo.values():
                stack.callback(undo)
        self.undo.clear()

    def result(self) -> dict[str, Any]:
        log = self.log
        with log.at_work():
            layers = self.layers.finish()
            self.captures.finish()
            self.variables.finish(layers)
            kept = [*self.earlier.finish(), *(log.kept[clock] for clock in sorted(log.kept))]
            named = {number for op in kept for number in (*op[INPUTS], *op[OUTPUTS])}
            named |= {number for event in log.events for number in numbers_in(event)}
            return {
                "hooks": self.working,
                "places": log.places.table,
                "operations": kept,
                "tensors": {str(number): log.tensors[number] for number in sorted(named) if number in log.tensors},
                "events": sorted(log.events, key=lambda event: event["clock"]),
                "dropped": log.dropped,
                "faults": dict(log.faults),
                "variables": self.variables.entries,
                "layers": layers,
                "optimizers": self.optimizers.rows,
                "steps": log.steps,
                "calls": {str(place): count for place, count in log.totals.items()},
                "signs": {str(place): [dict(count) for count in counts] for place, counts in log.signs.items()},
            }


def numbers_in(event: dict[str, Any]) -> list[int]:
    found = [event[key] for key in ("tensor", "predictions") if isinstance(event.get(key), int)]
    for key in ("came", "went", "inputs", "outputs"):
        found += [number for number in event.get(key) or () if number is not None]
    for key in ("targets", "sources"):
        found += [number for number, _ in event.get(key) or ()]
    return found


def begin(log: Log) -> Session:
    session = Session(log)

    def with_layers() -> operations.Undo:
        undo, session.layers = keras_side.observe(log)
        return undo

    def with_variables() -> operations.Undo:
        undo, session.variables = variables.observe(log, lambda: list(log.layers))
        return undo

    def with_optimizers() -> operations.Undo:
        undo, session.optimizers = training.observe_optimizers(log)
        return undo

    put_in: dict[str, Callable[[], operations.Undo]] = {
        "operations": lambda: operations.observe(log, session.captures.note),
        "reads": lambda: operations.read_variables_openly(log),
        "backward": lambda: backward.observe_backward(log),
        "forward": lambda: operations.observe_forward(log),
        "wholes": lambda: wholes.observe_wholes(log),
        "tapes": lambda: tapes.observe(log),
        "numpy": lambda: boundary.observe_numpy(log),
        "buffer": lambda: boundary.observe_buffer(log),
        "entries": lambda: boundary.observe_entries(log),
        "variables": with_variables,
        "layers": with_layers,
        "optimizers": with_optimizers,
        "fit": lambda: training.observe_fit(log),
        "meetings": lambda: meetings.observe(log),
        "scaling": lambda: scaling.observe(log),
        "functions": lambda: training.observe_functions(log, session.captures),
    }
    if log.plan.get("underway"):
        put_in["older"] = lambda: variables.observe_older(log, session.variables)
        log.arrived = session.earlier.arrived
    if log.plan.get("custom_gradients"):
        put_in["custom_gradients"] = lambda: wholes.compare_custom_gradients(log)
    for name, hook in put_in.items():
        try:
            session.undo[name] = hook()
            session.working[name] = "works"
        except Exception as error:
            session.working[name] = f"left out: {type(error).__name__}: {error}"
    if pywrap_tfe.TFE_Py_TapeSetIsEmpty() and not log.plan.get(
        "at_startup"
    ):  # or else a tape of the learner's would record the rehearsal
        rehearse(session)
    log.clear()
    log.met = session.variables.meet
    log.written = session.variables.written
    session.variables.forget()
    return session


def is_possible() -> bool:
    """A function that is being compiled is no place to begin in."""
    return bool(tf.executing_eagerly())


def rehearse(session: Session) -> None:
    log, plan = session.log, session.log.plan
    log.plan = {}
    try:
        with np.errstate(all="ignore"):
            variable = tf.Variable([1.0, 2.0])
            with tf.GradientTape() as tape:
                value = tf.reduce_sum(tf.multiply(variable, tf.constant([3.0, 4.0])))
            tape.gradient(value, variable)
            value.numpy()
            np.asarray(value)
    except Exception as error:
        session.working["rehearsal"] = f"{type(error).__name__}: {error}"
    noticed = {event["kind"] for event in log.events} | {op[TYPE] for op in log.recent}
    exits = {event["how"] for event in log.events if event["kind"] == "exit"}
    expected = {
        "operations": "Mul" in noticed,
        "reads": "ReadVariableOp" in noticed,
        "backward": "backward" in noticed,
        "tapes": {"tape", "open", "close", "call"} <= noticed,
        "numpy": "numpy" in exits,
        "buffer": "buffer" in exits,
        "entries": "entry" in noticed,
        "variables": bool(session.variables.entries),
    }
    for name, seen in expected.items():
        if not seen and name in session.undo:
            session.undo.pop(name)()
            session.working[name] = "left out: it did not notice what it should have"
    log.plan = plan
