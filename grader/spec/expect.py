"""What a spec may expect of gradients: each function passes silently or raises CheckFailed, which a learner can read.

`gradients` are dicts from a variable's name to an array, or to None where there was no gradient. What is raised here
may show a hidden input: it is drawn afresh each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from grader.model import Array, Comparison, Evidence, Match, Tree
from grader.spec.differences import UNLIKE, Difference, short

Gradients = Mapping[str, Array | None]
RTOL, ATOL = 1e-4, 1e-7


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
    _demand(
        gradients, lambda value: value is not None, "present", "an array", "{names} received None: no path leads there."
    )


def finite(gradients: Gradients) -> None:
    """No gradient holds a NaN or an infinity (None is another check's matter)."""
    there = {name: value for name, value in gradients.items() if value is not None}
    if there or not gradients:
        _demand(
            there,
            lambda value: value is not None and bool(np.all(np.isfinite(value))),
            "finite",
            "finite numbers",
            "{names} received NaN or infinity.",
        )


def nonzero(gradients: Gradients) -> None:
    """No gradient is zero everywhere."""
    _demand(
        gradients,
        lambda value: value is not None and bool(np.any(value)),
        "present",
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
        rows.append(Comparison(name, "shaped" if fits else "shape", got, f"shape {wanted}, floating"))
    _raise_for(rows, "The gradient of {names} does not have its variable's shape.")


def close(
    got: Any,
    expected: Any,
    rtol: float = RTOL,
    atol: float | Mapping[str, float] = ATOL,
    what: str = "gradient",
    at: Mapping[str, Array] | None = None,
    mistakes: Mapping[str, Any] | None = None,
) -> None:
    """Values agree, name by name and entry by entry: each by its own size (differences.py says how far).

    `got` and `expected`: dicts of arrays, or single arrays or numbers. `atol`: one for all, or by name. `at`: the
    values to which the entries belong, of a shape that fits, so that "at z = 2.3" can be said. `mistakes`: sentences
    for what is often wrong, each with the values that it leads to.
    """
    if not isinstance(expected, Mapping):
        mistakes = {sentence: {what: value} for sentence, value in (mistakes or {}).items()}
        got, expected = {what: got}, {what: expected}
    if not isinstance(got, Mapping):
        got = {}
    margin = {name: atol[name] if isinstance(atol, Mapping) else atol for name in expected}
    compared = {name: _compare(name, got.get(name), value, rtol, margin[name], at) for name, value in expected.items()}
    rows = [row for row, _ in compared.values()]
    bad = {name: words for name, (row, words) in compared.items() if not row.fits}
    if not bad:
        return
    for sentence, values in (mistakes or {}).items():
        if all(
            name in values and _compare(name, got.get(name), values[name], rtol, margin[name])[0].fits for name in bad
        ):
            raise CheckFailed(sentence, rows)
    raise CheckFailed(_told(bad, what), rows)


def is_close(got: Any, expected: Any) -> bool:
    """Whether `close` holds: for a check that has something to say only where another one passes."""
    try:
        close(got, expected)
    except CheckFailed:
        return False
    return True


def _told(bad: Mapping[str, str], what: str) -> str:
    """One sentence for what is wrong, with the first of several different faults in full."""
    words = list(bad.values())
    subject = "" if list(bad) == [what] else f"{_names(list(bad))}: "
    article = "The" if not subject else "the"
    if len(set(words)) == 1:
        return f"{subject}{article} {what} {words[0]}."
    return f"{subject}the {what} does not match the reference. {next(iter(bad))}: {words[0].removeprefix(UNLIKE)}."


def from_tape(gradients: Gradients, loss: Any, replays: Iterable[Tree]) -> None:
    """Each of these gradients depends on what tapes gave while the function ran, whoever asked them.

    `replays`: the answers of `tools.replays`, each a dict of "loss" and "gradients", in which the results of tapes were
    changed. Where none of them can tell (the loss has changed too, or there is none) nothing is held against anybody.
    """
    replays = [replay for replay in replays if _tells(loss, replay)]
    if not replays:
        return
    rows = []
    for name, value in gradients.items():
        if value is not None:
            fits = any(_follows(value, replay["gradients"].get(name)) for replay in replays)
            got = "from a tape" if fits else "not from a tape"
            rows.append(Comparison(name, "taped" if fits else "missing", got, "from a tape"))
    _raise_for(
        rows,
        "{names}: the gradient that your function returned does not come from a tape. It stays the same when the "
        "results of all tapes change.",
    )


def _tells(loss: Any, replay: Tree) -> bool:
    """Whether nothing but gradients has changed: a tape whose result goes into the loss changes that."""
    if not isinstance(replay, Mapping) or not isinstance(replay.get("gradients"), Mapping):
        return False
    try:
        return bool(
            np.allclose(np.asarray(replay.get("loss"), float), np.asarray(loss, float), rtol=1e-5, equal_nan=True)
        )
    except (TypeError, ValueError):
        return True


def _follows(value: Array, changed: Any) -> bool:
    """Most entries have changed. What is zero cannot change, so a gradient of zeros follows anything."""
    if not isinstance(value, np.ndarray) or not isinstance(changed, np.ndarray) or value.shape != changed.shape:
        return True
    there = np.abs(value) > 1e-6 * np.max(np.abs(value), initial=0.0)
    moved = np.abs(changed - value) > 1e-3 * np.abs(value)
    return bool(np.count_nonzero(moved & there) >= np.count_nonzero(there) / 2)


def trained(
    ends: Iterable[Mapping[str, Any]], start: Mapping[str, Any], loss: Callable[[Any], float], below: float
) -> None:
    """The notebook's training came to something: with the variables that it ended with, the loss is below `below`, and
    below that of a new model. What the notebook printed or recorded on the way does not count.

    `ends`: the answer of `tools.trained`; the best counts. `start`: a new model's variables. `loss`: of such variables,
    on the notebook's own data.
    """
    best = min((_loss_of(end, loss) for end in ends), default=np.inf)
    if not np.isfinite(best):
        raise CheckFailed("Your notebook ends with no model for which a loss could be computed.")
    begin = _loss_of(start, loss)
    wanted = min(below, begin)
    if not best < wanted:
        row = Comparison("loss", "wrong", f"{begin:.3g} -> {best:.3g}", f"{begin:.3g} -> less than {wanted:.3g}")
        raise CheckFailed(
            f"With the variables that your notebook ended with, the loss is {best:.3g}. Training should bring it below "
            f"{wanted:.3g}; with a new model's variables it is {begin:.3g}.",
            [row],
        )


def _loss_of(end: Gradients, loss: Callable[[Any], float]) -> float:
    """Infinite for variables of another kind: any global that holds some is among them."""
    try:
        with np.errstate(all="ignore"):
            value = float(loss(end))
            return value if np.isfinite(value) else float("inf")
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        return float("inf")


# --- rows -------------------------------------------------------------------------------------------------------


def _compare(
    name: str, got: Any, expected: Any, rtol: float, atol: float, at: Mapping[str, Array] | None = None
) -> tuple[Comparison, str]:
    """A row of the table, and what is wrong as the end of "the gradient ..."."""
    if expected is None:
        return Comparison(name, "ok" if got is None else "wrong", _describe(got), "None"), "should be None"
    wanted = np.asarray(expected)
    if got is None:
        return Comparison(name, "none", "None", _describe(wanted)), "is None"
    if isinstance(got, str | Mapping | list):
        return Comparison(name, "missing", _describe(got), _describe(wanted)), "is no array"
    value = np.asarray(got)
    if value.shape != wanted.shape:
        words = f"has shape {value.shape}, not {wanted.shape}"
        return Comparison(name, "shape", f"shape {value.shape}", f"shape {wanted.shape}"), words
    if not np.all(np.isfinite(value)):
        return Comparison(name, "nan", _describe(value), _describe(wanted)), "holds NaN or infinity"
    difference = Difference(value.astype(np.float64), wanted.astype(np.float64), rtol, atol)
    if not np.any(difference.wrong):
        return Comparison(name, "ok", _describe(value), _describe(wanted), difference.largest), ""
    entry, right = short(difference.got[difference.worst]), short(difference.expected[difference.worst])
    count = f"{np.count_nonzero(difference.wrong)} of {value.size} differ"
    found = entry if value.ndim == 0 else f"{entry} at {difference.where(at)} ({count})"
    verdict: Match = "wrong" if np.any(value) else "zero"
    return Comparison(name, verdict, found, right, difference.off_by), difference.words(at)


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
    return f"up to {np.max(np.abs(array)):.4g}" if array.ndim else short(array)


def _demand(
    gradients: Gradients, fits: Callable[[Array | None], bool], asked: Match, wanted: str, message: str
) -> None:
    """`asked`: what is shown of a gradient that fits."""
    if not gradients:
        raise CheckFailed("There are no gradients at all.")
    rows = []
    for name, value in gradients.items():
        kind: Match = "none" if value is None else "nan" if np.any(value) else "zero"  # what is wrong, if something is
        rows.append(Comparison(name, asked if fits(value) else kind, _describe(value), wanted))
    _raise_for(rows, message)


def _raise_for(rows: list[Comparison], message: str) -> None:
    bad = [row.name for row in rows if not row.fits]
    if bad:
        raise CheckFailed(message.format(names=_names(bad)), rows)


def _names(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
