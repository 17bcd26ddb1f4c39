"""server: the resident grader that makes commands quick; whether it runs, and how to end it."""

from __future__ import annotations

import click
import psutil

from grader.commands.exits import OK
from grader.inside.measure import MB, proportional
from grader.words import plural


@click.group()
def command() -> None:
    """Look at the resident grader, or end it.

    The first command that grades leaves a process in the background, so that the next ones need not start
    everything anew. It ends by itself after 15 minutes without a command (GRADER_IDLE: seconds), and never runs
    where CI is set. GRADER_SERVER=off, or --no-server with a command, does without it.
    """


@command.command()
def status() -> int:
    """Say whether it runs, since when, and what it holds."""
    from grader.resident import server

    resident = server.here()
    if resident is None:
        click.echo("No resident grader runs. The next command that grades starts one.")
        return OK
    processes = [psutil.Process(pid) for pid in (resident.process, *resident.lender.processes())]
    family = {child.pid: child for process in processes for child in (process, *process.children(recursive=True))}
    family.pop(psutil.Process().pid, None)
    held = sum(proportional(pid) or 0 for pid in family)
    click.echo(f"The resident grader runs (process {resident.process}, {held / MB:.0f} MB with all that it keeps).")
    kept = ", ".join(resident.lender.processes().values()) or "nothing"
    click.echo(f"It keeps {kept}, and runs {_others(resident.running)}.")
    click.echo(f"It ends after {server.idle_seconds() / 60:.0f} minutes without a command, or with")
    click.echo("    python -m grader server stop")
    return OK


@command.command()
def stop() -> int:
    """End it, as soon as no command runs."""
    from grader.resident import server

    resident = server.here()
    if resident is None:
        click.echo("No resident grader runs.")
    else:
        resident.stop()
        click.echo("The resident grader ends.")
    return OK


def _others(commands: int) -> str:
    return plural(commands, "other command") if commands else "no other command"
