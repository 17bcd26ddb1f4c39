"""File -> Diagnosis: any notebook or program, examined by the doctor without an exercise.

Whatever the file does, the outcome is a Diagnosis: what was wrong with its gradients, how much there was to examine,
and, where it could not run to its end, why and what to do. `healthy` is claimed only where it was seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from grader.course.notebook import Notebook, read, read_program
from grader.doctor.examine import Examination, examine
from grader.doctor.extent import Examined, extent
from grader.doctor.ledger import Row
from grader.doctor.obstacles import Surroundings, find_obstacle
from grader.kernels import KernelRequest, KernelSource
from grader.model import Cell, CellError, Device, Finding, Limits, Run
from grader.model.errors import UngradableError
from grader.words import exceeded, place, plural

SECONDS = 120.0  # that a file may run
GRACE = 5.0  # seconds from the request to stop until the kernel is ended
DOWNLOADS = (".keras/datasets", ".keras/models", "tensorflow_datasets")  # below the home folder, where they are kept
SUFFIXES = (".ipynb", ".py")
PROGRAM, NOTEBOOK = "The program", "The notebook"
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
TOO_LATE = (  # what TensorFlow answers to a program that wants to set it up, when it is set up already
    "cannot be modified after initialization",
    "cannot be modified after being initialized",
    "at program startup",
)
_NOISE = re.compile(r" \([^()]*, line \d+\)$| name:\s*$")  # IPython's name for a file, TensorFlow's for an operation


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for, for every file."""

    data: tuple[Path, ...] = ()  # folders whose contents are to be found beside the file
    steps: int | None = None  # stop after so many optimizer steps
    device: Device = "cpu"
    seconds: float = SECONDS
    memory: int | None = None  # MB
    limits: tuple[tuple[str, Any], ...] = ()  # others: fields of Limits, and the int or float that each is set to


@dataclass(frozen=True, slots=True)
class Diagnosis:
    file: str
    status: str  # "examined" | "crashed" | "timed_out" | "killed" | "unreadable"
    healthy: bool | None  # None: nothing could be concluded
    examined: Examined
    message: str
    next_step: str = ""
    findings: tuple[Finding, ...] = ()
    cells: tuple[Cell, ...] = ()  # the code, for showing; a program is one cell
    error: CellError | None = None  # where it stopped
    ledger: tuple[Row, ...] = ()  # of its variables
    complete: bool = True  # whether all was examined that there was; else the message says what was not


def visible(files: tuple[Path, ...], data: tuple[Path, ...]) -> list[Path]:
    """All folders that a kernel source has to show, so that these files can be examined."""
    own = [folder for file in files if (folder := _folder(file)).is_dir()]
    return [*dict.fromkeys([*own, *(folder.resolve() for folder in data), *_downloads().values()])]


def diagnose_file(
    file: Path,
    source: KernelSource,
    wish: Wish,
    say: Callable[[str], None],
    open_cold: Callable[[], KernelSource] | None = None,
) -> Diagnosis:
    """What is wrong with the gradients in this file.

    `open_cold`: kernels in which TensorFlow has not set itself up yet, for a file that wants to do so.
    """
    try:
        notebook = _read(file)
    except UngradableError as error:
        return Diagnosis(str(file), "unreadable", None, Examined(), error.message, error.next_step)
    limits = Limits(wall=wish.seconds + GRACE, cell=wish.seconds + GRACE, cpu=(wish.seconds + GRACE) * 64)
    if wish.memory is not None:
        limits = replace(limits, memory=wish.memory)
    limits = replace(limits, **dict(wish.limits))
    folders = (_folder(file), *(folder.resolve() for folder in wish.data))
    request = KernelRequest(limits, wish.device, folders=folders, at_home=_downloads())
    conduct = partial(examine, notebook, request=request, steps=wish.steps, seconds=wish.seconds, progress=say)
    examination = conduct(source)
    if open_cold is not None and _comes_too_late(examination.run.error):
        with closing(open_cold()) as cold:
            examination = conduct(cold, at_startup=True)
    around = Surroundings(PROGRAM if notebook.program else NOTEBOOK, folders, source.sandboxed)
    return _diagnose(file, notebook, examination, around, wish)


def _comes_too_late(error: CellError | None) -> bool:
    return error is not None and any(words in error.message for words in TOO_LATE)


def _folder(file: Path) -> Path:
    return file.resolve().parent


def _downloads() -> dict[str, Path]:
    home = Path.home()
    return {name: (home / name).resolve() for name in DOWNLOADS if (home / name).is_dir()}


def _read(file: Path) -> Notebook:
    if file.is_dir():
        raise UngradableError(f"{file} is a folder.", "Name the files in it: notebooks (.ipynb) or programs (.py).")
    if file.suffix not in SUFFIXES:
        raise UngradableError(f"{file} is neither a notebook (.ipynb) nor a Python program (.py).", "Check the name.")
    try:
        notebook = read_program(file) if file.suffix == ".py" else read(file)
    except UngradableError as error:
        exists, own = file.is_file(), file.suffix == ".ipynb"
        step = "Open it in Jupyter and save it again." if exists and own else error.next_step
        raise UngradableError(error.message, step) from None
    if "python" not in notebook.language.lower():
        message = f"{file} is a notebook for {notebook.language}, and only Python is examined."
        raise UngradableError(message, "Choose a notebook or program in Python.")
    if not any(notebook.runs(number) for number in range(1, len(notebook.cells) + 1)):
        raise UngradableError(f"{file} has no code in it.", "Was it saved?")
    return notebook


