"""Optimizer steps, `fit`, and compiled functions.

An optimizer step is noted with the pairs of gradient and variable that it was given, so that a gradient that was
changed, swapped or dropped between tape and optimizer can be followed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.optimizers.base_optimizer import BaseOptimizer
from tensorflow.python.eager.polymorphic_function import eager_function_run, polymorphic_function
from tensorflow.python.util import tf_decorator

from .backward import dense_part
from .captures import Captures
from .log import Log, digest, state_of
from .operations import Undo, built_number
from .places import NOWHERE
from .tapes import identity

NOTED_STEPS = 6
LINE_BY_LINE = 40  # calls of a compiled function that run line by line where that is the plan; then one in SAMPLED
SAMPLED = 10
MOST_ARGUMENTS = 30  # of a function
BEFORE_CALLBACKS = 5  # the arguments of `fit` that may be given by position before its callbacks


class StepLimit(BaseException):
    """The plan's number of optimizer steps has been taken."""


class Optimizers:
    def __init__(self, log: Log) -> None:
        self.log = log
        self.all: list[Any] = []  # kept alive, so that an id stays its own
        self.rows: list[dict[str, Any]] = []
        self.number_of: dict[int, int] = {}
        self.noted: Counter[int] = Counter()

    def made(self, optimizer: Any) -> None:
        self.number(optimizer, self.log.places.here())

    def number(self, optimizer: Any, place: int = NOWHERE) -> int:
        if id(optimizer) not in self.number_of:
            self.number_of[id(optimizer)] = len(self.all)
            self.all.append(optimizer)
            self.rows.append({"type": type(optimizer).__name__, "place": place, "rates": [], "steps": 0})
        return self.number_of[id(optimizer)]

    def step(self, optimizer: Any, grads: Any, variables: Any) -> None:
        with self.log.noting():
            number = self.number(optimizer)
            row = self.rows[number]
            row["steps"] += 1
            if tf.executing_eagerly():
                self.log.steps += 1
            rate = rate_of(optimizer)
            row["rates"] = [*row["rates"][:1], rate] if row["rates"] else [rate]
            row["largest_rate"] = max(row.get("largest_rate") or 0.0, rate or 0.0)
            known = variables if variables is not None else getattr(optimizer, "_trainable_variables", [])
            for grad, item in zip(grads, known, strict=False):
                account = self.log.account(identity(self.log, item)[0])
                account["steps"] += grad is not None
                if account["before"] is None:
                    account["before"] = mark_of(item)
            place = self.log.places.here()
            self.noted[place] += 1
            if self.noted[place] > NOTED_STEPS:
                return
            pairs = [
                [getattr(dense_part(grad), "_id", None), identity(self.log, item)[0], grad is None, value_state(grad)]
                for grad, item in zip(grads, known, strict=False)
            ]
            self.log.tick()
            self.log.event("step", optimizer=number, place=place, pairs=pairs)

    def after_step(self) -> None:
        if self.log.steps >= self.log.plan.get("steps", float("inf")):
            raise StepLimit
        self.log.advanced()


def mark_of(variable: Any) -> str:
    """A fingerprint of a variable's value; nothing for one of a function that is being compiled."""
    return digest(variable.numpy()) if tf.executing_eagerly() else ""


def value_state(grad: Any) -> list[Any] | None:
    return state_of(grad) if hasattr(grad, "_numpy_internal") else None


def rate_of(optimizer: Any) -> float | None:
    if not tf.executing_eagerly():
        return None  # asking would add an operation to the learner's function
    try:
        return float(np.asarray(optimizer._get_current_learning_rate()))
    except Exception:  # a schedule that needs a graph
        return None


