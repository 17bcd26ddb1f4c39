"""env: what works on this machine, why the rest does not, and the commands that install it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click
from rich.console import Console

if TYPE_CHECKING:
    from grader.kernels.capabilities import Capability


@click.command()
def command() -> None:
    """Show what works on this machine, and how to get the rest."""
    from grader.kernels.capabilities import survey

    console = Console(highlight=False)
    with Console(stderr=True).status("trying what works here"):
        capabilities = [*survey(), _doctor()]
    for capability in capabilities:
        console.print(f" {'✓' if capability.works else '✗'} {capability.name}: {capability.detail}", markup=False)
        if capability.consequence:
            console.print(f"     {capability.consequence}", markup=False)
        if capability.remedy:
            console.print("     To get it:", markup=False)
        for line in capability.remedy:
            click.echo(f"         {line}")  # to be pasted: never wrapped


def _doctor() -> Capability:
    """Which of the doctor's hooks into TensorFlow work here, tried out in a kernel."""
    from grader.doctor.examine import hooks
    from grader.errors import GraderError
    from grader.kernels import open_source
    from grader.kernels.capabilities import Capability

    name, blind = "gradient doctor", "The doctor misses what these would have noticed."
    try:
        with closing(open_source()) as source:
            tried = hooks(source)
    except GraderError as error:
        return Capability(name, False, error.message, consequence="Failed checks come without findings.")
    left_out = {hook: why for hook, why in tried.items() if why != "works"}
    if left_out:
        said = "; ".join(f"{hook} ({why})" for hook, why in left_out.items())
        return Capability(name, False, f"{len(left_out)} of {len(tried)} hooks do not work: {said}.", consequence=blind)
    return Capability(name, True, f"All its hooks into TensorFlow work: {', '.join(tried)}.")
