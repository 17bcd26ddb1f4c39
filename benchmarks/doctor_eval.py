"""How good is the doctor? `make doctor-eval`.

Runs the development set (snippets with a known culprit, and right repairs of each) and the honesty set (longer
programs, healthy and broken) under the trace and prints right line first, right cause and false alarms, with every
miss listed. A third of the honesty set is `unseen`: nobody looks at it while the rules are written, and its figures
are printed apart (only with --unseen). Last comes a table of the oracles: how often each saw something, in broken
programs and in healthy ones, and how often no rule explained what it saw.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SET = ROOT / "tests" / "doctor"
sys.path.insert(0, str(ROOT))

from grader.doctor.oracles import ORACLES  # noqa: E402
from grader.model import Finding  # noqa: E402
from tests.doctor.workbench import Workbench  # noqa: E402

BLOCKS = {  # for the doctor in one's own process: the words with which a block begins
    "whole": "",
    "training": "GradientTape .fit( tf.function ForwardAccumulator",
}


@dataclass
class Tally:
    title: str
    total: int = 0
    line: int = 0
    cause: int = 0
    quiet: int = 0  # no finding of severity error
    silent: int = 0  # no finding at all
    misses: list[str] = field(default_factory=list)

    def broken(self) -> str:
        share = f"{self.line}/{self.total} ({self.line / max(self.total, 1):.0%})"
        return (
            f"{self.title}: right line first {share}, right cause {self.cause} ({self.cause / max(self.total, 1):.0%})"
        )

    def healthy(self) -> str:
        return (
            f"{self.title}: no error finding {self.quiet}/{self.total} ({self.quiet / max(self.total, 1):.1%}), "
            f"no finding at all {self.silent}"
        )


class Bench(Workbench):
    """Goes on where a program could not be examined; it counts as one without findings, and is listed at the end.

    `block`: what `with grader.doctor()` is put around, a key of BLOCKS. None: the sandboxed trace, with experiments.
    """

    def __init__(self, block: str | None = None) -> None:
        self.failed: list[str] = []
        self.block = block
        self.is_healthy = False  # the program that is examined next
        self.fired: Counter[tuple[str, str]] = Counter()  # an oracle and what it did -> how often

    def examine(self, source: str, setting: str = "program") -> tuple[Finding, ...]:
        try:
            if self.block is not None:
                return self.examine_in_process(source, setting, BLOCKS[self.block])
            conclusion = self.conclude(source, setting)
            kind = "healthy" if self.is_healthy else "broken"
            self.fired.update((oracle, kind) for oracle in conclusion.fired)
            self.fired.update((oracle, f"alone, {kind}") for oracle in conclusion.alone)
            return conclusion.findings
        except AssertionError as error:
            self.failed.append(f"{error}\n{source}")
            return ()


def show_oracles(bench: Bench) -> None:
    """How often each oracle saw something, rightly and wrongly, and how often no rule explained it."""
    kinds = ("broken", "healthy", "alone, broken", "alone, healthy")
    print(f"{'oracle':12}" + "".join(f"{kind:>16}" for kind in kinds))
    for oracle in ORACLES:
        print(f"{oracle:12}" + "".join(f"{bench.fired[oracle, kind]:16}" for kind in kinds))


def told(finding: Finding) -> str:
    return f"{finding.severity} {finding.cause} line {finding.line}: {finding.source[:70]} | {finding.message}"


def judge_broken(tally: Tally, name: str, findings: Any, source: str, culprits: list[str], causes: list[str]) -> None:
    tally.total += 1
    lines = {
        number for number, text in enumerate(source.splitlines(), 1) if any(culprit in text for culprit in culprits)
    }
    lines -= {number for number, text in enumerate(source.splitlines(), 1) if text.startswith("# culprit")}
    first = findings[0] if findings else None
    right_line = first is not None and first.line in lines
    right_cause = first is not None and first.cause in causes
    tally.line += right_line
    tally.cause += right_cause
    if not right_line or not right_cause:
        problem = " and ".join(["line"] * (not right_line) + ["cause"] * (not right_cause))
        told_first = told(first) if first else "nothing found"
        tally.misses.append(f"{name}: wrong {problem}: {told_first} (wanted {causes} at {culprits})")


def judge_healthy(tally: Tally, name: str, findings: tuple[Finding, ...]) -> None:
    tally.total += 1
    errors = [finding for finding in findings if finding.severity == "error"]
    tally.quiet += not errors
    tally.silent += not findings
    for finding in findings:
        tally.misses.append(f"{name}: {told(finding)}")


def development_set(bench: Bench, only: str | None, repairs: bool) -> list[Tally]:
    modes = json.loads((SET / "modes.json").read_text())
    broken, traceless = Tally("development set"), Tally("development set, traceless")
    right = Tally("right repairs of the development set")
    for mode in modes:
        if only and not mode["id"].startswith(only):
            continue
        bench.is_healthy = False
        findings = bench.examine(mode["broken"], "modes")
        bench.is_healthy = True
        tally = traceless if mode["traceless"] else broken
        judge_broken(
            tally, mode["id"], findings, mode["broken"], mode["culprit_line_contains"], mode["acceptable_causes"]
        )
        for number, repair in enumerate(mode["right"] if repairs else []):
            judge_healthy(right, f"{mode['id']} repair {number}", bench.examine(repair, "modes"))
    return [broken, traceless, right]


def honesty_set(bench: Bench, only: str | None, unseen: bool) -> list[Tally]:
    hidden = set((SET / "honesty" / "unseen.txt").read_text().splitlines())
    word = "unseen" if unseen else "seen"
    broken, healthy = Tally(f"broken programs, {word}"), Tally(f"healthy programs, {word}")
    for kind in ("broken", "healthy"):
        for path in sorted((SET / "honesty" / kind).glob("*.py")):
            if (f"{kind}/{path.stem}" in hidden) != unseen or (only and not path.stem.startswith(only)):
                continue
            source = path.read_text()
            bench.is_healthy = kind == "healthy"
            findings = bench.examine(source, "program")
            if kind == "healthy":
                judge_healthy(healthy, path.stem, findings)
            else:
                header = [line[2:].split(": ", 1) for line in source.splitlines() if line.startswith("# c")]
                culprits = [value for key, value in header if key == "culprit"]
                causes = [part for key, value in header if key == "causes" for part in value.split(", ")]
                judge_broken(broken, path.stem, findings, source, culprits, causes)
    return [broken, healthy]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="ids or names that begin so")
    parser.add_argument("--sets", default="modes,honesty")
    parser.add_argument("--no-repairs", action="store_true")
    parser.add_argument("--unseen", action="store_true")
    parser.add_argument(
        "--in-process",
        choices=BLOCKS,
        metavar="BLOCK",
        help="`with grader.doctor()` around the whole program, or the training: from the first tape on",
    )
    options = parser.parse_args()
    begun = time.monotonic()
    with Bench(options.in_process) as bench:
        tallies: list[Tally] = []
        if "modes" in options.sets:
            tallies += development_set(bench, options.only, not options.no_repairs)
        if "honesty" in options.sets:
            tallies += honesty_set(bench, options.only, unseen=False)
            if options.unseen:
                tallies += honesty_set(bench, options.only, unseen=True)
    for tally in tallies:
        for miss in tally.misses:
            print("  ", miss)
        if tally.total:
            print(tally.healthy() if tally.title.startswith(("right", "healthy")) else tally.broken())
    if options.in_process is None:
        show_oracles(bench)
    print(f"{time.monotonic() - begun:.0f} s")
    if bench.failed:
        sys.exit("\n\n".join(["NOT EXAMINED:", *bench.failed]))


if __name__ == "__main__":
    main()
