"""A course of two exercises, and the ways in which editors save a notebook."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..conftest import COURSE


@dataclass(frozen=True)
class Desk:
    """A learner's first exercise."""

    course: Path

    @property
    def notebook(self) -> Path:
        return self.course / "exercises" / "01_line" / "notebook.ipynb"

    def text(self, solved: bool = False, **cells: str) -> str:
        """The broken notebook's text or the solution's, with some cells replaced: cell_2="..."."""
        source = self.course / ("solutions/01_line.ipynb" if solved else "exercises/01_line/.original.ipynb")
        tree = json.loads(source.read_text("utf-8"))
        code = [cell for cell in tree["cells"] if cell["cell_type"] == "code"]
        for name, text in cells.items():
            code[int(name.removeprefix("cell_")) - 1]["source"] = text
        return json.dumps(tree)

    def save(self, text: str) -> None:
        """As VS Code saves: into the file."""
        self.notebook.write_text(text, "utf-8")

    def replace(self, text: str) -> None:
        """As Jupyter saves: another file takes the name."""
        draft = self.notebook.with_name(".~notebook.ipynb")
        draft.write_text(text, "utf-8")
        draft.replace(self.notebook)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return lay_out(tmp_path)


def lay_out(folder: Path) -> Desk:
    course = Path(shutil.copytree(COURSE, folder / "course"))
    for kind, suffix in (("exercises", ""), ("solutions", ".ipynb")):
        first, second = (course / kind / f"{name}{suffix}" for name in ("01_line", "02_again"))
        (shutil.copytree if first.is_dir() else shutil.copyfile)(first, second)
        for notebook in second.rglob("*.ipynb") if second.is_dir() else [second]:
            notebook.write_text(notebook.read_text("utf-8").replace("01_line", "02_again"), "utf-8")
    return Desk(course)
