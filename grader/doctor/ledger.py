"""The ledger of a program's variables: where each was made, whether it may learn, which gradients it got, and whether
it moved. It is part of every result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.doctor.case import Case
from grader.doctor.trace import Variable

MOST_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    cell: int | None
    line: int | None  # where it was made
    shape: tuple[int, ...]
    trainable: bool
    asked: int  # how often a gradient was asked for
    none: int  # and how often that was None, all zeros, not finite
    zero: int
    not_finite: int
    largest: float | None  # element of all gradients
    steps: int  # how often an optimizer was given a gradient
    moved: bool
    module: str = ""  # the author's own, where it is not the file itself


def keep_ledger(case: Case) -> tuple[Row, ...]:
    """A row for each variable that could learn, sits in a layer, or was asked for a gradient."""
    return tuple(row for row, _ in zip(list_rows(case), range(MOST_ROWS), strict=False))


def list_rows(case: Case) -> Iterator[Row]:
    story = case.main
    in_layers = {number for layer in story.layers for number in layer.held}
    as_it_is = {variable.ordinal: variable for variable in case.plain.trace.variables}
    for born in story.trace.variables:
        account, variable = born.account, story.variables[born.id]
        if not (born.trainable or account.asked or born.id in in_layers):
            continue
        spot = story.spot(born.place)
        yield Row(
            name=story.name(born.id),
            cell=spot.cell if spot else None,
            line=spot.line if spot else None,
            shape=born.shape,
            trainable=variable.trainable,
            asked=account.asked,
            none=account.none,
            zero=account.zero,
            not_finite=account.nonfinite,
            largest=account.largest if account.asked > account.none else None,
            steps=account.steps,
            moved=has_moved(as_it_is.get(born.ordinal, born)),
        )


def has_moved(variable: Variable) -> bool:
    begun = variable.account.before or variable.initial
    return variable.final is not None and variable.final != begun
