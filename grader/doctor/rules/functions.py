"""Compiled functions that never see a changed value, and custom gradients that disagree with their own forward pass."""

from __future__ import annotations

from collections.abc import Iterator

from grader.doctor.case import Case, Suspect, aligned
from grader.doctor.trace import Spot

AGREES = 0.05  # relative difference between a custom gradient and the measured one that may be rounding
SMOOTH = 0.03  # slopes to both sides that differ by less than this share belong to a smooth function
FLAT = 0.2  # share of results that a tiny step leaves exactly as they are
LEAST = 1e-4  # a smaller slope is lost in rounding


def suspects(case: Case) -> Iterator[Suspect]:
    yield from only_in_graphs(case)
    yield from captured(case)
    yield from custom_gradients(case)


def only_in_graphs(case: Case) -> Iterator[Suspect]:
    """A source got None from the compiled program and a gradient when the same program ran line by line."""
    if case.main is case.plain:
        return
    for call, twin in aligned(case.plain, case.main, "call"):
        if call["results"] is None or twin["results"] is None or not case.plain.of("function"):
            continue
        rows = zip(call["sources"], call["results"], twin["results"], strict=False)
        names = tuple(case.plain.name(source[0]) for source, one, other in rows if one["none"] and not other["none"])
        if names:
            before = [event for event in case.plain.of("function") if event["clock"] < call["begin"]]
            if before:
                dropped = [Spot(cell or None, line) for event in before for cell, line in event["dropped"]]
                place = before[-1]["written"]
                if dropped:
                    yield Suspect("tensorarray_not_reassigned", "error", place, "none", names, spot=dropped[0])
                    return
                spot = case.plain.spot(place)
                yield Suspect("nondifferentiable_op", "error", place, "none", names, "", "graph", spot=spot)
                return


def captured(case: Case) -> Iterator[Suspect]:
    """A number that the function read while it was traced is another one now, and no new trace was made."""
    for event in case.plain.of("function"):
        names = ", ".join(name for name, size in event["changed"].items() if reaches_tensorflow(case, size))
        if names:
            spot = case.plain.spot(event["written"])
            yield Suspect("tf_function_constant_capture", "error", event["written"], "suspicious", (), names, spot=spot)
            return


def reaches_tensorflow(case: Case, size: float) -> bool:
    """Run line by line, the program hands a number of this size to TensorFlow; the compiled function did not."""
    if case.main is case.plain:
        return False
    line_by_line, compiled = (
        {
            round(event["state"][1], 6)
            for event in story.of("constant")
            if event["state"] and event["state"][1] is not None
        }
        for story in (case.main, case.plain)
    )
    return any(abs(size - seen) <= 1e-5 * max(size, 1.0) for seen in line_by_line - compiled)


def custom_gradients(case: Case) -> Iterator[Suspect]:
    if case.measured is None:
        return
    story = case.measured
    for event in story.of("custom_gradient"):
        if event["identity"]:
            continue  # gradient reversal, scaling, clipping: meant to differ
        for row in event["rows"]:
            if row is not None and disagrees(row):
                names = tuple(
                    story.name(number)
                    for call in story.of("call")
                    for number, kind in call["sources"]
                    if kind == "variable"
                )
                place = event["gradient_place"] if event["gradient_place"] >= 0 else event["place"]
                spot = story.spot(place)
                unique = tuple(dict.fromkeys(names))
                yield Suspect("wrong_custom_gradient", "error", place, "wrong", unique, spot=spot)
                return


def disagrees(row: dict[str, float]) -> bool:
    """The function is smooth here and its gradient says something else.

    Where it is flat in places (a straight-through estimator) or has a corner (up and down differ), a gradient that is
    not the measured one is there on purpose.
    """
    size = max(abs(row["up"]), abs(row["down"]))
    if size < LEAST or row["still"] > FLAT or abs(row["up"] - row["down"]) > SMOOTH * size:
        return False
    return abs(row["said"] - 0.5 * (row["up"] + row["down"])) > AGREES * max(size, abs(row["said"]))
