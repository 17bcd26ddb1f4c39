"""The gradient doctor: from the traces of a program's runs to findings.

`experiments(trace)` says which further runs of the same program would decide what is still open, as plans for
`grader/inside/trace`; `diagnose(trace, cells)` says what is wrong, the likeliest culprit first. Both are pure
functions. A trace is {"runs": [what `fetch()` gave for each run, the plain run first]}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from grader.codes import CODES
from grader.doctor import wording
from grader.doctor.case import Case, Suspect
from grader.doctor.naming import name_variables
from grader.doctor.plans import Plan, wanted
from grader.doctor.rules import functions, layers, losses, missing, nonfinite, partial, raised, updates, zeros
from grader.doctor.trace import Spot, Story
from grader.model import Finding, Tree

Rule = Callable[[Case], Iterator[Suspect]]
RULES: tuple[Rule, ...] = (
    missing.suspects,
    nonfinite.suspects,
    zeros.suspects,
    raised.suspects,
    functions.suspects,
    updates.suspects,
    layers.suspects,
    losses.suspects,
    partial.suspects,
)


def experiments(trace: Tree) -> list[Plan]:
    """The next runs to make; an empty list when nothing more would help."""
    return wanted([Story(run) for run in trace["runs"]])


def diagnose(trace: Tree, cells: Mapping[int | None, str]) -> tuple[Finding, ...]:
    """What is wrong with the program whose cells (None for a script) are given."""
    stories = [Story(run) for run in trace["runs"]]
    for story in stories:
        name_variables(story, cells)
    case = Case(stories)
    found = [suspect for rule in RULES for suspect in rule(case)]
    lines = {cell: source.splitlines() for cell, source in cells.items()}
    findings = []
    for suspect in ranked(merged(case, found)):
        spot = suspect.spot or case.main.spot(suspect.place)
        if spot is not None and spot.cell in lines and 1 <= spot.line <= len(lines[spot.cell]):
            findings.append(finding(suspect, spot, lines[spot.cell][spot.line - 1]))
    return tuple(findings)


def merged(case: Case, suspects: list[Suspect]) -> list[Suspect]:
    """One bug, one finding: the same cause at the same line, once, for all the variables that it concerns."""
    together: dict[object, Suspect] = {}
    for suspect in suspects:
        spot = suspect.spot or case.main.spot(suspect.place)
        key = (suspect.cause, spot and (spot.cell, spot.line))
        known = together.get(key)
        if known is None:
            together[key] = suspect
        else:
            names = tuple(dict.fromkeys(known.variables + suspect.variables))
            best = min(known, suspect, key=order)
            together[key] = replace(best, variables=names)
    return list(together.values())


def ranked(suspects: list[Suspect]) -> list[Suspect]:
    return sorted(suspects, key=order)


def order(suspect: Suspect) -> tuple[bool, float]:
    return suspect.severity != "error", suspect.rank


def finding(suspect: Suspect, spot: Spot, source: str) -> Finding:
    message, next_step = wording.sentences(suspect)
    start, end = columns(spot, source)
    return Finding(
        code=CODES[suspect.cause],
        cause=suspect.cause,
        severity="error" if suspect.severity == "error" else "note",
        cell=spot.cell,
        line=spot.line,
        column=start,
        end_column=end,
        source=source.strip(),
        operation=suspect.operation,
        variables=suspect.variables,
        message=message,
        next_step=next_step,
        path=suspect.path,
    )


def columns(spot: Spot, source: str) -> tuple[int | None, int | None]:
    """Columns in characters, from the interpreter's in UTF-8 bytes."""
    if spot.span is None:
        return None, None
    text = source.encode()
    first, last = spot.span
    end = None if last is None else len(text[:last].decode(errors="replace"))
    return len(text[:first].decode(errors="replace")), len(source) if end is None else end
