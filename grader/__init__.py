"""Gradient Clinic: grades training notebooks by the gradients that they produce.

from grader import grade
verdict = grade("exercises/02", "my_notebook.ipynb")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model import Device, Verdict

__all__ = ["grade"]
__version__ = "0.1.0"


def grade(exercise: str | Path, notebook: str | Path | None = None, device: Device = "auto") -> Verdict:
    """Grade one notebook (by default the exercise's own) and give everything back that was started.

    `exercise`: a path, a number or a name. Raises grader.errors.GraderError where nothing can be graded.
    """
    from pathlib import Path

    from grader.course.catalogue import find
    from grader.course.notebook import read
    from grader.grading.grader import Grader
    from grader.kernels import open_source

    found = find(str(exercise))
    source = open_source()
    try:
        with Grader(source, device) as grader:
            return grader.grade(found, read(Path(notebook) if notebook else found.notebook))
    finally:
        source.close()
