"""course.toml, beside the folder `exercises`: what holds for a whole course, such as its exercises, deadlines and late
policy. A course without the file has the settings of a file without lines. docs/course.md describes it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError

from grader.model import Reveal, number_of
from grader.model.errors import GraderError
from grader.words import did_you_mean

TOML = "course.toml"
DAY = timedelta(days=1)

Percent = Annotated[float, Field(ge=0, le=100)]
Counts = Literal["newest", "best", "before_deadline"]


@dataclass(frozen=True, slots=True)
class Late:
    """What being late costs: `per_day` for each day begun, or what the first line of `table` says that reaches it."""

    __pydantic_config__ = ConfigDict(extra="forbid")
    per_day: Percent = 0.0
    most: Percent = 100.0
    table: tuple[tuple[float, Percent], ...] = ()  # days, and what being late by up to so many costs; else `most`

    def percent(self, late: timedelta) -> float:
        days = late / DAY
        if self.table:
            return next((percent for until, percent in sorted(self.table) if days <= until), self.most)
        return min(self.most, self.per_day * math.ceil(days))


@dataclass(frozen=True, slots=True)
class Planned:
    """An exercise of the course."""

    __pydantic_config__ = ConfigDict(extra="forbid")
    id: str
    deadline: AwareDatetime | None = None
    weight: Annotated[float, Field(ge=0)] = 1.0
    archives: tuple[str, ...] = ()  # names of archives or folders in which it is submitted


@dataclass(frozen=True, slots=True)
class Extension:
    __pydantic_config__ = ConfigDict(extra="forbid")
    student: str
    exercise: str
    deadline: AwareDatetime


@dataclass(frozen=True, slots=True)
class CourseSettings:
    __pydantic_config__ = ConfigDict(extra="forbid")
    title: str = ""
    reveal: Reveal | None = None
    counts: Counts = "newest"  # which attempt
    grace_minutes: Annotated[float, Field(ge=0)] = 0.0
    late: Late = Late()
    exercises: tuple[Planned, ...] = ()  # in this order; without any, all that there are
    extensions: tuple[Extension, ...] = ()

    def deadline(self, student: str, exercise: str) -> datetime | None:
        own = [one.deadline for one in self.extensions if (one.student, one.exercise) == (student, exercise)]
        planned = [one.deadline for one in self.exercises if one.id == exercise]
        return (own or planned or [None])[-1]

    def lateness(self, student: str, exercise: str, submitted: datetime | None) -> timedelta:
        """Nothing within the grace, and where no deadline or no time is known; else counted from the deadline."""
        deadline = self.deadline(student, exercise)
        if deadline is None or submitted is None:
            return timedelta()
        late = submitted - deadline
        return late if late > timedelta(minutes=self.grace_minutes) else timedelta()

    def weight(self, exercise: str) -> float:
        return next((one.weight for one in self.exercises if one.id == exercise), 1.0)


SETTINGS = TypeAdapter(CourseSettings)


def read_settings(course: Path) -> CourseSettings:
    """The settings of the course with this folder of exercises. GraderError names the file and the key."""
    path = course.parent / TOML
    if not path.is_file():
        return CourseSettings()
    return _read(path, path.stat().st_mtime_ns, tuple(sorted(folder.name for folder in course.iterdir())))


@lru_cache(maxsize=8)  # asked for with each exercise that is loaded
def _read(path: Path, _modified: int, folders: Sequence[str]) -> CourseSettings:
    try:
        settings = SETTINGS.validate_python(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GraderError(f"{path} can't be read: {error}.", "docs/course.md shows the format.") from None
    except ValidationError as error:
        raise GraderError(f"{path}: {_complaint(error)}.", "docs/course.md shows the format.") from None
    return replace(
        settings,
        exercises=tuple(replace(one, id=_folder(path, one.id, folders)) for one in settings.exercises),
        extensions=tuple(replace(one, exercise=_folder(path, one.exercise, folders)) for one in settings.extensions),
    )


def _complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "unexpected_keyword_argument":
        known = {name for kind in (CourseSettings, Late, Planned, Extension) for name in kind.__dataclass_fields__}
        return f"unknown key {where}{did_you_mean(str(first['loc'][-1]), known)}"
    if first["type"] == "timezone_aware":
        return f"{where} needs its offset from UTC, as in 2026-03-01T23:59:00+01:00"
    return f"{where}: {first['msg']}"


def _folder(path: Path, name: str, folders: Sequence[str]) -> str:
    """The exercise that an id or a number names."""
    matching = [one for one in folders if name in (one, number_of(one))]
    if len(matching) == 1:
        return matching[0]
    raise GraderError(
        f"{path} names the exercise {name}{did_you_mean(name, folders)}, which the course does not have.",
        f"Its exercises are in {path.with_name('exercises')}.",
    )
