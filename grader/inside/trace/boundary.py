"""Values that leave TensorFlow, and values that come in.

Leaving is `.numpy()`, `float()`, `print` and their like (one method of EagerTensor), and everything that NumPy does
with a tensor by itself, which goes through the C buffer protocol and is seen by replacing the function pointer in
EagerTensor's type. Coming in is a constant: its place is where Python handed it to TensorFlow.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from tensorflow.python.framework import constant_op, ops

from .log import Log, array_of, digest
from .operations import Undo, describe

# PyTypeObject: tp_as_buffer is the 18th pointer after the 24 bytes of PyVarObject. Tried on these versions only.
BUFFER_SLOT = 24 + 8 * 17
BUFFER_VERSIONS = ((3, 11),)


def note_exit(log: Log, tensor: Any, how: str) -> None:
    with log.noting():
        array = array_of(tensor)
        mark = "" if array is None else digest(array)
        log.tick()
        log.event("exit", tensor=tensor._id, place=log.places.here(), how=how, digest=mark)
        if tensor._id not in log.tensors:
            describe(log, tensor._id, tensor)


def observe_numpy(log: Log) -> Undo:
    original = ops._EagerTensorBase._numpy

    def numpy(self: Any) -> Any:
        if not log.busy:
            note_exit(log, self, "numpy")
        with log.at_work():
            return original(self)

    ops._EagerTensorBase._numpy = numpy

    def undo() -> None:
        ops._EagerTensorBase._numpy = original

    return undo


def observe_buffer(log: Log) -> Undo:
    if sys.version_info[:2] not in BUFFER_VERSIONS or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise NotImplementedError("the buffer protocol is observed on 64-bit CPython 3.11 only")
    getter = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_void_p, ctypes.c_int)
    table = ctypes.c_void_p.from_address(id(ops.EagerTensor) + BUFFER_SLOT).value or 0
    slot = ctypes.c_void_p.from_address(table)
    address = slot.value or 0
    original = getter(address)

    def get(tensor: Any, view: Any, flags: int) -> int:
        if not log.busy:
            note_exit(log, tensor, "buffer")
        with log.at_work():
            return int(original(tensor, view, flags))

    hook = getter(get)
    slot.value = ctypes.cast(hook, ctypes.c_void_p).value

    def undo() -> None:
        slot.value = address
        assert hook is not None  # alive until here: the pointer above leads to it

    return undo


def observe_entries(log: Log) -> Undo:
    original = constant_op.convert_to_eager_tensor

    def convert(value: Any, ctx: Any, dtype: Any = None) -> Any:
        tensor = original(value, ctx, dtype)
        if not log.busy and tensor is not value:
            with log.noting():
                log.tick()
                copied = value._id if isinstance(value, ops.EagerTensor) else None
                log.event("entry", tensor=tensor._id, place=log.places.here(), copied=copied)
                if copied is not None:
                    log.event("exit", tensor=copied, place=log.places.here(), how="copy", digest="")
        return tensor

    constant_op.convert_to_eager_tensor = convert

    def undo() -> None:
        constant_op.convert_to_eager_tensor = original

    return undo
