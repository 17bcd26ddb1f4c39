"""Tensors that were computed before the trace began: where, and from which variables, as the code says it.

Nobody saw it happen. But if one line only assigns the tensor's name, that line made it, and the variables and layers
that it names went into it. It is told as if it had been seen, at negative times: the variable was read, and the tensor
made, where no tape recorded.
"""

from __future__ import annotations

from typing import Any

import keras
from keras.src.layers.layer import Layer
from tensorflow.python.framework import ops
from tensorflow.python.ops import resource_variable_ops

from .log import OLDER, Log, Operation
from .places import NOWHERE
from .tapes import identity

BEFORE = -1_000_000  # the clock of the first of these operations
IMAGINED = 1 << 50  # the number of the first tensor that stands for a variable's value
DEEPEST = 4  # tensors that were made from tensors


class Tensors:
    def __init__(self, log: Log) -> None:
        self.log = log
        self._first = ops.uid()  # a younger tensor has a larger number
        self._made_from: dict[int, tuple[int, set[int]]] = {}  # tensor -> its place, the variables behind it

    def arrived(self, tensor: Any, place: int) -> tuple[int, int]:
        """The clock and the place of a tensor that no operation made."""
        if tensor._id > self._first:
            return self.log.clock, place
        return OLDER, self._look_into(tensor, place)

    def _look_into(self, tensor: Any, place: int, depth: int = DEEPEST) -> int:
        older = self.log.places.of_older(tensor, place)
        behind = {handle for part in older.parts for handle in self._list_handles(part, depth)}
        if behind and tensor.dtype.is_floating:
            self._made_from[tensor._id] = older.place, behind
        return older.place

    def _list_handles(self, part: Any, depth: int) -> list[int]:
        if isinstance(part, ops.EagerTensor) and depth:
            self._look_into(part, NOWHERE, depth - 1)
            return list(self._made_from.get(part._id, (0, ()))[1])
        if isinstance(part, (resource_variable_ops.BaseResourceVariable, keras.Variable)):
            return [identity(self.log, part)[0]]
        if isinstance(part, Layer):
            return [identity(self.log, weight)[0] for weight in part.weights]
        return []

    def finish(self) -> list[Operation]:
        """Operations that nobody saw, each after a read of the variables that a gradient was asked for."""
        operations: list[Operation] = []
        for tensor, (place, behind) in self._made_from.items():
            if tensor not in self.log.tensors:
                continue  # it was only looked into on the way to another
            reads = []
            for handle in sorted(behind & self.log.asked):
                clock = BEFORE + len(operations)
                reads.append(IMAGINED + clock)
                self.log.tensors[reads[-1]] = self.log.tensors[tensor]
                operations.append(
                    [clock, "ReadVariableOp", place, [handle], reads[-1:], [], False, None, None, NOWHERE]
                )
            if reads:
                clock = BEFORE + len(operations)
                operations.append([clock, "Identity", place, reads, [tensor], [], False, None, None, NOWHERE])
        return operations