def observe_optimizers(log: Log) -> tuple[Undo, Optimizers]:
    optimizers = Optimizers(log)
    init, apply, apply_pairs = BaseOptimizer.__init__, BaseOptimizer.apply, BaseOptimizer.apply_gradients

    def make(self: Any, *args: Any, **options: Any) -> None:
        init(self, *args, **options)
        if not log.busy:
            with log.noting():
                optimizers.made(self)

    def step(self: Any, grads: Any, trainable_variables: Any = None) -> Any:
        if log.busy or not (tf.executing_eagerly() or log.plan.get("graphs")):
            with log.about_gradients():
                return apply(self, grads, trainable_variables)
        grads = list(grads)
        variables = None if trainable_variables is None else list(trainable_variables)
        optimizers.step(self, grads, variables)
        with log.about_gradients():
            result = apply(self, grads, variables)
        if tf.executing_eagerly():
            optimizers.after_step()
        return result

    def step_by_pairs(self: Any, grads_and_vars: Any, *args: Any, **options: Any) -> Any:
        if not log.busy and isinstance(grads_and_vars, Iterator):
            with log.noting():
                grads_and_vars = list(grads_and_vars)
                if not grads_and_vars:
                    log.event("exhausted", place=log.places.here())
        with log.about_gradients():
            return apply_pairs(self, grads_and_vars, *args, **options)

    BaseOptimizer.__init__, BaseOptimizer.apply, BaseOptimizer.apply_gradients = make, step, step_by_pairs

    def undo() -> None:
        BaseOptimizer.__init__, BaseOptimizer.apply, BaseOptimizer.apply_gradients = init, apply, apply_pairs

    return undo, optimizers


