"""One program under investigation: it asks for runs, takes in their traces, and concludes.

    while plan := investigation.next_plan():
        investigation.add(plan, the trace of a run after that plan)
    conclusion = investigation.conclude(cells)

A trace that cannot be read ends the investigation without a finding: the kernel forged or broke it. Everything after
that is ours. A rule that raises is named in the conclusion, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import ValidationError

from grader.doctor import wording
from grader.doctor.case import PLAIN, Case, Plan
from grader.doctor.ledger import Row, keep_ledger
from grader.doctor.naming import name_sources
from grader.doctor.oracles import ORACLES, Oracle, Seen, is_explained, to_suspect
from grader.doctor.plans import plan_experiment
from grader.doctor.rules import RULES, Rule
from grader.doctor.story import Spot, Story
from grader.doctor.suspect import Suspect
from grader.doctor.trace import Trace, read_trace
from grader.model import Finding
from grader.model.codes import CODES
from grader.model.errors import DEBUG, print_traceback_if_debugging

MOST_RUNS = 4
UNREADABLE = "The trace of the run could not be read, so nothing was examined."
T = TypeVar("T")
Cells = Mapping[int | None, str]  # by the number that the trace has for them; None for a script


@dataclass(frozen=True, slots=True)
class Conclusion:
    findings: tuple[Finding, ...] = ()  # the likeliest culprit first
    is_readable: bool = True  # whether the traces could be read
    failures: tuple[str, ...] = ()  # what of ours raised: "the rule zeros.find_zero_gradients"
    faults: int = 0  # how often a hook raised while the program ran
    ledger: tuple[Row, ...] = ()
    fired: tuple[str, ...] = ()  # the oracles that saw a sign
    alone: tuple[str, ...] = ()  # those of which no rule explained a sign

    @property
    def gaps(self) -> tuple[str, ...]:
        """Why findings may be missing, a sentence for each reason."""
        gaps = [] if self.is_readable else [UNREADABLE]
        if self.failures:
            parts = "one part" if len(self.failures) == 1 else f"{len(self.failures)} parts"
            gaps.append(
                f"Internal error in the doctor: {parts} of it failed ({', '.join(self.failures)}), so findings may be "
                f"missing. {DEBUG}=1 shows the traceback."
            )
        if self.faults:
            times = "once" if self.faults == 1 else f"{self.faults:,} times"
            gaps.append(f"The doctor's hooks failed {times} while the code ran, so findings may be missing.")
        return tuple(gaps)


class Investigation:
    def __init__(self, rules: tuple[Rule, ...] = RULES) -> None:
        self._rules = rules
        self._runs: list[tuple[Plan, Story]] = []
        self._case: Case | None = None
        self._readable = True
        self._failures: list[str] = []

    @property
    def plain(self) -> Trace | None:
        """The trace of the program as it is; None where it could not be read."""
        return self._runs[0][1].trace if self._runs else None

    def next_plan(self) -> Plan | None:
        """The next run to make, the first as the program is; None when nothing more would help."""
        case = self._case
        if not self._readable or len(self._runs) == MOST_RUNS:
            return None
        if case is None:
            return PLAIN
        return self._attempt("the choice of experiments", lambda: plan_experiment(case), None)

    def add(self, plan: Plan, trace: object) -> None:
        """The trace of a run, as the kernel gave it."""
        try:
            story = Story(read_trace(trace))
        except ValidationError:
            print_traceback_if_debugging()
            self._readable = False
            return
        self._runs.append((plan, story))
        self._case = Case(self._runs, self._case)

    def conclude(self, cells: Cells) -> Conclusion:
        """What is wrong with the program that consists of these cells."""
        case = self._case
        if case is None or not self._readable:
            return Conclusion(is_readable=self._readable)
        self._attempt("the naming of variables", lambda: self._name_sources(cells), None)
        suspects = [suspect for rule in self._rules for suspect in self._apply(rule, case)]
        seen = [one for name, oracle in ORACLES.items() for one in self._consult(name, oracle, case)]
        unexplained = [one for one in seen if not is_explained(one.sign, suspects)]
        suspects += [to_suspect(one) for one in unexplained]
        none: tuple[Finding, ...] = ()
        findings = self._attempt("the wording", lambda: to_findings(case, suspects, cells), none)
        empty: tuple[Row, ...] = ()
        rows = self._attempt("the ledger", lambda: keep_ledger(case), empty)
        faults = sum(sum(story.trace.faults.values()) for _, story in self._runs)
        fired, alone = (tuple(dict.fromkeys(one.oracle for one in some)) for some in (seen, unexplained))
        failures = tuple(dict.fromkeys(self._failures))
        return Conclusion(findings, failures=failures, faults=faults, ledger=rows, fired=fired, alone=alone)

    def _name_sources(self, cells: Cells) -> None:
        for _, story in self._runs:
            name_sources(story, cells)

    def _apply(self, rule: Rule, case: Case) -> list[Suspect]:
        none: list[Suspect] = []
        return self._attempt(name_rule(rule), lambda: list(rule(case)), none)

    def _consult(self, name: str, oracle: Oracle, case: Case) -> list[Seen]:
        none: list[Seen] = []
        return self._attempt(f"the oracle {name}", lambda: [Seen(name, sign) for sign in oracle(case)], none)

    def _attempt(self, name: str, part: Callable[[], T], otherwise: T) -> T:
        try:
            return part()
        except Exception:
            print_traceback_if_debugging()
            self._failures.append(name)
            return otherwise


def name_rule(rule: Rule) -> str:
    """Like "the rule zeros.find_zero_gradients"."""
    return f"the rule {rule.__module__.rpartition('.')[2]}.{rule.__name__}"


# --- suspects -> findings -----------------------------------------------------------------------------------------


def to_findings(case: Case, suspects: list[Suspect], cells: Cells) -> tuple[Finding, ...]:
    lines = {cell: source.splitlines() for cell, source in cells.items()}
    findings = []
    for suspect in sorted(merge(case, suspects), key=weigh):
        spot = locate(case, suspect)
        if spot is not None and spot.cell in lines and 1 <= spot.line <= len(lines[spot.cell]):
            findings.append(to_finding(suspect, spot, lines[spot.cell][spot.line - 1]))
    return tuple(findings)


def merge(case: Case, suspects: list[Suspect]) -> list[Suspect]:
    """One bug, one finding: the same cause at the same line, once, for all the variables that it concerns."""
    together: dict[object, Suspect] = {}
    for suspect in suspects:
        spot = locate(case, suspect)
        key = (suspect.cause, spot and (spot.cell, spot.line))
        known = together.get(key)
        if known is not None:
            names = tuple(dict.fromkeys(known.variables + suspect.variables))
            suspect = replace(min(known, suspect, key=weigh), variables=names)
        together[key] = suspect
    return list(together.values())


def locate(case: Case, suspect: Suspect) -> Spot | None:
    return suspect.spot or case.main.spot(suspect.place)


def weigh(suspect: Suspect) -> tuple[bool, float]:
    """The likeliest weighs least."""
    return suspect.severity != "error", suspect.rank


def to_finding(suspect: Suspect, spot: Spot, source: str) -> Finding:
    message, next_step = wording.put_into_words(
        cause=suspect.cause,
        detail=suspect.detail,
        symptom=suspect.symptom,
        variables=suspect.variables,
        operation=suspect.operation,
        evidence=suspect.evidence,
    )
    start, end = count_columns(spot, source)
    return Finding(
        code=CODES[suspect.cause],
        cause=suspect.cause,
        severity=suspect.severity,
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


def count_columns(spot: Spot, source: str) -> tuple[int | None, int | None]:
    """Columns in characters, from the interpreter's in UTF-8 bytes."""
    if spot.span is None:
        return None, None
    text = source.encode()
    first, last = spot.span
    end = None if last is None else len(text[:last].decode(errors="replace"))
    return len(text[:first].decode(errors="replace")), len(source) if end is None else end
