"""Every operation that TensorFlow runs eagerly, and every step of every backward pass.

TensorFlow calls us after each operation (`op_callbacks`) with the tensors that went in and came out. Four things
it does not say are added here: the implicit read of a variable that is handed to an operation directly
(`TFE_Py_FastPathExecute`), a custom gradient or a compiled function, which is one step to the tape however many
operations it ran (`record_operation`), which backward step belongs to which operation
(`TFE_Py_RegisterGradientFunction`, which every tape calls for every operation that it differentiates), and that an
operation ran before its tangent was computed from its result (`TFE_Py_RegisterJVPFunction`: under a forward
accumulator TensorFlow computes the tangent first, and calls us about the operation afterwards).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import backprop, context, forwardprop, record
from tensorflow.python.framework import op_callbacks, ops
from tensorflow.python.ops import custom_gradient, resource_variable_ops

from .log import DESCRIBED_CONSTANTS, KEPT_BYTES, TRACKED, Log, Operation, digest, state_of

Undo = Callable[[], None]
READS = ("ReadVariableOp", "ResourceGather")
WRITING = (
    *("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"),
    *("ResourceScatter", "ResourceApply", "ResourceStrided"),
)
ARRAY_WRITES = ("TensorListSetItem", "TensorListScatterIntoExistingList", "TensorArrayWriteV3", "TensorArrayScatterV3")


def observe(log: Log) -> Undo:
    """The backbone: one record for each operation."""

    def after(op_type: Any, inputs: Any, _attrs: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> None:
        del op_name  # TensorFlow names the argument
        if log.busy:
            return
        if graph is not None:
            if op_type in ARRAY_WRITES:
                log.array_writes.append(outputs[0])
            if log.plan.get("graphs"):
                with log.noting():
                    settle(log)
                    note_built(log, op_type, inputs, outputs)
            return
        with log.noting():
            settle(log)
            given = [tensor for tensor in outputs if isinstance(tensor, ops.EagerTensor)]
            operation = log.ahead.pop(given[0]._id, None) if given else None
            slow = isinstance(op_type, bytes)
            name = op_type.decode() if slow else op_type
            track(log, operation or note(log, name, inputs, given), given, slow)

    op_callbacks.add_op_callback(after)
    return lambda: op_callbacks.remove_op_callback(after)


def note(log: Log, name: str, inputs: Any, given: list[Any]) -> Operation:
    place = log.places.here()
    taken = [constant_or_known(log, tensor, place) for tensor in inputs]
    numbers = [produce(log, tensor) for tensor in given]
    tapes = list(log.tapes) if log.tapes and not pywrap_tfe.TFE_Py_TapeSetIsStopped() else []
    operation = [log.tick(), name, place, taken, numbers, tapes, False, log.within, None]
    log.operation(operation)
    if log.layers and name in READS:
        log.read(taken[0])
    if taken and name.startswith(WRITING):
        log.written(taken[0])
    return operation


def note_built(log: Log, name: str, inputs: Any, outputs: Any) -> None:
    """An operation of a function that is being compiled: as one that ran, but nothing is known of its values."""
    if name == "Placeholder":
        return
    place = log.places.here()
    taken = [built_number(log, tensor) for tensor in inputs]
    for tensor in outputs:
        describe_built(log, tensor)
    tapes = [] if pywrap_tfe.TFE_Py_TapeSetIsStopped() else list(log.tapes)
    operation = [log.tick(), name, place, taken, [one._id for one in outputs], tapes, False, log.within, None]
    log.operation(operation)
    if log.layers and name in READS:
        log.read(taken[0])
    if taken and name.startswith(WRITING):
        log.written(taken[0])
    if outputs and log.tapes:
        log.unsettled.append((operation, list(outputs)))


def built_number(log: Log, tensor: Any) -> int:
    """A tensor's number; of a placeholder that stands for a tensor from outside the function, that tensor's."""
    number = int(tensor._id)
    if number not in log.captured and not isinstance(tensor, ops.EagerTensor):
        describe_built(log, tensor)
        outside = number
        if tensor.op.type == "Placeholder":
            captures = getattr(tensor.graph, "captures", ())
            outside = next((built_number(log, one) for one, stand_in in captures if stand_in is tensor), number)
        log.captured[number] = outside
    return log.captured.get(number, number)


def describe_built(log: Log, tensor: Any) -> None:
    known = tensor.shape.is_fully_defined()
    log.tensors[tensor._id] = [tensor.dtype.name, tuple(tensor.shape.as_list()) if known else None]


def track(log: Log, operation: Operation, given: list[Any], slow: bool) -> None:
    if not given or not log.tapes or pywrap_tfe.TFE_Py_TapeSetIsStopped():
        return
    if slow:
        log.unsettled.append((operation, given))
    else:
        operation[TRACKED] = bool(record.should_record_backprop(given))


def settle(log: Log) -> None:
    """On TensorFlow's slow path an operation reaches the tape only after it reached us: asked again, a little later."""
    if log.unsettled and log.tapes and not pywrap_tfe.TFE_Py_TapeSetIsStopped():
        for operation, given in log.unsettled:
            operation[TRACKED] = bool(record.should_record_backprop(given))
        log.unsettled.clear()


