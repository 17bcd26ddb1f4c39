"""Fast stand-ins for grading a notebook, for tests of what goes on around it; in a module, so that workers find them.

The notebook's first cell is its script: "die", "raise", "hang", "refuse", "broken course", or seconds to sleep.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from grader.model import Status, Verdict
from grader.model.errors import GraderError, InternalError, UngradableError

from .making import verdict


def grade(exercise: str, notebook: bytes) -> Verdict:
    script = json.loads(notebook)["cells"][0]["source"].split("#")[0].strip()
    if script == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if script == "raise":
        raise ZeroDivisionError("of ours")
    if script == "internal":
        raise InternalError("The solution does not run.", "Tell its author.")
    if script == "refuse":
        raise UngradableError("Another exercise's notebook.", "Grade it there.")
    if script == "broken course":
        raise GraderError("No GPU is visible.", "Use --device cpu.")
    if script.startswith("once "):  # fails the first time: leaves a mark
        mark = Path(script.removeprefix("once "))
        if not mark.exists():
            mark.touch()
            raise OSError("no space")
    if script == "hang":
        time.sleep(600)
    if script.replace(".", "").isdigit():
        time.sleep(float(script))
    status = Status.FAILED if script == "fail" else Status.PASSED
    sha256 = hashlib.sha256(notebook).hexdigest()
    made = verdict(status, exercise, sha256)
    return replace(made, message=f"graded by {os.getpid()}")


@dataclass(frozen=True)
class Script:
    """The same for a cluster: it has a course that can be replaced. "die" leaves a line in `deaths` first; so does
    "die later", whose worker is gone half a second after the verdict; the next one takes its time."""

    deaths: Path
    course: Path = Path()

    def __call__(self, exercise: str, notebook: bytes) -> Verdict:
        if b'"die"' in notebook:
            with self.deaths.open("a") as file:
                file.write(f"{os.getpid()}\n")
        if b'"die later"' in notebook:
            if self.deaths.exists():
                time.sleep(5)
            else:
                self.deaths.write_text(f"{os.getpid()}\n")
                threading.Timer(0.5, os._exit, (9,)).start()
        return grade(exercise, notebook)

    def cancel(self) -> None:
        pass
