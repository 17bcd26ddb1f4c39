"""What the recorder keeps: for each place that asks for gradients a Site, and in it for each variable a Source.

Both hold the first and the last values and count the abnormal ones, so that memory stays bounded however long a
notebook trains.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

KEEP_ELEMENTS = 65_536  # larger arrays are described, not kept
KEEP_LOSSES = 512  # then every other one is dropped and half as many are kept from there on


class Source:
    """What one source of a gradient call received since the last reset."""

    def __init__(self, name: str, shape: "list[int] | None", dtype: str) -> None:
        self.name, self.shape, self.dtype = name, shape, dtype
        self.absent = False  # in a traced graph: no gradient leads here, whatever the values
        self.hidden = False  # in a traced graph: there is one, and its values can't be had
        self.reset()

    def reset(self) -> None:
        self.first: Any = None
        self.last: Any = None
        self.nones = self.zeros = self.nonfinite = 0
        self.first_abnormal: int | None = None

    def add(self, number: int, value: Any) -> None:
        self.last = value
        if self.first is None and self.nones == 0:
            self.first = value
        if value is None:
            self.nones += 1
        else:
            square = float(np.vdot(value, value).real) if value.dtype.kind in "fc" else 1.0
            if 0.0 < square < np.inf:
                return
            # Zero, overflown or underflown: one pass over the values decides.
            if not np.all(np.isfinite(value)):
                self.nonfinite += 1
            elif not np.any(value):
                self.zeros += 1
            else:
                return
        self.first_abnormal = self.first_abnormal or number

    def export(self, calls: int) -> "dict[str, Any]":
        arrays = [value for value in (self.first, self.last) if value is not None]
        kept = not self.hidden and all(value.size <= KEEP_ELEMENTS for value in arrays)
        return {
            "name": self.name,
            "shape": self.shape,
            "dtype": self.dtype,
            "first": self.first if kept else None,
            "last": self.last if kept else None,
            "kept": kept,
            "nones": calls if self.absent else self.nones,
            "zeros": self.zeros,
            "nonfinite": self.nonfinite,
            "first_abnormal": 1 if self.absent else self.first_abnormal,
        }


class Site:
    """One place in the notebook that asks for gradients, and all that it was given since the last reset."""

    def __init__(self, kind: str, place: "tuple[int | None, int | None]", sources: "list[Source]", traced: bool):
        self.kind, self.place, self.sources, self.traced = kind, place, sources, traced
        self.counters: list[Any] = []  # of calls, in each graph that was traced
        self.reset()

    def reset(self) -> None:
        self.losses: list[float] = []
        self._seen = 0
        self._stride = 1
        for source in self.sources:
            source.reset()
        for counter in self.counters:
            counter.assign(0)

    @property
    def calls(self) -> int:
        return sum(int(counter) for counter in self.counters) if self.counters else self._seen

    def add(self, values: Sequence[Any], loss: "float | None") -> None:
        self._seen += 1
        for source, value in zip(self.sources, values, strict=False):
            source.add(self._seen, value)
        if loss is not None and (self._seen - 1) % self._stride == 0:
            self.losses.append(loss)
            if len(self.losses) > KEEP_LOSSES:
                self.losses, self._stride = self.losses[::2], self._stride * 2

    def export(self) -> "dict[str, Any]":
        calls = self.calls
        return {
            "kind": self.kind,
            "cell": self.place[0],
            "line": self.place[1],
            "calls": calls,
            "traced": self.traced,
            "sources": [source.export(calls) for source in self.sources],
            "losses": self.losses,
        }
