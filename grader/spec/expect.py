"""What a spec may expect of gradients: each function passes silently or raises CheckFailed, which a learner can read.

`gradients` are dicts from a variable's name to an array, or to None where there was no gradient. Nothing that is raised
here shows a hidden input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from grader.model import Array, Comparison, Evidence, GradientCall, Match

Gradients = Mapping[str, Array | None]


class CheckFailed(AssertionError):  # noqa: N818  reads as a sentence
    """A check that did not hold: one sentence, and a row for each variable."""

    def __init__(self, message: str, comparisons: Iterable[Comparison] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.comparisons = tuple(comparisons)


def true(condition: object, message: str) -> None:
    """The condition holds."""
    if not condition:
        raise CheckFailed(message)


def functions_exist(evidence: Evidence) -> None:
    """The notebook defines every function of the contract."""
    if evidence.missing:
        names = " and ".join(f"`{name}`" for name in evidence.missing)
        raise CheckFailed(f"The notebook defines no {names}.")


def connected(gradients: Gradients) -> None:
    """No gradient is None."""
    _demand(gradients, lambda value: value is not None, "an array", "{names} received None: no path leads there.")


def finite(gradients: Gradients) -> None:
    """No gradient holds a NaN or an infinity (None is another check's matter)."""
    _demand(
        gradients,
        lambda value: value is None or bool(np.all(np.isfinite(value))),
        "finite numbers",
        "{names} received NaN or infinity.",
    )


def nonzero(gradients: Gradients) -> None:
    """No gradient is zero everywhere."""
    _demand(
        gradients,
        lambda value: value is not None and bool(np.any(value)),
        "something that is not zero",
        "{names} received only zeros: a path exists, but nothing comes through.",
    )


def shapes(gradients: Gradients, like: Mapping[str, Any]) -> None:
    """Every name of `like` is there, with the same shape and a floating dtype. `like`: arrays, or shapes as tuples."""
    rows = []
    for name, model in like.items():
        wanted = tuple(model.shape) if isinstance(model, np.ndarray) else tuple(model)
        value = gradients.get(name)
        fits = isinstance(value, np.ndarray) and value.shape == wanted and value.dtype.kind == "f"
        got = f"shape {value.shape}, {value.dtype}" if isinstance(value, np.ndarray) else "nothing"
        rows.append(Comparison(name, "ok" if fits else "shape", got, f"shape {wanted}, floating"))
    _raise_for(rows, "The gradient of {names} does not have its variable's shape.")


def close(got: Any, expected: Any, rtol: float = 1e-4, atol: float = 1e-6, what: str = "gradient") -> None:
    """Values agree: the norm of the difference is at most `atol + rtol * norm(expected)`, name by name.

    `got` and `expected`: dicts of arrays, or single arrays or numbers.
    """
    if not isinstance(expected, Mapping):
        got, expected = {what: got}, {what: expected}
    if not isinstance(got, Mapping):
        got = {}
    rows = [_compare(name, got.get(name), value, rtol, atol) for name, value in expected.items()]
    _raise_for(rows, "{names}: the " + what + " is not what the same data should give.")


def from_tape(gradients: Gradients, calls: Iterable[GradientCall]) -> None:
    """Each of these gradients is one that a `gradient()` call gave while the functions ran."""
    records = [record for call in calls if call.kind != "step" for record in call.sources]
    rows = []
    for name, value in gradients.items():
        shapes_seen = {record.shape for record in records if record.nones < 1}
        fits = value is not None and (value.shape in shapes_seen or any(not record.kept for record in records))
        rows.append(Comparison(name, "ok" if fits else "missing", "not from a tape", "from tape.gradient"))
    _raise_for(rows, "{names}: this gradient did not come from a tape while your function ran.")


def trained(evidence: Evidence, names: Iterable[str]) -> None:
    """The notebook's own training gave each of these variables a gradient that is neither None, zero nor NaN."""
    rows = []
    for name in names:
        records = [(record, call.calls) for call in evidence.training for record in call.sources if record.name == name]
        alive = any(record.nones + record.zeros + record.nonfinite < calls for record, calls in records)
        got = "no gradient call named it" if not records else "None" if records[0][0].nones else "zero or not finite"
        rows.append(Comparison(name, "ok" if alive else "missing", "live" if alive else got, "a live gradient"))
    _raise_for(rows, "While your notebook trained, {names} never received a gradient that could change it.")


def improved(evidence: Evidence, ratio: float) -> None:
    """The loss of the notebook's own training fell at least to `ratio` of where it began (means of a tenth each)."""
    losses = evidence.losses
    if len(losses) < 2:
        raise CheckFailed("Your notebook's training asked a tape for no more than one loss.")
    window = max(1, len(losses) // 10)
    first, last = float(np.mean(losses[:window])), float(np.mean(losses[-window:]))
    if not last <= ratio * first:
        rows = [
            Comparison(
                "training loss", "wrong", f"{first:.3g} at first, {last:.3g} at the end", f"at most {ratio * first:.3g}"
            )
        ]
        raise CheckFailed("The loss of your notebook's own training did not fall far enough.", rows)


# --- rows -------------------------------------------------------------------------------------------------------


def _compare(name: str, got: Any, expected: Any, rtol: float, atol: float) -> Comparison:
    if expected is None:
        fits = got is None
        return Comparison(name, "ok" if fits else "wrong", _describe(got), "None")
    wanted = np.asarray(expected)
    if got is None or isinstance(got, str | Mapping | list):
        return Comparison(name, "none" if got is None else "missing", _describe(got), _describe(wanted))
    value = np.asarray(got)
    if value.shape != wanted.shape:
        return Comparison(name, "shape", f"shape {value.shape}", f"shape {wanted.shape}")
    if not np.all(np.isfinite(value)):
        return Comparison(name, "nan", _describe(value), _describe(wanted))
    norm = float(np.linalg.norm(wanted))
    distance = float(np.linalg.norm(value.astype(np.float64) - wanted))
    off = distance / norm if norm else (0.0 if distance <= atol else float("inf"))
    if distance <= atol + rtol * norm:
        return Comparison(name, "ok", _describe(value), _describe(wanted), off)
    return Comparison(name, "wrong" if np.any(value) else "zero", _describe(value), _describe(wanted), off)


def _describe(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, str | Mapping | list):
        return "no array"
    array = np.asarray(value)
    if not np.all(np.isfinite(array)):
        return f"{np.count_nonzero(~np.isfinite(array))} of {array.size} NaN or infinite"
    if not np.any(array):
        return "all zeros" if array.ndim else "0"
    return f"norm {np.linalg.norm(array):.4g}" if array.ndim else f"{array.item():.4g}"


def _demand(gradients: Gradients, fits: Callable[[Array | None], bool], wanted: str, message: str) -> None:
    if not gradients:
        raise CheckFailed("There are no gradients at all.")
    rows = []
    for name, value in gradients.items():
        kind: Match = "none" if value is None else "nan" if np.any(value) else "zero"  # what is wrong, if something is
        rows.append(Comparison(name, "ok" if fits(value) else kind, _describe(value), wanted))
    _raise_for(rows, message)


def _raise_for(rows: list[Comparison], message: str) -> None:
    bad = [row.name for row in rows if row.verdict != "ok"]
    if bad:
        shown = ", ".join(bad[:4]) + (f" and {len(bad) - 4} more" if len(bad) > 4 else "")
        raise CheckFailed(message.format(names=shown), rows)
