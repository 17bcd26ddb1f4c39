"""Is the notebook's file older than the cells that ran?

It is if a cell that ran after the file was saved is not in it. The hard part is to raise no false alarm: a cell that
was run, changed and saved is in the history, and not in the file. So it counts when a cell ran. Nobody noted that of
the cells before `%load_ext grader`; a save after them shows in the file, which has the number of each cell's last run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.course.notebook import calls_grader

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Cell = tuple[str, int | None]  # its source, and the number of its last run


class Runs:
    """When the cells of this session ran; those before this object was made, at a time that is not known."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._times: dict[int, float] = {}
        shell.events.register("pre_run_cell", self._note)

    def close(self) -> None:
        self._shell.events.unregister("pre_run_cell", self._note)

    def _note(self, _info: object) -> None:
        self._times[len(self._shell.history_manager.input_hist_raw)] = time.time()

    def unsaved(self, file: Path) -> bool:
        """Whether a cell ran that the file should have, and does not."""
        import psutil

        try:
            saved = file.stat().st_mtime
        except OSError:  # it is just being replaced, or gone
            return True
        history: Sequence[str] = self._shell.history_manager.input_hist_raw
        born = psutil.Process().create_time()
        return any(after_the_save(history, list(cells_in(file)), self._times, saved, born))


def after_the_save(
    history: Sequence[str], cells: Sequence[Cell], times: Mapping[int, float], saved: float, born: float
) -> Iterator[str]:
    """The cells of the history that are not among the saved ones, and ran after `saved`. `born`: the kernel's start."""
    known = {_plain(source) for source, _ in cells}
    numbers = {number for _, number in cells if number is not None}
    seen = [number for source, number in cells if number and history[number : number + 1] == [source]]
    last_seen = max(seen, default=0)
    for number, source in enumerate(history):
        if _is_magic(source) or _plain(source) in known:
            continue
        if number in times:
            late = times[number] > saved
        else:
            late = born > saved or (number > last_seen and number not in numbers)
        if late:
            yield source


def cells_in(file: Path) -> Iterator[Cell]:
    """The code cells of a notebook; none where it can't be read."""
    try:
        tree: Any = json.loads(file.read_bytes())
        for cell in tree["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"]), cell.get("execution_count")
    except (OSError, ValueError, KeyError, TypeError):
        return


def _plain(source: str) -> str:
    return source.replace("\r\n", "\n").strip()


def _is_magic(source: str) -> bool:
    """Whether a cell is empty, or has nothing but magics and questions in it."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    if lines and lines[0].startswith("%%"):
        return True
    return all(calls_grader(line) or line.startswith(("%", "!", "?")) or line.endswith("?") for line in lines)