# --- its words ---------------------------------------------------------------------------------------------------


def _diagnose(file: Path, notebook: Notebook, examination: Examination, around: Surroundings, wish: Wish) -> Diagnosis:
    run, examined, findings, error = examination.run, examination.examined, examination.findings, examination.run.error
    if error is not None and notebook.program:
        error = replace(error, cell=None)
    if run.status == "completed":
        status, message, next_step = "examined", _summarise(examination), ""
    elif run.status == "crashed" and error is not None:
        hindered = find_obstacle(error, around)
        findings = _drop_the_obvious(findings, hindered is not None)
        status, (message, next_step) = "crashed", hindered or _describe_crash(error, around.noun)
        if findings and not hindered:
            next_step = ""  # the findings have theirs
    else:
        status, (message, next_step) = run.status, _describe_stop(run, examined, around.noun, wish)
    healthy = True if status == "examined" and examined.anything and examination.is_complete else None
    if any(finding.severity == "error" for finding in findings):
        healthy = False
    message = " ".join(filter(None, [message, *examination.gaps]))
    return Diagnosis(
        str(file),
        status,
        healthy,
        examined,
        message,
        next_step,
        findings,
        run.cells,
        error,
        examination.ledger,
        examination.is_complete,
    )


def _drop_the_obvious(findings: tuple[Finding, ...], hindered: bool) -> tuple[Finding, ...]:
    """The findings that say more than that the program stopped, which is said anyway; or else that one, if an error."""
    more = tuple(one for one in findings if one.cause != "exception")
    if hindered or any(one.severity == "error" for one in more):
        return more
    return tuple(one for one in findings if one.cause != "exception" or one.severity == "error")


def _summarise(examination: Examination) -> str:
    examined = examination.examined
    errors = sum(finding.severity == "error" for finding in examination.findings)
    if not examination.traced:
        return ""  # its gaps say so
    if errors:
        return f"{'One error was' if errors == 1 else f'{errors} errors were'} found. Examined: {extent(examined)}."
    if not examination.is_complete:
        return f"No error was found. Examined: {extent(examined)}."
    if not examined.anything:
        made = f"It makes {plural(examined.variables, 'variable')}, but asks" if examined.variables else "It asks"
        return f"{made} for no gradient, so there was nothing to examine."
    if examination.findings:
        doubts = "one place is" if len(examination.findings) == 1 else f"{len(examination.findings)} places are"
        return f"No error was found, and {doubts} doubtful. Examined: {extent(examined)}."
    return f"Every gradient arrives where it is asked for. Examined: {extent(examined)}."


def _describe_crash(error: CellError, noun: str) -> tuple[str, str]:
    lines = [line.strip() for line in heart_of(error).splitlines() if line.strip()]
    where, first = _place(error.cell, error.line), _NOISE.sub("", lines[0])[:200] if lines else ""
    if error.type in SYNTAX:
        return f"{noun} is not valid Python{where}: {first}.", "Correct that line."
    words = f": {first.rstrip('.')}" if first else ""
    return (
        f"{noun} stopped with {error.type}{where}{words}.",
        "Run it by itself first: the doctor learns most from one that gets through a few training steps.",
    )


def heart_of(error: CellError) -> str:
    """An exception's own message: AutoGraph puts the stack before it."""
    if not error.message.lstrip().startswith("in user code:"):
        return error.message
    return error.message.rpartition(f"    {error.type}: ")[2]


def _describe_stop(run: Run, examined: Examined, noun: str, wish: Wish) -> tuple[str, str]:
    cell = next((cell for cell in run.cells if cell.status == "failed"), None)
    line = cell.error.line if cell and cell.error else None
    where = _place(cell.number if cell and noun == NOTEBOOK else None, line)
    if run.limit is None:
        step = "Look for what ends the process: os._exit, a signal, a crash in native code."
        return f"{noun} ended its kernel{where}, so nothing could be examined.", step
    if run.status != "timed_out" or run.limit.name == "cpu":
        step = "`--memory MB` allows it more." if run.limit.name == "memory" else "Does it have to?"
        return f"{noun} {exceeded(run.limit, where)}.", step
    message = f"{noun} was stopped{where} after {wish.seconds:g} s"
    if examined.steps:
        return (
            f"{message} and {plural(examined.steps, 'optimizer step')}. What it did until then was examined.",
            f"`--steps {min(20, examined.steps)}` has it end by itself; `--timeout S` gives it more time.",
        )
    step = "Is there a loop that does not end? `--timeout S` gives it more time."
    return f"{message}, before any optimizer step was seen.", step


def _place(cell: int | None, line: int | None) -> str:
    return f" in {place(cell, line)}" if cell is not None or line is not None else ""
