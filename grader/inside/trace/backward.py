"""Every step of every backward pass: which gradients came in and which went out.

A tape calls the function of `TFE_Py_RegisterGradientFunction` for every operation that it differentiates. Steps are
held until their gradient call is over, for only then is it known whether they are worth keeping.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import backprop, context
from tensorflow.python.framework import ops

from .log import KEPT_BYTES, Log, state_of
from .operations import Undo, describe


def observe_backward(log: Log) -> Undo:
    """One event for each operation that a tape differentiates: which gradients came in and which went out."""
    original = backprop._gradient_function

    def known(tensors: Any) -> list[int | None] | None:
        found = numbers(tensors)
        return found and [None if number is None else log.captured.get(number, number) for number in found]

    def differentiate(
        name: str, attrs: Any, count: int, inputs: Any, outputs: Any, gradients: Any, skip: Any, scope: Any
    ) -> Any:
        def step() -> Any:
            return original(name, attrs, count, inputs, outputs, gradients, skip, scope)

        return backward_step(log, step, name, gradients, inputs=known(inputs), outputs=known(outputs))

    pywrap_tfe.TFE_Py_RegisterGradientFunction(differentiate)
    return lambda: pywrap_tfe.TFE_Py_RegisterGradientFunction(original)


def backward_step(log: Log, step: Callable[[], Any], name: str, gradients: Any, **facts: Any) -> Any:
    if log.busy or not (context.executing_eagerly() or log.plan.get("graphs")):
        return step()
    number = log.tick()
    outer, log.within = log.within, number
    try:
        result = step()
    except BaseException:
        step_facts = {"came": numbers(gradients), "came_states": [], "went": None, "states": [], **facts}
        log.keep_event({"kind": "backward", "clock": log.clock, "number": number, "op": name, **step_facts})
        raise
    finally:
        log.within = outer
    went = result if isinstance(result, (list, tuple)) else [result]
    event = {"kind": "backward", "clock": log.clock, "number": number, "op": name, **facts}
    with log.noting():
        hold_backward(log, event, gradients or (), went)
    return result


def hold_backward(log: Log, event: dict[str, Any], came: Any, went: Any) -> None:
    """Keeps a step with its values until its gradient call is over; once they are too large, without them."""
    event |= {"came": numbers(came), "went": numbers(went)}
    parts = [part for grad in went if isinstance(part := dense_part(grad), ops.EagerTensor)]
    log.backward_bytes += sum(4 * prod(part._shape_tuple()) for part in parts)
    if log.backward_bytes > KEPT_BYTES or not context.executing_eagerly():
        for part in parts:
            describe(log, part._id, part)
        came, went = (), ()
    log.backward.append((event, came, went))


def keep_backward(log: Log) -> None:
    """Notes the steps of a gradient call that is worth keeping; their values are looked at only now."""
    for event, came, went in log.backward:
        event["came_states"] = [None if grad is None else state_of(dense_part(grad)) for grad in came]
        event["states"] = [None if grad is None else state_of(dense_part(grad)) for grad in went]
        log.keep_event(event)
        for grad in went:
            if grad is not None and hasattr(dense_part(grad), "_shape_tuple"):
                describe(log, dense_part(grad)._id, dense_part(grad))


def dense_part(value: Any) -> Any:
    return getattr(value, "values", value) if type(value).__name__ == "IndexedSlices" else value


def numbers(values: Any) -> list[int | None] | None:
    if values is None:
        return None
    return [None if value is None else getattr(dense_part(value), "_id", None) for value in values]
