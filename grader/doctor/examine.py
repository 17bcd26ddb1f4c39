"""Notebook -> Examination: run under the doctor's trace, run again for the experiments that it asks for, diagnosed.

Every run has a kernel of its own, so that nothing of one is left in the next, and all have the same seed, so that what
differs between two of them is the experiment. A program (.py) is run as one cell. One that runs for too long is stopped
by an exception, so that what it did until then can be diagnosed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from grader.course.notebook import Notebook
from grader.doctor.case import PLAIN, Plan
from grader.doctor.extent import Examined, count
from grader.doctor.investigation import UNREADABLE, Investigation
from grader.doctor.ledger import Row
from grader.doctor.trace import Trace
from grader.execution.executor import Progress, silent
from grader.execution.session import LostKernel, Session, open_session
from grader.inside import STEP_LIMIT, TIME_LIMIT, TRACE
from grader.inside.cells import FIRST_MODULE, blank_start
from grader.kernels import Cancellation, KernelRequest, KernelSource
from grader.model import Finding, LimitHit, Run, Tree
from grader.model.errors import InternalError

SEED = 7  # of every run
EXIT, WELL = "SystemExit", ("", "0", "None")  # how a program ends itself when all is well
FETCH_SECONDS = 60.0
HOOKS_SECONDS = 30.0


NOTHING = Examined()
COUNTED = TypeAdapter(Examined)
PlacedT = TypeVar("PlacedT", Finding, Row)


@dataclass(frozen=True, slots=True)
class Examination:
    run: Run
    findings: tuple[Finding, ...] = ()
    examined: Examined = NOTHING
    traced: bool = False  # whether there is a trace that could be read: a kernel that died leaves none
    ledger: tuple[Row, ...] = ()  # of its variables
    gaps: tuple[str, ...] = ()  # why findings may be missing, in sentences

    @property
    def is_complete(self) -> bool:
        return self.traced and not self.gaps


class _Traced(NamedTuple):
    run: Run
    order: Mapping[int | None, int]  # the cells' numbers, by their order of execution
    trace: Tree  # None where the kernel died
    counted: Examined  # by the recorder


@contextmanager
def open_traced(
    source: KernelSource,
    request: KernelRequest,
    cancellation: Cancellation | None = None,
    *,
    plan: Plan = PLAIN,
    program: str | None = None,
    seconds: float | None = None,
) -> Iterator[Session]:
    """A session whose kernel is ready for a notebook and traces it.

    `program`: the file's name, where it is a program and no notebook.
    `seconds`: after which an exception ends the run. Raises what `open_session` raises.
    """
    with open_session(source, request, cancellation) as session:
        session.add(TRACE)
        options = {**plan.to_options(), "seed": SEED, "modules": bool(request.folders)}
        try:
            session.ask("session.trace", json.dumps(options), timeout=HOOKS_SECONDS)
            if program is not None:
                session.ask("session.program", program, timeout=HOOKS_SECONDS)
            if seconds is not None:
                session.ask("session.limit", seconds, timeout=HOOKS_SECONDS)
        except LostKernel as error:
            raise InternalError(f"The doctor's trace could not be installed: {error}.") from None
        yield session


def examine(
    notebook: Notebook,
    source: KernelSource,
    request: KernelRequest,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
    cancellation: Cancellation | None = None,
    opened: Session | None = None,
    at_startup: bool = False,
) -> Examination:
    """What is wrong with the gradients of this notebook.

    `steps`: stop after so many optimizer steps; `seconds`: stop then, which is earlier than the request's limit, where
    the kernel dies. `opened`: a session of `open_traced` that waits for this notebook, for a run as it is.
    `at_startup`: the notebook sets TensorFlow up, which `source` has not done yet.
    """
    progress("tracing the gradients")
    program = Path(notebook.name).name if notebook.program else None

    def run_traced(plan: Plan) -> _Traced:
        plan = replace(_limit(plan, steps), at_startup=at_startup)
        of_this_run = partial(open_traced, plan=plan, program=program, seconds=seconds)
        with of_this_run(source, request, cancellation) as session:
            return _run(session, notebook, seconds)

    plain = _run(opened, notebook, seconds) if opened else run_traced(PLAIN)
    run, order = plain.run, plain.order
    if plain.trace is None:
        return Examination(run, gaps=(UNREADABLE,) if run.status in ("completed", "crashed") else ())
    investigation = Investigation()
    investigation.add(PLAIN, plain.trace)
    experiments = 0
    while run.status != "timed_out" and (plan := investigation.next_plan()):
        experiments += 1
        progress(f"trying experiment {experiments}")
        further = run_traced(plan).trace
        if further is None:
            break
        investigation.add(plan, further)
    modules = _read_modules(investigation.plain, request)
    cells = {count: _code(notebook, number) for count, number in order.items()}
    conclusion = investigation.conclude(cells | {number: text for number, (_, text) in modules.items()})
    return Examination(
        run,
        tuple(_placed(finding, notebook, order, modules) for finding in conclusion.findings),
        count(investigation.plain, plain.counted) if conclusion.is_readable else Examined(),
        traced=conclusion.is_readable,
        ledger=tuple(_placed(row, notebook, order, modules) for row in conclusion.ledger),
        gaps=conclusion.gaps,
    )


def hooks(source: KernelSource) -> dict[str, str]:
    """For each of the trace's hooks into TensorFlow "works", or why it is left out on this machine."""
    with open_session(source, KernelRequest()) as session:
        session.add(TRACE)
        tried: dict[str, str] = session.ask("session.trace", "{}", timeout=HOOKS_SECONDS)
        return tried


