"""doctor: what is wrong with the gradients of any notebook or program."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.commands import options
from grader.commands.exits import CANNOT_GRADE, NOT_PASSED, OK
from grader.commands.working import working
from grader.kernels import Walls, open_source
from grader.model import Device

if TYPE_CHECKING:
    from grader.doctor.file import Diagnosis


@click.command()
@click.argument("files", metavar="FILE ...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Make the contents of another folder available beside the file; can be repeated.",
)
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Stop after N optimizer steps.")
@options.device
@options.kernel
@options.sandbox
@click.option("--timeout", type=click.FloatRange(min=1), metavar="S", help="Time limit for each file, in seconds.")
@click.option("--memory", type=click.IntRange(min=256), metavar="MB", help="Memory limit for each file.")
@options.limits
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@options.plain
def command(
    files: tuple[Path, ...],
    data: tuple[Path, ...],
    steps: int | None,
    device: Device,
    kernel: str,
    sandbox: Walls,
    timeout: float | None,
    memory: int | None,
    limits: tuple[tuple[str, Any], ...],
    form: str,
    plain: bool,
) -> int:
    """Diagnose the gradients of any training notebook or script.

    FILE is any .ipynb or .py. It needs no exercise and no preparation, and runs in the sandbox, where it can read its
    own folder.
    """
    from grader.doctor.file import SECONDS, Wish, diagnose_file, visible

    wish = Wish(data, steps, device, timeout or SECONDS, memory, limits)
    open_kind = partial(open_source, sandbox=sandbox, visible=visible(files, data))
    source = open_kind(kernel)
    if source.notice:
        click.echo(source.notice, err=True)
    diagnoses = []
    with closing(source):
        for number, file in enumerate(files, start=1):
            name = f"{number} of {len(files)}, {file.name}" if len(files) > 1 else file.name
            with working(f"{name}: ", plain) as say:
                diagnosis = diagnose_file(file, source, wish, say, partial(open_kind, "cold"))
            diagnoses.append(diagnosis)
            _tell(diagnosis, form, plain, first=number == 1)
    return exit_code(diagnoses)


def _tell(diagnosis: Diagnosis, form: str, plain: bool, first: bool) -> None:
    from grader.report import doctor

    if form == "json":
        click.echo(doctor.line(diagnosis))
        return
    from rich.console import Console

    if not first:
        click.echo()
    doctor.show(diagnosis, Console(highlight=False), plain)


def exit_code(diagnoses: Iterable[Diagnosis]) -> int:
    """A file that could not be run outranks one that is not healthy."""
    told = list(diagnoses)
    if any(diagnosis.healthy is None and diagnosis.status != "examined" for diagnosis in told):
        return CANNOT_GRADE
    return NOT_PASSED if any(diagnosis.healthy is False for diagnosis in told) else OK
