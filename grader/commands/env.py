"""env: what works on this machine, why the rest does not, and the commands that install it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING

import click
from rich.console import Console

from grader.commands.working import working

if TYPE_CHECKING:
    from grader.kernels.capabilities import Capability

DOCTOR = "gradient doctor"
BLIND = "It may miss a cause, or name it less exactly. `python -m grader env --details` lists what it lacks."


@click.command()
@click.option("--details", is_flag=True, help="List the doctor's hooks into TensorFlow too.")
def command(details: bool) -> None:
    """Show what works on this machine, and how to get the rest."""
    from grader.kernels.capabilities import TRIALS

    for number, (name, attempt) in enumerate(TRIALS.items(), start=1):
        with working(f"{number} of {len(TRIALS) + 1}: ") as say:
            say(f"trying {name}")
            capability = attempt()
        _show(capability)
    with working(f"{len(TRIALS) + 1} of {len(TRIALS) + 1}: ") as say:
        say(f"trying the {DOCTOR}")
        capability, hooks = _doctor()
    _show(capability)
    if details:
        click.echo("\nThe doctor's hooks into TensorFlow:")
        for hook, state in hooks.items():
            click.echo(f" {'✓' if state == 'works' else '✗'} {hook}: {state}")


def _show(capability: Capability) -> None:
    console = Console(highlight=False)
    console.print(f" {'✓' if capability.works else '✗'} {capability.name}: {capability.detail}", markup=False)
    if capability.consequence:
        console.print(f"     {capability.consequence}", markup=False)
    if capability.remedy:
        console.print("     To get it:", markup=False)
    for line in capability.remedy:
        click.echo(f"         {line}")  # to be pasted: never wrapped


def _doctor() -> tuple[Capability, Mapping[str, str]]:
    """Whether the doctor sees all that it could, and its hooks, tried out in a kernel."""
    from grader.doctor.examine import hooks
    from grader.kernels import open_source
    from grader.kernels.capabilities import Capability
    from grader.model.errors import GraderError

    try:
        with closing(open_source()) as source:
            tried = hooks(source)
    except GraderError as error:
        return Capability(DOCTOR, False, error.message, consequence="Failed checks come without findings."), {}
    blind = sum(state != "works" for state in tried.values())
    if blind:
        detail = f"It can't observe everything in this TensorFlow: {blind} of its {len(tried)} hooks do not work."
        return Capability(DOCTOR, False, detail, consequence=BLIND), tried
    return Capability(DOCTOR, True, "It can follow gradients through this TensorFlow."), tried
