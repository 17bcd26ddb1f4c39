"""Which exercise `%grade` is about, and which file: by what is typed, what the front end tells of the notebook, the
working folder, or the functions that the notebook has defined.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.course.catalogue import course_folder, exercises, find
from grader.course.notebook import read
from grader.model import Exercise
from grader.model.errors import GraderError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

VSCODE, JUPYTER = "__vsc_ipynb_file__", "JPY_SESSION_NAME"  # a name in the notebook; a variable of the environment


@dataclass(frozen=True, slots=True)
class Place:
    exercise: Exercise
    notebook: Path  # to grade
    own: bool  # whether it is the notebook that asks

    @property
    def folder(self) -> Path:
        """Where links start."""
        return self.notebook.parent


def look(name: str, shell: InteractiveShell) -> Place:
    """The exercise that is meant; `name` is what was typed, perhaps nothing. Raises GraderError, for a notebook."""
    file = file_of(shell)
    course = _course(file)
    listed = exercises(course)
    by_file = _of_file(file, listed) if file else None
    here = by_file or _of_folder(Path.cwd(), listed) or _of_functions(shell.user_ns, listed)
    exercise = find(name, course) if name else here
    if exercise is None:
        raise GraderError(
            "This notebook does not tell which exercise it belongs to.",
            f"`%grade {listed[0].number if listed else '01'}` names it; `!python -m grader list` shows all.",
        )
    own = file is not None and by_file is not None and by_file.id == exercise.id
    return Place(exercise, file if own and file else exercise.notebook, own)


def file_of(shell: InteractiveShell) -> Path | None:
    """The notebook's file, where the front end tells."""
    for told in (shell.user_ns.get(VSCODE), os.environ.get(JUPYTER)):
        if isinstance(told, str) and told.endswith(".ipynb") and Path(told).is_file():
            return Path(told).resolve()
    return None


def _course(file: Path | None) -> Path:
    for start in (file.parent if file else None, None):
        try:
            return course_folder(start)
        except GraderError:
            continue
    raise GraderError(
        "The exercises are not here, and grading needs them.",
        "Open the notebook in its course's folder: `gradient-clinic start` lays one out. `%%doctor` works anywhere.",
    )


def _of_file(file: Path, listed: Sequence[Exercise]) -> Exercise | None:
    """By the notebook's metadata, which survive a new name; or as the exercise's own file."""
    told = read(file).exercise
    return next((each for each in listed if each.id == told or each.notebook == file), None)


def _of_folder(folder: Path, listed: Sequence[Exercise]) -> Exercise | None:
    return next((each for each in listed if folder.is_relative_to(each.folder)), None)


def _of_functions(names: Mapping[str, Any], listed: Sequence[Exercise]) -> Exercise | None:
    """The one exercise whose functions are all there."""
    fitting = [each for each in listed if all(callable(names.get(name)) for name in each.contract.functions)]
    return fitting[0] if len(fitting) == 1 else None
