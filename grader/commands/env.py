"""env: what works on this machine, why the rest does not, and the lines that get it."""

from __future__ import annotations

import click
from rich.console import Console


@click.command()
def command() -> None:
    """Say what works on this machine (sandbox, GPU, versions) and how to get the rest."""
    from grader.kernels.capabilities import survey

    console = Console(highlight=False)
    with Console(stderr=True).status("trying what works here"):
        found = survey()
    for capability in found:
        console.print(f" {'✓' if capability.works else '✗'} {capability.name}: {capability.detail}", markup=False)
        if capability.consequence:
            console.print(f"     {capability.consequence}", markup=False)
        if capability.remedy:
            console.print("     To get it:", markup=False)
        for line in capability.remedy:
            click.echo(f"         {line}")  # to be pasted: never wrapped
