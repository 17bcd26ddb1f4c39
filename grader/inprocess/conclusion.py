"""Recording -> Result: what the doctor's rules say of a block, and what one run, seen from inside, cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.model import Cell, Finding

if TYPE_CHECKING:
    from grader.doctor.trace import Trace
    from grader.inprocess.recording import Recording
    from grader.inprocess.repetition import Repetition

ONE_RUN = (
    "This was one run. A wrong custom gradient, and a value of which only a part passes through Python, show only in a "
    "second one, which `%%doctor --experiments` over a notebook's cell, or `python -m grader doctor FILE`, makes."
)
COMPILED = (
    "Compiled functions (tf.function, model.fit) were followed by their operations. Their values were not seen, so a "
    "gradient of zeros or NaN inside one goes unnoticed."
)
COMPILED_BEFORE = "A function compiled before the block cannot be looked into. Make it, or compile the model, inside."
OLDER_TAPES = "A tape that had been recording before the block was left out. Open it inside the block."
INNER = "The block is inside another one of the doctor's. These findings are about both, up to here."


@dataclass(frozen=True, slots=True)
class Result:
    message: str
    healthy: bool | None = None  # None: nothing could be concluded
    findings: tuple[Finding, ...] = ()  # the likeliest culprit first; `cell` is the number of a file
    limits: tuple[str, ...] = ()  # what cannot be known of this block
    cells: tuple[Cell, ...] = ()  # the user's files, by number
    labels: dict[int | None, str] = field(default_factory=dict)  # and their names


def conclude(recording: Recording, is_inner: bool, repetition: Repetition | None = None) -> Result:
    # pydantic takes 0.1 s to import, which a program that only opens a block should not wait for
    from grader.doctor.case import PLAIN
    from grader.doctor.investigation import Investigation

    investigation = Investigation()
    investigation.add(PLAIN, recording.trace())
    trace = investigation.plain
    experiments, told = repetition.investigate(recording) if repetition and trace else (None, "")
    texts, labels = recording.code.read()
    conclusion = (experiments or investigation).conclude(texts)
    if trace is None:
        return Result(" ".join(conclusion.gaps))
    errors = sum(finding.severity == "error" for finding in conclusion.findings)
    message, healthy = summarise(trace, errors)
    if conclusion.gaps and healthy:
        healthy = None
    return Result(
        " ".join([message, *conclusion.gaps]),
        healthy,
        conclusion.findings,
        tuple(one for one in (*list_limits(recording, trace, is_inner, experiments is not None), told) if one),
        tuple(Cell(number, text, "ok") for number, text in texts.items() if number is not None),
        labels,
    )


def summarise(trace: Trace, errors: int) -> tuple[str, bool | None]:
    """What was found, and whether that is healthy."""
    from grader.doctor.events import Call
    from grader.doctor.extent import Examined, count, extent

    calls = [event for event in trace.events if isinstance(event, Call)]
    asked = {source.number for call in calls for source in call.sources if source.kind == "variable"}
    examined = count(trace, Examined(variables=len(asked)))
    if errors:
        return (
            f"{'One error was' if errors == 1 else f'{errors} errors were'} found. Examined: {extent(examined)}.",
            False,
        )
    if not calls:
        return "No gradient was asked for in the block, so there was nothing to examine.", None
    return f"Every gradient arrives where it is asked for. Examined: {extent(examined)}.", True


def list_limits(recording: Recording, trace: Trace, is_inner: bool, is_repeated: bool) -> Iterator[str]:
    from grader.doctor.events import Call, Fit, FunctionRun

    kinds = {type(event) for event in trace.events}
    compiled = bool(kinds & {FunctionRun, Fit}) or recording.has_compiled
    if recording.is_full:
        yield (
            f"Recording stopped when {recording.steps} steps, or too many operations, had been seen. What came after "
            "that was not examined."
        )
    if compiled and not is_repeated:
        yield COMPILED if Call in kinds else COMPILED_BEFORE
    if recording.older_tapes:
        yield OLDER_TAPES
    if is_inner:
        yield INNER
    missing = [name for name, state in trace.hooks.items() if state != "works"]
    if missing:
        yield f"Not all of TensorFlow can be observed here: {', '.join(missing)} does not work."
    if not is_repeated:
        yield ONE_RUN