class Stop(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends a `fit` after the plan's steps: in a compiled one no optimizer step can be seen from outside."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log, self.before, self.batches = log, log.steps, 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.batches += 1
        self.log.steps = max(self.log.steps, self.before + self.batches)
        if self.log.steps >= self.log.plan["steps"]:
            raise StepLimit


def observe_fit(log: Log) -> Undo:
    cls = keras.Model
    originals = {name: getattr(cls, name) for name in ("compile", "fit", "train_on_batch")}
    batches: Counter[int] = Counter()  # by a model's id
    own = {name: cls.__dict__[name] for name in originals if name in cls.__dict__}

    def noted(name: str) -> Any:
        def method(self: Any, *args: Any, **options: Any) -> Any:
            if name == "train_on_batch":
                batches[id(self)] += 1
            is_noted = not log.busy and batches[id(self)] <= NOTED_STEPS
            kind = "fit" if name == "train_on_batch" else name
            if is_noted:
                with log.noting():
                    log.tick()
                    log.event(kind, place=log.places.here(), values=values(log, self))
            # Line by line the optimizers' own steps are seen and counted; batches may be more or fewer.
            by_batches = name == "fit" and "steps" in log.plan and not log.plan.get("eager")
            if by_batches and len(args) <= BEFORE_CALLBACKS:
                given = options.get("callbacks") or []
                if isinstance(given, list | tuple):
                    options["callbacks"] = [*given, Stop(log)]
            begun = log.steps - steps_taken(log, self)
            try:
                return originals[name](self, *args, **options)
            finally:
                if is_noted:
                    with log.noting():
                        log.tick()
                        log.event(kind + "_end", values=values(log, self))
                        log.steps = max(log.steps, begun + steps_taken(log, self))

        method.__wrapped__ = originals[name]  # type: ignore[attr-defined]
        return method

    for name in originals:
        setattr(cls, name, noted(name))

    def undo() -> None:
        for name in originals:
            delattr(cls, name)  # inherited, unless it was the class's own
        for name, original in own.items():
            setattr(cls, name, original)

    return undo


def steps_taken(log: Log, model: Any) -> int:
    """By the model's optimizer, also where no single one could be seen."""
    with log.noting():
        if log.plan.get("graphs") and getattr(model, "optimizer", None) is not None:
            return int(model.optimizer.iterations.numpy())
    return 0


def values(log: Log, model: Any) -> dict[str, str]:
    """A fingerprint of each of the model's variables, by its number."""
    try:
        with log.at_work():
            return {str(identity(log, item)[0]): digest(item.numpy()) for item in model.variables}
    except Exception:  # not built yet
        return {}


def observe_functions(log: Log, captures: Captures) -> Undo:
    """Compiled functions: that they ran. Which Python values changed behind their back is for `captures`."""
    cls = polymorphic_function.Function
    original = cls.__call__
    calls: Counter[int] = Counter()  # by the function's id
    kept: list[Any] = []  # the functions, so that an id stays its own

    def run(self: Any, *args: Any, **options: Any) -> Any:
        if log.busy or not tf.executing_eagerly():
            return original(self, *args, **options)
        if log.plan.get("eager"):
            calls[id(self)] += 1
            kept.extend([self] * (calls[id(self)] == 1))
            if calls[id(self)] > LINE_BY_LINE and calls[id(self)] % SAMPLED:
                with log.at_work(), compiled():
                    return original(self, *args, **options)
        _, function = tf_decorator.unwrap(self._python_function)  # of a method, TensorFlow makes a function of its own
        with captures.calling(self, function):
            try:
                result = original(self, *args, **options)
            finally:
                with log.noting():
                    code = getattr(function, "__code__", None)
                    if code is not None and log.places.is_learners(code):
                        place, written = log.places.here(), log.places.of_code(code)
                        log.tick()
                        given = marks_of(log, (args, options))
                        log.event("function", place=place, written=written, given=given, dropped=dropped_writes(log))
        with log.noting():
            if log.plan.get("graphs"):
                note_inside(log, self, (args, options), result)
        return result

    cls.__call__ = run

    def undo() -> None:
        cls.__call__ = original

    return undo


@contextmanager
def compiled() -> Iterator[None]:
    """Functions are compiled in the block, also where they otherwise run line by line."""
    before = eager_function_run.functions_run_eagerly()
    eager_function_run.run_functions_eagerly(False)
    try:
        yield
    finally:
        eager_function_run.run_functions_eagerly(before)


def marks_of(log: Log, arguments: Any) -> list[str]:
    """Fingerprints of the arguments of a function that runs line by line: there they look as if they came in anew."""
    if not log.plan.get("eager"):
        return []
    flat = [one for one in tf.nest.flatten(arguments) if isinstance(one, np.ndarray | float | np.floating | tf.Tensor)]
    values = [np.asarray(getattr(one, "_numpy_internal", lambda one=one: one)()) for one in flat[:MOST_ARGUMENTS]]
    return [digest(value.astype(np.float32)) for value in values if value.dtype.kind == "f"]


def note_inside(log: Log, function: Any, given: Any, result: Any) -> None:
    """Which tensors of a compiled function stand for which outside: [outside, inside] for what it returned, [inside,
    outside] for what it was given. Of a function that was compiled several times, it is not known which one ran."""
    compiled = function._list_all_concrete_functions()
    if len(compiled) != 1:
        return
    graph = compiled[0].graph
    returned = tf.nest.flatten(result, expand_composites=True)
    inner = tf.nest.flatten(graph.structured_outputs, expand_composites=True)
    taken = [one for one in tf.nest.flatten(given, expand_composites=True) if isinstance(one, (tf.Tensor, np.ndarray))]
    stand_ins = graph.inputs[: len(graph.inputs) - len(graph.captures)]
    pairs = list(zip(returned, inner, strict=True)) + list(zip(stand_ins, taken, strict=False))
    if len(taken) != len(stand_ins):
        pairs = pairs[: len(returned)]
    numbers = [[one._id, built_number(log, other)] for one, other in pairs if are_tensors(one, other)]
    log.tick()
    log.event("inside", pairs=numbers)


def are_tensors(*values: Any) -> bool:
    return all(isinstance(value, tf.Tensor) for value in values)


def dropped_writes(log: Log) -> list[list[int]]:
    """[cell, line] of every write to a TensorArray, since the last time, of which nobody takes the result."""
    writes, log.array_writes = log.array_writes, []
    found = []
    for written in writes:
        if written.consumers() or any(written is output for output in getattr(written.graph, "outputs", ())):
            continue
        for frame in reversed(written.op.traceback):  # which AutoGraph has mapped back to the learner's lines
            cell = log.places.cell_of(frame.filename)
            if cell is not None:
                found.append([cell, frame.lineno])
                break
    return found
