"""The geometry of the HTML report's pictures, as coordinates in percent that the templates draw. Plots stretch with the
page while their labels are HTML and keep their size, so one drawing is readable on a phone and on a wall. What is hard
is a training that went wrong: a loss that is NaN, infinite, constant, or falls by six powers of ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grader.model import Comparison, GradientCall, GradientRecord
from grader.report.words import BREAK

MOST_POINTS = 240  # of one curve: more cannot be told apart on a screen
LOGARITHMIC = 30.0  # a loss that falls by more than this is drawn on a logarithmic axis
HUGE = 1e30  # a loss beyond it is drawn like an infinite one
SAMPLES = 6  # rows of the table that stands for the curve
MOST_NODES = 16  # of a drawn path
BREAK_GAP = 24  # pixels more between the two nodes where it breaks
LABEL_LEFT, CHARACTER, NARROWEST = 28, 8, 220  # pixels: where labels begin, the width of a letter, of the whole


@dataclass(frozen=True, slots=True)
class Tick:
    label: str
    top: float  # percent


@dataclass(frozen=True, slots=True)
class LossChart:
    mine: tuple[str, ...]  # polylines; more than one where the loss was not finite in between
    reference: tuple[str, ...]
    ticks: tuple[Tick, ...]
    steps: int
    logarithmic: bool
    samples: tuple[tuple[int, str, str], ...]  # step, the learner's loss, the reference's


def loss_chart(mine: Sequence[float], reference: Sequence[float]) -> LossChart | None:
    """None where the learner's notebook gave too little to draw."""
    finite = [value for value in (*mine, *reference) if _drawable(value)]
    steps = max(len(mine), len(reference))
    if not mine or not finite or steps < 2:
        return None
    low, high = min(finite), max(finite)
    logarithmic = low > 0 and high / low > LOGARITHMIC
    marks = _decades(low, high) if logarithmic else _round_marks(low, high)
    bottom, top = marks[0], marks[-1]

    def height(value: float) -> float:
        if logarithmic:
            return 100 * (1 - math.log(value / bottom) / math.log(top / bottom))
        return 100 * (1 - (value - bottom) / (top - bottom))

    def curve(values: Sequence[float]) -> tuple[str, ...]:
        pieces: list[list[str]] = [[]]
        for step in _thinned(len(values)):
            if _drawable(values[step]):
                pieces[-1].append(f"{100 * step / (steps - 1):.2f},{height(values[step]):.2f}")
            elif pieces[-1]:
                pieces.append([])
        return tuple(" ".join(piece) for piece in pieces if piece)

    ticks = tuple(Tick(f"{mark:.3g}", round(height(mark), 2)) for mark in marks)
    return LossChart(curve(mine), curve(reference), ticks, steps, logarithmic, _samples(mine, reference, steps))


def _drawable(value: float) -> bool:
    return math.isfinite(value) and abs(value) < HUGE


def _thinned(count: int) -> list[int]:
    return sorted({round(position) for position in np.linspace(0, count - 1, min(count, MOST_POINTS))} if count else ())


def _samples(mine: Sequence[float], reference: Sequence[float], steps: int) -> tuple[tuple[int, str, str], ...]:
    def at(values: Sequence[float], step: int) -> str:
        return f"{values[step]:.4g}" if step < len(values) else "–"

    chosen = sorted({round(step) for step in np.linspace(0, steps - 1, min(steps, SAMPLES))})
    return tuple((step + 1, at(mine, step), at(reference, step)) for step in chosen)


