"""How an array differs from the one that was expected, entry by entry, and the words for it.

Each entry is compared by its own size, so that a wrong one cannot hide among large ones. Rounding sets a limit to that:
in float32 an entry that is a small sum of large terms carries their rounding error. What an entry may be off by is
therefore a share of its own size, a tenth of that share of the largest entry in its line (the smallest such, over its
row and its column), and a hundredth of it of the largest entry of all.

Rows, columns and entries are counted from 1 where they are named in words, and from 0 in brackets, as Python does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.model import Array

LINE, WHOLE = 0.1, 0.01  # of the relative tolerance
MOST_LINES = 4  # that are named one by one
SAME = 1e-3  # a factor as near to 1 as this explains nothing
UNLIKE = "does not match the reference: "


def allowed(expected: Array, rtol: float, atol: float) -> Array:
    """How much each entry may be off."""
    size = np.abs(np.asarray(expected, np.float64))
    if size.size == 0:
        return size
    lines = [np.broadcast_to(size.max(axis, keepdims=True), size.shape) for axis in _axes(size)]
    line = np.minimum.reduce(lines) if len(lines) > 1 else size
    return np.asarray(atol + rtol * (size + LINE * line + WHOLE * size.max()))


def _axes(array: Array) -> list[int]:
    return [axis for axis, length in enumerate(array.shape) if length > 1]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two finite arrays of one shape that are not close."""

    got: Array
    expected: Array
    rtol: float
    atol: float

    @property
    def wrong(self) -> Array:
        """Which entries are off by more than they may be."""
        return np.asarray(np.abs(self.got - self.expected) > allowed(self.expected, self.rtol, self.atol))

    @property
    def worst(self) -> tuple[int, ...]:
        """The entry that is off by most, in units of what it may be off by."""
        ratio = np.abs(self.got - self.expected) / np.maximum(allowed(self.expected, self.rtol, self.atol), 1e-300)
        return tuple(int(index) for index in np.unravel_index(int(np.argmax(ratio)), ratio.shape))

    @property
    def off_by(self) -> float | None:
        """The relative error of the worst entry; None where zero was expected."""
        expected = float(self.expected[self.worst])
        return abs(float(self.got[self.worst]) - expected) / abs(expected) if expected else None

    @property
    def largest(self) -> float:
        """The largest error, relative to the largest entry."""
        size = float(np.max(np.abs(self.expected), initial=0.0))
        return float(np.max(np.abs(self.got - self.expected), initial=0.0)) / size if size else 0.0

    def where(self, at: Mapping[str, Array] | None = None) -> str:
        """The place of the worst entry: "[1, 3]", or by the values that it belongs to: "z = 2.3"."""
        if at:
            values = {name: np.broadcast_to(array, self.got.shape)[self.worst] for name, array in at.items()}
            return ", ".join(f"{name} = {short(value)}" for name, value in values.items())
        return f"[{', '.join(map(str, self.worst))}]"

    def words(self, at: Mapping[str, Array] | None = None) -> str:
        """What is wrong, as the end of "the gradient ..."."""
        if self.got.ndim and not np.any(self.got):
            return "is zero everywhere"
        whole = self._factor_words() or (None if at else self._line_words())
        if whole:
            return whole
        got, expected = short(self.got[self.worst]), short(self.expected[self.worst])
        if self.got.ndim == 0:
            return f"is {got}, expected {expected}"
        count = int(np.count_nonzero(self.wrong))
        verb = "differs" if count == 1 else "differ"
        place = f"at {self.where(at)} you return {got}, expected {expected}"
        return f"{UNLIKE}{place}; {count} of {self.got.size} entries {verb}"

    def _factor_words(self) -> str | None:
        """Of a single number, only a simple factor says more than the two numbers do."""
        factor = self._factor(self.got, self.expected)
        if factor is None or (self.got.size == 1 and not _simple(factor)):
            return None
        return f"{'has' if factor < 0 else 'is'} {_times(factor)}"

    def _line_words(self) -> str | None:
        """By rows or columns that are wrong as a whole, if those are few or alike."""
        if self.got.ndim != 2 or min(self.got.shape) < 2:
            return None
        for axis, kind in ((1, "column"), (0, "row")):
            wrong = np.flatnonzero(self.wrong.any(axis=1 - axis))
            found = [self._factor(self.got.take(i, axis), self.expected.take(i, axis)) for i in wrong]
            factors = [factor for factor in found if factor is not None]
            if len(factors) < len(found):
                continue
            words = [_times(factor) for factor in factors]
            if len(set(words)) == 1:
                return f"is wrong in {_named(kind, wrong)}, which {_verb(factors[0], len(wrong))} {words[0]}"
            if len(wrong) <= MOST_LINES:
                each = [f"{kind} {i + 1} {_verb(f, 1)} {w}" for i, f, w in zip(wrong, factors, words, strict=True)]
                return f"is wrong by whole {kind}s: {_joined(each)}"
        return None

    def _factor(self, got: Array, expected: Array) -> float | None:
        """The number by which `expected` was multiplied to get `got`, if there is one."""
        square = float(np.vdot(expected, expected))
        factor = float(np.vdot(expected, got)) / square if square else None
        if (
            factor is None
            or abs(factor - 1.0) <= SAME
            or np.any(np.abs(got - factor * expected) > 10 * self._margin(expected, factor))
        ):
            return None
        return factor

    def _margin(self, expected: Array, factor: float) -> Array:
        return allowed(expected, self.rtol, self.atol) * max(1.0, abs(factor))


def short(value: Any) -> str:
    """A number as people read it: without the sign of a negative zero."""
    return f"{float(value) + 0.0:.4g}"


def _simple(factor: float) -> bool:
    """A whole number of times too large or too small, or the opposite sign."""
    ratio = max(abs(factor), 1.0 / abs(factor)) if factor else 0.0
    return abs(ratio - round(ratio)) < 1e-3 * ratio


def _times(factor: float) -> str:
    """How something relates to what it should be."""
    if abs(factor) < 1e-6:
        return "zero"
    size = abs(factor)
    amount = ""
    if abs(size - 1.0) > SAME:
        ratio = size if size > 1.0 else 1.0 / size
        shown = f"{ratio:.4g}" if ratio < 1000 else f"{ratio:,.0f}"
        amount = f"{shown} times too {'large' if size > 1.0 else 'small'}"
    if factor > 0:
        return amount
    return "the opposite sign" + (f" and is {amount}" if amount else "")


def _verb(factor: float, count: int) -> str:
    if factor < -1e-6:
        return "has" if count == 1 else "have"
    return "is" if count == 1 else "are"


def _named(kind: str, lines: Any) -> str:
    numbers = [str(line + 1) for line in lines]
    if len(numbers) == 1:
        return f"{kind} {numbers[0]}"
    if len(numbers) > MOST_LINES and int(lines[-1]) - int(lines[0]) == len(numbers) - 1:
        return f"{kind}s {numbers[0]} to {numbers[-1]}"
    if len(numbers) > MOST_LINES:
        return f"{len(numbers)} {kind}s"
    return f"{kind}s {_joined(numbers)}"


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
