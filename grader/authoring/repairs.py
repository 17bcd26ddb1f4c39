"""Repairs on disk: right and wrong ways to mend an exercise, each with the verdict that it must be given.

A repair is a script in percent cells that replaces code cells of the solution or of the original notebook; its header
is TOML in comments. docs/authoring.md shows one.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.course.notebook import Notebook, read
from grader.model import Exercise, Verdict
from grader.model.errors import GraderError
from grader.words import score_in_words

_CELL = re.compile(r"^# %% cell (\d+)[^\n]*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Repair:
    name: str  # "accept/tf_function"
    what: str
    notebook: Notebook
    status: str
    fails: tuple[str, ...]  # ids of exactly the checks that must have status "failed"
    cheat: bool = False  # gradients from elsewhere than the loss: finite differences, recorded, constant
    left: frozenset[str] | None = None  # ids of the planted bugs that are still there, where it differs in nothing else

    def complaint(self, verdict: Verdict) -> str | None:
        """What is wrong with the verdict that this repair was given; None where it is as it should be."""
        failed = {check.id for check in verdict.checks if check.status == "failed"}
        if verdict.status != self.status:
            return f"{self.name}: {verdict.status}, not {self.status}: {verdict.message}"
        if failed != set(self.fails):
            return f"{self.name}: failed {_names(failed)}, not {_names(self.fails)}"
        if self.name.startswith("accept/") and verdict.score < verdict.max_score:
            return f"{self.name}: {score_in_words(verdict.score, verdict.max_score)}"
        if self.name.startswith("reject/") and verdict.score >= verdict.max_score:
            return f"{self.name}: full points"
        return None


def repairs(exercise: Exercise, folder: Path | None = None) -> list[Repair]:
    """All repairs in `folder` (by default the exercise's own), the accepted ones first. Raises GraderError for a file
    that is not one."""
    folder = folder or exercise.repairs
    return [_load(exercise, path) for kind in ("accept", "reject") for path in sorted((folder / kind).glob("*.py"))]


def _load(exercise: Exercise, path: Path) -> Repair:
    head, *parts = _CELL.split(path.read_text("utf-8"))
    try:
        header: dict[str, Any] = tomllib.loads(
            "\n".join(line.removeprefix("#").strip() for line in head.splitlines() if line.startswith("#"))
        )
        base = {"solution": exercise.solution, "original": exercise.original}[header.get("base", "solution")]
        accepted = path.parent.name == "accept"
        repair = Repair(
            name=f"{path.parent.name}/{path.stem}",
            what=header["what"],
            notebook=read(base or exercise.original),
            status=header.get("status", "passed" if accepted else "failed"),
            fails=tuple(header.get("fails", ())),
            cheat=header.get("cheat", False),
            left=_left(exercise, path, header),
        )
        cells = list(repair.notebook.cells)
        for number, source in zip(parts[::2], parts[1::2], strict=True):
            cells[int(number) - 1] = source.strip("\n")
    except (KeyError, IndexError, tomllib.TOMLDecodeError) as error:
        raise GraderError(f"{path} is not a repair: {error!r}.", "docs/authoring.md shows one.") from None
    return replace(repair, notebook=replace(repair.notebook, cells=tuple(cells)))


def _left(exercise: Exercise, path: Path, header: dict[str, Any]) -> frozenset[str] | None:
    """As the header says; of `only_BUG` its name does."""
    if "left" in header:
        return frozenset(header["left"])
    return next((frozenset({bug.id}) for bug in exercise.bugs if path.stem == f"only_{bug.id}"), None)


def _names(ids: Any) -> str:
    return ", ".join(sorted(ids)) or "none"