def _run(session: Session, notebook: Notebook, seconds: float | None) -> _Traced:
    """One run under the trace, in a session of `open_traced`."""
    run = _outcome(session.run(notebook, may_raise=notebook.raising_cells), seconds)
    order: dict[int | None, int] = dict(enumerate(session.order, start=1))
    try:
        counted = COUNTED.validate_python(session.ask("session.counted", timeout=FETCH_SECONDS))
        trace = session.ask("session.traced", run.error is not None, timeout=FETCH_SECONDS)
    except LostKernel:
        return _Traced(run, order, None, Examined())
    except ValidationError:  # the kernel forges its answers
        return _Traced(run, order, {}, Examined())
    return _Traced(run, order, trace, counted)


def _outcome(run: Run, seconds: float | None) -> Run:
    """The run, for which an exception that was ours, or the program's way to end itself, is no crash."""
    if run.error is None:
        return run
    if run.error.type == STEP_LIMIT or (run.error.type == EXIT and run.error.message in WELL):
        return replace(run, status="completed")
    if run.error.type == TIME_LIMIT and seconds is not None:
        return replace(run, status="timed_out", limit=LimitHit("wall", seconds, run.seconds))
    return run


def _limit(plan: Plan, steps: int | None) -> Plan:
    """The plan for a run of at most so many steps, of which an experiment may need fewer."""
    return replace(plan, steps=min((each for each in (plan.steps, steps) if each is not None), default=None))


def _code(notebook: Notebook, number: int) -> str:
    return notebook.cells[number - 1].removeprefix(blank_start(notebook.cells[number - 1]))  # as IPython runs it


def _read_modules(trace: Trace | None, request: KernelRequest) -> dict[int | None, tuple[str, str]]:
    """Path and text of the author's own modules, by their numbers. The kernel names them and is not believed: they lie
    in the notebook's own folder, or are left out."""
    found: dict[int | None, tuple[str, str]] = {}
    if trace is None or not request.folders:
        return found
    folder = request.folders[0].resolve()
    for number, name in trace.modules.items():
        file = (folder / name).resolve()
        if file.is_relative_to(folder) and file.suffix == ".py" and file.is_file() and number >= FIRST_MODULE:
            with suppress(OSError, UnicodeDecodeError):
                found[number] = name, file.read_text("utf-8")
    return found


def _placed(
    one: PlacedT, notebook: Notebook, order: Mapping[int | None, int], modules: Mapping[int | None, tuple[str, str]]
) -> PlacedT:
    """A finding or row with the cell's number in the notebook, or its module, and the line as its author counts it."""
    if one.cell in modules:
        return replace(one, cell=None, module=modules[one.cell][0])
    number = order.get(one.cell)
    if number is None or one.line is None:
        return one
    cut = blank_start(notebook.cells[number - 1]).count("\n")
    return replace(one, cell=None if notebook.program else number, line=one.line + cut)