def _decades(low: float, high: float) -> list[float]:
    """Some powers of ten, or 1, 2, 5, 10, ... where these would be few, that enclose low and high."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = max(1, math.ceil((last - first) / 5))
    marks = [10.0**power for power in range(first, last + stride, stride)]
    if last - first > 3:
        return marks
    fine = [digit * 10.0**power for power in range(first, last + 1) for digit in (1, 2, 5)]
    start = max(index for index, mark in enumerate(fine) if mark <= low)
    stop = min(index for index, mark in enumerate(fine) if mark >= high)
    return fine[start : stop + 1]


def _round_marks(low: float, high: float) -> list[float]:
    """Three to six round numbers that enclose low and high; a curve near zero or nearly flat is shown from zero."""
    if low >= 0 and (low < 0.5 * high or high - low < 0.2 * high):
        low = 0.0
    raw = (high - low) / 4 or 1.0
    size = 10.0 ** math.floor(math.log10(raw))
    stride = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= raw * 0.999)
    first, last = math.floor(low / stride), math.ceil(high / stride * 0.9999) or 1
    return [stride * index for index in range(first, max(last, first + 1) + 1)]


def bar(row: Comparison) -> int:
    """How far off, in percent of the bar, on a logarithmic scale: empty is one in a million, full is 100 %."""
    if row.fits or row.off_by is None:
        return 0 if row.fits else 100
    if not math.isfinite(row.off_by) or row.off_by >= 1:
        return 100
    return max(2, round(100 * (math.log10(max(row.off_by, 1e-6)) + 6) / 6))


@dataclass(frozen=True, slots=True)
class Received:
    """What one variable received, in counts and in percent of all calls."""

    name: str
    shape: str
    live: int
    nones: int
    zeros: int
    nonfinite: int
    norm: str  # of the last gradient
    shares: tuple[tuple[str, float], ...]

    @property
    def healthy(self) -> bool:
        return not (self.nones or self.zeros or self.nonfinite)


def received(call: GradientCall) -> list[Received]:
    return [_received(call.calls, record) for record in call.sources]


def _received(calls: int, record: GradientRecord) -> Received:
    live = max(0, calls - record.nones - record.zeros - record.nonfinite)
    counts = {"live": live, "none": record.nones, "zero": record.zeros, "nan": record.nonfinite}
    total = sum(counts.values()) or 1
    shares = tuple((kind, round(100 * count / total, 2)) for kind, count in counts.items() if count)
    shape = "unknown" if record.shape is None else " × ".join(map(str, record.shape)) or "scalar"
    return Received(record.name, shape, live, record.nones, record.zeros, record.nonfinite, _norm(record), shares)


def _norm(record: GradientRecord) -> str:
    if not record.kept:
        return "too large to keep"
    if record.last is None:
        return "None"
    with np.errstate(all="ignore"):
        return f"{float(np.linalg.norm(np.asarray(record.last, np.float64))):.3g}"


@dataclass(frozen=True, slots=True)
class Node:
    label: str
    y: int
    reached: bool
    broken_above: bool  # the edge that leads here is the broken one
    left_out: bool  # stands for nodes that are not drawn


@dataclass(frozen=True, slots=True)
class PathDrawing:
    nodes: tuple[Node, ...]
    width: int
    height: int


def path_drawing(path: Sequence[str], spacing: int = 25, longest: int = 40) -> PathDrawing:
    """From the loss at the top to the variable at the bottom; of a long path, the ends and what is near the break."""
    nodes: list[Node] = []
    reached, broken = True, False
    for name in _shortened(path):
        if name == BREAK:
            reached, broken = False, True
            continue
        label = name if len(name) <= longest else name[: longest - 1] + "…"
        y = nodes[-1].y + spacing + (BREAK_GAP if broken else 0) if nodes else spacing // 2
        nodes.append(Node(label, y, reached, broken, name.startswith("…")))
        broken = False
    width = LABEL_LEFT + CHARACTER * max((len(node.label) for node in nodes), default=0)
    return PathDrawing(tuple(nodes), max(width, NARROWEST), nodes[-1].y + spacing // 2 if nodes else 0)


def _shortened(path: Sequence[str]) -> list[str]:
    if len(path) <= MOST_NODES:
        return list(path)
    middle = path.index(BREAK) if BREAK in path else len(path) // 2
    kept = sorted({0, 1, len(path) - 2, len(path) - 1} | set(range(max(0, middle - 4), min(len(path), middle + 5))))
    out: list[str] = []
    for before, index in zip([-1, *kept], kept, strict=False):
        if index > before + 1:
            out.append(f"… {index - before - 1} more …")
        out.append(path[index])
    return out
