"""Run + hidden inputs -> Evidence: what the notebook's own training produced, and what its functions give on data that
nobody could foresee.

Everything that comes back was said by an untrusted kernel: it is validated into plain dataclasses here, and an
exercise's spec believes it only where it answers the hidden inputs.
"""

from __future__ import annotations

import runpy
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from pydantic import TypeAdapter, ValidationError

from grader.execution.session import FACTS_TIMEOUT, LostKernel, Session
from grader.inside import wire
from grader.model import Array, CellError, Environment, Evidence, Exercise, GradientCall, Probe, Run, Tree
from grader.model.errors import InternalError
from grader.words import place

CALLS = TypeAdapter(tuple[GradientCall, ...])
ERROR = TypeAdapter(CellError | None)

LARGEST_ANSWER = 16 * 2**20  # bytes of what a learner's functions return for one draw, all gradients included
MOST_ITEMS = 200_000  # numbers and texts in it outside of arrays

Draws = dict[str, dict[str, Array]]  # by what they reach: "one picture"; the first is the ordinary one


def draw_inputs(exercise: Exercise, seed: int) -> Draws:
    """The hidden inputs that the exercise draws from this secret seed."""
    path = exercise.spec.inputs
    try:
        inputs: Callable[[np.random.Generator], Draws] = runpy.run_path(str(path))["inputs"]
        return dict(inputs(np.random.default_rng(seed)))
    except Exception as error:
        raise InternalError(f"{path} can't draw the hidden inputs: {type(error).__name__}: {error}.") from error


def unreached(exercise: Exercise, seed: int) -> list[str]:
    """The draws from this seed that do not reach what they are named after, as `reach` in inputs.py says it."""
    draws = draw_inputs(exercise, seed)
    path = exercise.spec.inputs
    try:
        reach: dict[str, Callable[[dict[str, Array]], bool]] = runpy.run_path(str(path))["reach"]
        without = [name for name in draws if name not in reach] + [name for name in reach if name not in draws]
        return without + [name for name in draws if name in reach and not reach[name](draws[name])]
    except Exception as error:
        raise InternalError(f"`reach` in {path} can't be tried: {type(error).__name__}: {error}.") from error


def probe(exercise: Exercise, session: Session, run: Run, draws: Draws) -> Evidence:
    """Question the kernel in which the notebook has run."""
    begun = time.monotonic()
    evidence = Evidence(run=run)
    if run.status in ("completed", "crashed"):
        try:
            evidence = _environment(session, evidence)
            evidence = replace(
                evidence, training=_calls(session, session.ask("session.recorded", timeout=FACTS_TIMEOUT))
            )
            if run.status == "completed":
                evidence = _functions(exercise, session, evidence, draws)
        except (LostKernel, ValidationError):
            pass  # what was learnt until then stands; what is missing fails its checks
    return replace(evidence, seconds=time.monotonic() - begun)


def _functions(exercise: Exercise, session: Session, evidence: Evidence, draws: Draws) -> Evidence:
    names = exercise.contract.functions
    absent = session.ask("session.missing", " ".join(names), timeout=FACTS_TIMEOUT)
    evidence = replace(evidence, missing=tuple(name for name in names if name in absent))
    source = exercise.spec.probe.read_text("utf-8")
    probes: list[Probe] = []
    for name, inputs in draws.items():
        answer, device = _one(session, source, inputs)
        probes.append(replace(answer, name=name))
        if device:
            evidence = replace(evidence, environment=replace(evidence.environment, device=device.lower()))
    return replace(evidence, probes=tuple(probes))


def _one(session: Session, source: str, inputs: dict[str, Array]) -> tuple[Probe, str | None]:
    try:
        answer = session.ask(
            "session.probe",
            source,
            wire.pack(inputs),
            timeout=session.limits.probe,
            max_bytes=LARGEST_ANSWER,
            max_items=MOST_ITEMS,
        )
        error = ERROR.validate_python(answer["error"])
        calls = _calls(session, answer["calls"])
        device = answer["device"] if answer["device"] in ("CPU", "GPU") else None
        result: Tree = answer["result"]
    except LostKernel as lost:
        return Probe(inputs, error=CellError("NoAnswer", f"{lost} while the grader called your functions")), None
    except (KeyError, TypeError, ValidationError):
        return Probe(inputs, error=CellError("NoAnswer", "the kernel gave no proper answer")), None
    return Probe(inputs, result, _located(session, error), calls), device


def _located(session: Session, error: CellError | None) -> CellError | None:
    if error is None:
        return None
    if error.type == "MissingName":
        name = error.message if error.message.isidentifier() else "a function of the contract"
        return CellError("MissingName", f"the notebook defines no {name}")
    cell = session.cell_number(error.cell)
    name = error.type if error.type in _KNOWN_ERRORS else "an exception"
    where = f" in {place(cell, error.line)}" if cell else ""
    message = f"your code raised {name}{where} when the grader called it"
    return replace(error, type=name, message=message, cell=cell, line=error.line if cell else None)


# A class of the learner's own could be named after a hidden input; these can't.
_KNOWN_ERRORS = {
    name
    for name, value in vars(__import__("builtins")).items()
    if isinstance(value, type) and issubclass(value, Exception)
} | {"InvalidArgumentError", "UnimplementedError", "NotFoundError", "ResourceExhaustedError", "FailedPreconditionError"}


def _calls(session: Session, tree: Tree) -> tuple[GradientCall, ...]:
    calls = CALLS.validate_python(tree)
    return tuple(replace(call, cell=session.cell_number(call.cell)) for call in calls)


def _environment(session: Session, evidence: Evidence) -> Evidence:
    facts = session.ask("session.facts", timeout=FACTS_TIMEOUT)
    versions = {name: str(facts.get(name, ""))[:40] for name in ("tensorflow", "keras", "numpy", "python")}
    return replace(evidence, environment=Environment(**versions, device="gpu" if facts.get("gpus") else "cpu"))
