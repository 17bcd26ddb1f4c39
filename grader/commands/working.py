"""A line on stderr that says what is being done while a command works."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

NOTEBOOK = "notebook"  # the format in which a notebook's magics read a command: lines of JSON, the last one to be shown


@contextmanager
def working(on: str = "", plain: bool = False) -> Iterator[Callable[[str], None]]:
    """The line, as a function that changes it; nothing if stderr is not a terminal, or for screen readers (`plain`),
    which would read each change. `on`: what is being worked on."""
    from rich.console import Console

    console = Console(stderr=True)
    if plain or not console.is_terminal:
        yield lambda _text: None
        return
    with console.status(f"{on}starting", spinner="dots") as status:
        yield lambda text: status.update(f"{on}{text} …")


@contextmanager
def working_in_lines() -> Iterator[Callable[[str], None]]:
    """The same for a notebook, whose magic shows each line until the next."""
    yield lambda text: click.echo(json.dumps({"working": text}))
