"""Custom gradients and compiled functions, which are one step to the tape however many operations they ran
(`record_operation`), and an experiment that measures custom gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from tensorflow.python.eager import context, record
from tensorflow.python.framework import ops
from tensorflow.python.ops import custom_gradient

from .backward import backward_step
from .log import Log
from .operations import Undo, constant_or_known, describe


def observe_wholes(log: Log) -> Undo:
    """Custom gradients and compiled functions: one step to the tape, with a backward function of its own."""
    original = record.record_operation

    def recorded(
        op_type: Any, output_tensors: Any, input_tensors: Any, backward_function: Any, forward_function: Any = None
    ) -> Any:
        if log.busy or not context.executing_eagerly():
            return original(op_type, output_tensors, input_tensors, backward_function, forward_function)
        taken: list[int] = []
        made: list[int] = []
        with log.noting():
            place = log.places.here()
            taken = [constant_or_known(log, tensor, place) for tensor in input_tensors]
            code = getattr(learners_function(backward_function), "__code__", None)
            written = log.places.of_code(code) if code else -1
            outputs = [tensor for tensor in output_tensors if isinstance(tensor, ops.EagerTensor)]
            for tensor in outputs:
                log.produced.add(tensor._id)
                describe(log, tensor._id, tensor)
            made = [tensor._id for tensor in outputs]
            log.tick()
            log.event("whole", name=str(op_type), inputs=taken, outputs=made, place=place, gradient_place=written)

        def backward(*gradients: Any) -> Any:
            def step() -> Any:
                return backward_function(*gradients)

            return backward_step(log, step, "whole", gradients, inputs=taken, outputs=made)

        return original(op_type, output_tensors, input_tensors, backward, forward_function)

    record.record_operation = recorded

    def undo() -> None:
        record.record_operation = original

    return undo


def learners_function(wrapper: Any) -> Any:
    """The function that a learner wrote inside TensorFlow's wrapper of a custom gradient."""
    names = getattr(getattr(wrapper, "__code__", None), "co_freevars", ())
    cells = getattr(wrapper, "__closure__", None) or ()
    return dict(zip(names, (cell.cell_contents for cell in cells), strict=False)).get("grad_fn", wrapper)


def compare_custom_gradients(log: Log) -> Undo:
    """Experiment: measures every custom gradient against its own forward pass, at the inputs that it was given."""
    original = custom_gradient._eager_mode_decorator

    def decorated(function: Any, args: Any, kwargs: Any) -> Any:
        if not log.busy:
            with log.at_work(), record.stop_recording():
                measure(log, function, args, kwargs)
        return original(function, args, kwargs)

    custom_gradient._eager_mode_decorator = decorated

    def undo() -> None:
        custom_gradient._eager_mode_decorator = original

    return undo


def measure(log: Log, function: Any, args: Any, kwargs: Any) -> None:
    """Along a random direction: does the gradient that the function returns predict how its value changes?"""
    try:
        values = [np.asarray(ops.convert_to_tensor(arg)._numpy_internal()) for arg in args]
        result, gradient = function(*args, **kwargs)
        if not isinstance(result, ops.EagerTensor) or not all(value.dtype.kind == "f" for value in values):
            return
        before = result._numpy_internal().astype(np.float64)
        weights = np.random.RandomState(7).uniform(0.5, 2.0, before.shape)
        answer = gradient(ops.convert_to_tensor(weights.astype(result._numpy_internal().dtype)))
        given = list(answer) if isinstance(answer, (list, tuple)) else [answer]
        identity = any(value.shape == before.shape and np.array_equal(value, before) for value in values)
        rows = [compare(function, values, kwargs, position, grad, weights) for position, grad in enumerate(given)]
    except Exception:
        return  # what the learner's function does here it does in the learner's own call as well
    place = log.places.here()
    written = log.places.of_code(gradient.__code__) if hasattr(gradient, "__code__") else -1
    log.event("custom_gradient", place=place, gradient_place=written, identity=identity, rows=rows)


def compare(function: Any, values: Any, kwargs: Any, position: int, grad: Any, weights: Any) -> dict[str, float] | None:
    """How the weighted result changes with one input, upwards and downwards, beside what the gradient says."""
    if grad is None or not hasattr(grad, "_numpy_internal"):
        return None
    value = values[position]
    step = np.random.RandomState(position).uniform(-1.0, 1.0, value.shape)

    def result(by: float) -> Any:
        changed = [ops.convert_to_tensor(old) for old in values]
        changed[position] = ops.convert_to_tensor((value + by * step).astype(value.dtype))
        return function(*changed, **kwargs)[0]._numpy_internal().astype(np.float64)

    def moved(by: float) -> float:
        return float(np.sum(weights * result(by)))

    size = 3e-3 * max(float(np.abs(value).mean()), 1e-3)
    here, above, below = moved(0.0), moved(size), moved(-size)
    middle = [result(0.0), result(0.1 * size)]
    stated = float(np.sum(np.asarray(grad._numpy_internal(), np.float64) * step))
    still = float(np.mean(middle[0] == middle[1]))
    return {"up": (above - here) / size, "down": (here - below) / size, "stated": stated, "still": still}
