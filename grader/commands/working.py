"""A line on stderr that says what is being done while a command works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
