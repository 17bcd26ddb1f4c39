"""Every operation that TensorFlow runs eagerly, and those of functions that are being compiled.

TensorFlow calls us after each operation (`op_callbacks`) with the tensors that went in and came out. Two things that
it does not say are added here: the implicit read of a variable that is handed to an operation directly
(`TFE_Py_FastPathExecute`), and that an operation ran before its tangent was computed from its result
(`TFE_Py_RegisterJVPFunction`: under a forward accumulator TensorFlow computes the tangent first, and calls us about the
operation afterwards). The way back is `backward`, what is one step to the tape is `wholes`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import context, forwardprop, record
from tensorflow.python.framework import op_callbacks, ops
from tensorflow.python.ops import resource_variable_ops

from .log import DESCRIBED_CONSTANTS, TRACKED, Log, Operation, digest, state_of

Undo = Callable[[], None]
READS = ("ReadVariableOp", "ResourceGather")
WRITING = (
    *("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"),
    *("ResourceScatter", "ResourceApply", "ResourceStrided"),
)
DESCRIBED_OUTSIDE = 1_500  # operations
MOST_DESCRIBED = 100_000  # elements of the results of one
ARRAY_WRITES = ("TensorListSetItem", "TensorListScatterIntoExistingList", "TensorArrayWriteV3", "TensorArrayScatterV3")


def observe(log: Log, building: Callable[[], None]) -> Undo:
    """The backbone: one record for each operation. `building` is called for each that is built into a function."""

    def after(op_type: Any, inputs: Any, _attrs: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> None:
        del op_name  # TensorFlow names the argument
        if log.busy:
            return
        if graph is not None:
            if op_type in ARRAY_WRITES:
                log.array_writes.append(outputs[0])
            with log.noting():
                building()
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
    states = states_outside(log, given) if not log.tapes and log.within is None else None
    operation = [log.tick(), name, place, taken, numbers, tapes, False, log.within, states, log.owners[-1]]
    log.operation(operation)
    if log.layers and name in READS:
        log.read(taken[0])
    if taken and name.startswith(WRITING):
        log.written(taken[0])
    return operation


def states_outside(log: Log, given: list[Any]) -> list[Any] | None:
    """What the values are like of what was computed where no tape kept it, as data are: of the first ones."""
    small = sum(prod(tensor._shape_tuple()) for tensor in given) <= MOST_DESCRIBED
    if not small or log.described == DESCRIBED_OUTSIDE:
        return None
    log.described += 1
    return [state_of(tensor) for tensor in given]


def note_built(log: Log, name: str, inputs: Any, outputs: Any) -> None:
    """An operation of a function that is being compiled: as one that ran, but nothing is known of its values."""
    if name == "Placeholder":
        return
    place = log.places.here()
    taken = [built_number(log, tensor) for tensor in inputs]
    for tensor in outputs:
        describe_built(log, tensor)
    tapes = [] if pywrap_tfe.TFE_Py_TapeSetIsStopped() else list(log.tapes)
    operation = [
        log.tick(),
        name,
        place,
        taken,
        [one._id for one in outputs],
        tapes,
        False,
        log.within,
        None,
        log.owners[-1],
    ]
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