def produce(log: Log, tensor: Any) -> int:
    number: int = tensor._id
    log.produced.add(number)
    describe(log, number, tensor)
    if log.tapes:
        log.hold(number, tensor)
    return number


def describe(log: Log, number: int, tensor: Any) -> None:
    kind = tensor._datatype_enum()
    if kind not in DTYPE_NAMES:
        DTYPE_NAMES[kind] = tensor.dtype.name
    log.tensors[number] = [DTYPE_NAMES[kind], tensor._shape_tuple()]


DTYPE_NAMES: dict[int, str] = {}


def constant_or_known(log: Log, tensor: Any, place: int) -> int:
    """A tensor's number; one that no operation made is noted as a constant, with a fingerprint of its values."""
    number = getattr(tensor, "_id", None)
    if number is None:
        return -1
    if number not in log.produced:
        log.produced.add(number)
        describe(log, number, tensor)
        if tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool or tensor.dtype.is_complex:
            log.constants += 1
            described = log.constants <= DESCRIBED_CONSTANTS
            mark = digest(tensor._numpy_internal()) if described else ""
            state = state_of(tensor) if described else None
            clock, place = log.arrived(tensor, place)
            log.event("constant", clock=clock, tensor=number, place=place, digest=mark, state=state)
            if log.tapes:
                log.hold(number, tensor)
    return int(number)


def read_variables_openly(log: Log) -> Undo:
    """Turns a variable that is handed straight to an operation into a read that can be seen."""
    original = pywrap_tfe.TFE_Py_FastPathExecute
    plain = {ops.EagerTensor, str, bytes, int, float, bool, type(None), np.ndarray}

    def opened(value: Any) -> Any:
        if type(value) in plain:
            return value
        if isinstance(value, resource_variable_ops.BaseResourceVariable):
            return value._dense_var_to_tensor()
        if isinstance(value, (list, tuple)) and any(
            isinstance(item, resource_variable_ops.BaseResourceVariable) for item in value
        ):
            return type(value)(opened(item) for item in value)
        return value

    def execute(ctx: Any, *arguments: Any) -> Any:
        if log.busy or not context.executing_eagerly():
            return original(ctx, *arguments)
        return original(ctx, *(opened(argument) for argument in arguments))

    pywrap_tfe.TFE_Py_FastPathExecute = execute

    def undo() -> None:
        pywrap_tfe.TFE_Py_FastPathExecute = original

    return undo


def observe_forward(log: Log) -> Undo:
    """Notes an operation when its tangent is about to be computed, so that it comes before what takes its result.

    How TensorFlow works out a tangent, with tapes of its own, is not the learner's doing.
    """
    original, derive = forwardprop._jvp_dispatch, forwardprop._jvp_helper

    def dispatch(op_name: str, attrs: Any, inputs: Any, outputs: Any, tangents: Any, use_batch: bool = False) -> Any:
        if not log.busy and context.executing_eagerly():
            with log.noting():
                given = [tensor for tensor in outputs if isinstance(tensor, ops.EagerTensor)]
                if given:
                    log.ahead[given[0]._id] = note(log, op_name, inputs, given)
        return original(op_name, attrs, inputs, outputs, tangents, use_batch)

    def derive_unseen(*arguments: Any) -> Any:
        with log.at_work():
            return derive(*arguments)

    def undo() -> None:
        pywrap_tfe.TFE_Py_RegisterJVPFunction(original)
        forwardprop._jvp_helper = derive

    pywrap_tfe.TFE_Py_RegisterJVPFunction(dispatch)
    forwardprop._jvp_helper = derive_unseen
    return undo


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
