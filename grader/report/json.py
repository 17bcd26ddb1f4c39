"""The results JSON, on which scripts and courses depend: docs/results.md says what each key means and
docs/results.schema.json what it may be. Keys are spelt out one by one, so that a new field of the model does not
change the format by itself; a change that breaks a reader of it needs a new FORMAT_VERSION."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from grader.model import Check, Finding, LimitHit, Verdict

FORMAT_VERSION = 1


def render(verdict: Verdict) -> str:
    return json.dumps(results(verdict), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def results(verdict: Verdict) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "exercise": verdict.exercise,
        "notebook_sha256": verdict.notebook_sha256,
        "status": str(verdict.status),
        "message": verdict.message,
        "next_step": verdict.next_step,
        "limit": _limit(verdict.limit) if verdict.limit else None,
        "score": verdict.score,
        "max_score": verdict.max_score,
        "checks": [_check(check) for check in verdict.checks],
        "findings": [finding(one) for one in verdict.findings],
        "environment": asdict(verdict.environment),
        "timing": {stage: round(seconds, 3) for stage, seconds in asdict(verdict.timing).items()},
    }


def finding(one: Finding) -> dict[str, Any]:
    """One finding, here and in the doctor's JSON."""
    return {
        "code": one.code,
        "cause": one.cause,
        "severity": one.severity,
        "cell": one.cell,
        "line": one.line,
        "column": one.column,
        "end_column": one.end_column,
        "source": one.source,
        "operation": one.operation,
        "variables": list(one.variables),
        "message": one.message,
        "next_step": one.next_step,
        **({"module": one.module} if one.module else {}),
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "title": check.title,
        "status": check.status,
        "points": check.points,
        "max_points": check.max_points,
        "message": check.message,
        "depends_on": check.depends_on,
        "findings": list(check.findings),
    }


def _limit(hit: LimitHit) -> dict[str, Any]:
    used = hit.used if hit.used is None or math.isfinite(hit.used) else None
    return {"name": hit.name, "allowed": hit.allowed, "used": used}
