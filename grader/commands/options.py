"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from grader.commands.working import NOTEBOOK
from grader.course.catalogue import course_folder, exercises
from grader.kernels import SOURCES, WALLS
from grader.model import DEVICES, REVEALS, Limits
from grader.model.errors import GraderError
from grader.words import did_you_mean

Command = TypeVar("Command", bound=Callable[..., Any])
Option = Callable[[Command], Command]


class ExerciseName(click.ParamType[str]):
    """A path, a number or a name; completes to the names that there are."""

    name = "exercise"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        try:
            listed = exercises(course_folder())
        except GraderError:  # there is no course around here
            return []
        return [CompletionItem(e.id, help=e.title) for e in listed if e.id.startswith(incomplete)]


class Limit(click.ParamType[tuple[str, Any]]):
    """cell=30: one of the limits, and its value."""

    name = "limit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        name, _, number = str(value).partition("=")
        names = [field.name for field in fields(Limits)]
        if name not in names:
            self.fail(
                f"{value!r} sets no limit{did_you_mean(name, names)}. cell=30 does; the limits are {', '.join(names)}.",
                param,
                ctx,
            )
        try:
            amount = float(number)
        except ValueError:
            amount = 0.0
        if not 0 < amount < float("inf"):
            self.fail(f"{value!r}: the limit {name} must be a number above 0.", param, ctx)
        return name, amount if isinstance(getattr(Limits(), name), float) else int(max(amount, 1))


exercise: Option[Any] = click.argument("exercise", type=ExerciseName())


def _exercises_in(_ctx: click.Context, _param: click.Parameter, folder: Path | None) -> Path | None:
    return folder / "exercises" if folder and (folder / "exercises").is_dir() else folder


course: Option[Any] = click.option(
    "--exercises",
    "course",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    callback=_exercises_in,
    envvar="GRADER_EXERCISES",
    show_envvar=True,
    help="Folder of the course or of its exercises, if it is not in the working folder or above it.",
)
device: Option[Any] = click.option(
    "--device", type=click.Choice(DEVICES), default="auto", show_default=True, help="Where TensorFlow computes."
)
kernel: Option[Any] = click.option(
    "--kernel",
    type=click.Choice(list(SOURCES)),
    default="auto",
    show_default=True,
    help="Warm kernels are forked, cold ones are started from scratch.",
)
sandbox: Option[Any] = click.option(
    "--sandbox",
    type=click.Choice(WALLS),
    default="auto",
    show_default=True,
    help="What isolates the notebook from this machine.",
)
reveal: Option[Any] = click.option(
    "--reveal",
    type=click.Choice(REVEALS),
    help="When the line that lost a gradient is shown [default: what exercise.toml says, or after_attempts].",
)
plain: Option[Any] = click.option(
    "--plain",
    is_flag=True,
    envvar="GRADER_PLAIN",
    show_envvar=True,
    help="For screen readers: words in place of drawings, and what came of it in the last line.",
)
form: Option[Any] = click.option(
    "--format",
    "form",
    type=click.Choice(("text", NOTEBOOK)),
    default="text",
    show_default=True,
    help="`notebook` is what a notebook shows under a cell.",
)
limits: Option[Any] = click.option(
    "--limit",
    "limits",
    type=Limit(),
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other limit, such as cell=30 or output=20; can be repeated.",
)
