"""Evidence as text, and back: for the process that judges it, and to keep it and judge it again without a kernel."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from grader.inside import wire
from grader.model import Evidence
from grader.model.errors import GraderError

_EVIDENCE = TypeAdapter(Evidence)


def freeze(evidence: Evidence) -> str:
    """One line of JSON, arrays included, nothing executable."""
    return wire.encode(evidence)  # `asdict` would copy every array


def thaw(text: str) -> Evidence:
    """The evidence that `freeze` wrote. Raises GraderError where the text is something else."""
    try:
        return _EVIDENCE.validate_python(wire.decode(text))
    except (wire.WireError, ValidationError) as error:
        raise GraderError(f"This is no evidence of a graded notebook: {error}.", "Grade the notebook again.") from None
