"""Exercises on disk: which there are, which one a name means, and what their exercise.toml says.

An exercise is named by a path, a number, a prefix or its full name; whatever a person types, the answer is one Exercise
or a sentence that says which there are.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from grader.course import packed, shipped
from grader.course.settings import read_settings
from grader.model import Bug, CheckSpec, Contract, Exercise, Limits, Reveal, number_of
from grader.model.codes import CAUSE_OF
from grader.model.errors import GraderError
from grader.words import did_you_mean

TOML = "exercise.toml"
MOST_TOPIC = 30  # characters: `list` shows it in a column
_PARTS: dict[str, TypeAdapter[Any]] = {
    "contract": TypeAdapter(Contract),
    "limits": TypeAdapter(Limits),
    "checks": TypeAdapter(tuple[CheckSpec, ...]),
    "bugs": TypeAdapter(tuple[Bug, ...]),
    "learn": TypeAdapter(tuple[str, ...]),
    "data": TypeAdapter(tuple[str, ...]),
    "reveal": TypeAdapter(Reveal),
    "title": TypeAdapter(str),
    "summary": TypeAdapter(str),
    "topic": TypeAdapter(Annotated[str, Field(min_length=1, max_length=MOST_TOPIC)]),
    "minutes": TypeAdapter(Annotated[int, Field(strict=True, gt=0)]),
}
_OPTIONAL = {"limits", "data", "bugs", "reveal"}


def course_folder(start: Path | None = None) -> Path:
    """The `exercises` folder of the course in which `start` (default: the working folder) lies."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "exercises").is_dir():
            return folder / "exercises"
        if folder.name == "exercises" and any(folder.glob(f"*/{TOML}")):
            return folder
    if not shipped.IN_WHEEL and shipped.COURSE.is_dir():
        return shipped.COURSE
    raise GraderError(
        f"There is no course in {here} or above it.",
        "`gradient-clinic start` lays one out. If you have one, go to its folder.",
    )


def exercises(course: Path) -> list[Exercise]:
    """All exercises of a course, in their order: course.toml's, or that of their names."""
    chosen = [planned.id for planned in read_settings(course).exercises]
    folders = {folder.name: folder for folder in _folders(course)}
    return [load(folders[name]) for name in chosen or folders if name in folders]


def find(name: str, course: Path | None = None) -> Exercise:
    """The exercise that `name` means: a path, "exercises/02", "02", "2", or (part of) its name."""
    given = Path(name)
    if given.suffix == ".ipynb" and given.is_file():
        given = given.parent
    if _is_exercise(given):
        return load(given)
    root = course or course_folder(given.parent if given.parent.is_dir() else None)
    wanted = given.resolve().name if name in (".", "") else given.name
    folders = list(_folders(root))
    matching = [folder for folder in folders if folder.name == wanted]
    matching = matching or [folder for folder in folders if _number(folder.name) == _number(wanted) is not None]
    matching = matching or [folder for folder in folders if folder.name.startswith(wanted) or wanted in folder.name]
    if len(matching) == 1:
        return load(matching[0])
    there = ", ".join(folder.name for folder in matching or folders) or "none at all"
    if matching:
        problem = f"{name} could be any of these exercises"
    else:
        parts = (part for folder in folders for part in (folder.name, *folder.name.split("_")[1:]))
        problem = f"There is no exercise {name}{did_you_mean(wanted, parts)}; there are"
    raise GraderError(f"{problem}: {there}.", "`python -m grader list` shows them with their titles.")


def load(folder: Path) -> Exercise:
    """Read one exercise's folder. Raises GraderError, naming the file and the field, where something is wrong."""
    folder = folder.resolve()
    origin = None if (folder / TOML).is_file() else shipped.origin(folder)
    home = origin or folder
    path = home / TOML
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GraderError(f"{path} can't be read: {error}.", "docs/authoring.md shows the format.") from None
    exercise = Exercise(id=folder.name, folder=folder, solution=_solution(home), shipped=origin, **_fields(path, table))
    _check_references(path, exercise)
    reveal = read_settings(folder.parent).reveal
    return replace(exercise, reveal=reveal) if reveal else exercise


def _fields(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    unknown = table.keys() - _PARTS.keys()
    missing = _PARTS.keys() - _OPTIONAL - table.keys()
    if unknown or missing:
        named = (f"{key}{did_you_mean(key, _PARTS.keys() - table.keys())}" for key in sorted(unknown))
        problem = f"does not know {', '.join(named)}" if unknown else f"lacks {', '.join(sorted(missing))}"
        raise GraderError(f"{path} {problem}.", "docs/authoring.md shows the format.")
    values: dict[str, Any] = {"bugs": (), **table}
    if isinstance(values["bugs"], str):  # of a kit
        values["bugs"] = _unpacked(path, values["bugs"])
    known = {field.name for field in fields(Limits)}
    if strange := set(table.get("limits", {})) - known:
        named = (f"{name}{did_you_mean(name, known)}" for name in sorted(strange))
        raise GraderError(f"{path}: limits has no {', '.join(named)}.", f"It has {', '.join(sorted(known))}.")
    return {name: _field(path, name, value) for name, value in values.items()}


def _unpacked(path: Path, bugs: str) -> Any:
    try:
        return json.loads(packed.unpack(bugs))
    except ValueError:
        raise GraderError(f"{path}: the packed bugs can't be read.", "Unpack the kit again.") from None


def _field(path: Path, name: str, value: Any) -> Any:
    try:
        return _PARTS[name].validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([name, *(str(part) for part in first["loc"])])
        raise GraderError(f"{path}: {where}: {first['msg']}.", "docs/authoring.md shows the format.") from None


def _check_references(path: Path, exercise: Exercise) -> None:
    ids = [check.id for check in exercise.checks]
    known = set(ids)
    wrong = [
        f"check {check.id} needs {check.needs}" for check in exercise.checks if check.needs and check.needs not in known
    ]
    wrong += [f"bug {bug.id} names check {name}" for bug in exercise.bugs for name in bug.checks if name not in known]
    wrong += [f"bug {bug.id} has code {bug.code}" for bug in exercise.bugs if bug.code not in CAUSE_OF]
    wrong += [f"check {name} stands twice" for name in known if ids.count(name) > 1]
    if wrong:
        raise GraderError(f"{path}: {wrong[0]}, which is not right.", "docs/authoring.md shows the format.")


def _solution(folder: Path) -> Path | None:
    path = folder.parent.parent / "solutions" / f"{folder.name}.ipynb"
    return path if path.is_file() else None


def _folders(course: Path) -> Iterator[Path]:
    return (folder for folder in sorted(course.glob("*")) if _is_exercise(folder))


def _is_exercise(folder: Path) -> bool:
    return (folder / TOML).is_file() or shipped.origin(folder.resolve()) is not None


def _number(name: str) -> int | None:
    head = number_of(name)
    return int(head) if head.isdigit() else None
