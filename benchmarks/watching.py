"""`python -m grader watch` on a terminal of its own, and a person who saves: the seconds until a verdict is seen."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import TracebackType

import pexpect

SIZE = (200, 100)  # rows and columns
PATIENCE = 120.0  # seconds for TensorFlow's import and the first verdict
VERDICT = r"/\s*10 points"
OVER = r"q quit"  # the keys are offered again when there is nothing more to say
BREATH = 1.0  # seconds that nobody types faster than; the next kernel is made ready in a third of that


class Watching:
    """One exercise, watched for the length of a `with`."""

    def __init__(self, folder: Path, exercise: str) -> None:
        self._notebook = folder / "exercises" / exercise / "notebook.ipynb"
        self._saves = 0
        arguments = ["-m", "grader", "watch", exercise, "--device", "cpu"]
        self._terminal = pexpect.spawn(
            sys.executable, arguments, cwd=str(folder), dimensions=SIZE, timeout=PATIENCE, encoding="utf-8"
        )

    def __enter__(self) -> Watching:
        self._terminal.expect(VERDICT)  # of the notebook as it is
        self._settle()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._terminal.send("q")
        self._terminal.expect(pexpect.EOF)
        self._terminal.close()

    def save(self) -> float:
        """Seconds from a save that changes a line of code to the verdict on it."""
        self._saves += 1
        tree = json.loads(self._notebook.read_text("utf-8"))
        code = [cell for cell in tree["cells"] if cell["cell_type"] == "code"]
        code[-1]["source"] = [*code[-1]["source"], f"\n# saved again: {self._saves}"]
        text = json.dumps(tree, indent=1)
        begun = time.perf_counter()
        self._notebook.write_text(text, "utf-8")
        self._terminal.expect(VERDICT)
        seconds = time.perf_counter() - begun
        self._settle()
        return seconds

    def _settle(self) -> None:
        self._terminal.expect(OVER)
        time.sleep(BREATH)
