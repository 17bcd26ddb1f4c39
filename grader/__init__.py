"""Gradient Clinic: grades training notebooks by the gradients that they produce.

from grader import grade
verdict = grade("exercises/02", "my_notebook.ipynb")

import grader
with grader.doctor() as findings:
    train_step(x, y)
print(findings)

%load_ext grader
%grade
%%doctor
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from grader.inprocess.block import Doctor
    from grader.model import Device, Verdict

    def doctor(steps: int = 30) -> Doctor:
        """Examine the gradients of the block that follows, and stop recording after so many training steps."""

else:
    from grader import doctor

    class _Doctor(ModuleType):
        """The package of that name, which is also a function: both names are good, and neither is to give way."""

        def __call__(self, **options: Any) -> Doctor:
            from grader.inprocess.block import Doctor

            return Doctor(**options)

    doctor.__class__ = _Doctor

__all__ = ["doctor", "grade"]
__version__ = "0.1.0"


def grade(exercise: str | Path, notebook: str | Path | None = None, device: Device = "auto") -> Verdict:
    """Grade one notebook (by default the exercise's own) and give everything back that was started.

    `exercise`: a path, a number or a name. Raises grader.model.errors.GraderError where nothing can be graded.
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


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext grader`."""
    from grader.inprocess.magics import GraderMagics

    if GraderMagics.__name__ not in shell.magics_manager.registry:
        shell.register_magics(GraderMagics(shell))


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext grader`, and the first half of `%reload_ext grader`."""
    from grader.inprocess.magics import GraderMagics

    shell.magics_manager.registry.pop(GraderMagics.__name__).close()
