"""`%grade`, `%hint` and `%report` in a real kernel, as a front end with a person before it runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat.v4 import new_code_cell, new_notebook

from ..conftest import COURSE, wait_until

pytestmark = pytest.mark.kernel

LOAD = "%load_ext grader"


class Kernel:
    """A kernel, and what stands under each cell that ran in it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(folder), env={**os.environ, **environment})
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)

    def run(self, code: str, attended: bool = True, seen: Callable[[str], None] | None = None) -> Under:
        under = Under(seen)
        reply = self._client.execute_interactive(
            code, output_hook=under.take, allow_stdin=attended, stdin_hook=lambda _message: None, timeout=120
        )
        under.status = reply["content"]["status"]
        return under

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


class Under:
    """The output of one cell: what is displayed (as it is in the end) and what was printed."""

    def __init__(self, seen: Callable[[str], None] | None = None) -> None:
        self.status = ""
        self.html = self.text = self.printed = ""
        self.steps: list[str] = []
        self._seen = seen

    def take(self, message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] in ("display_data", "update_display_data", "execute_result"):
            self.html, self.text = content["data"].get("text/html", ""), content["data"]["text/plain"]
            self.steps.append(self.text)
            if self._seen:
                self._seen(self.text)
        elif message["msg_type"] == "stream":
            self.printed += content["text"]
        elif message["msg_type"] == "error":
            self.printed += "\n".join(content["traceback"])


@contextmanager
def kernel(folder: Path, notebook: Path | None = None, **environment: str) -> Iterator[Kernel]:
    told = {"JPY_SESSION_NAME": str(notebook)} if notebook else {}
    opened = Kernel(folder, **told, **environment)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def exercise(course: Path) -> Path:
    return course / "exercises" / "01_line"


def change(notebook: Path, repaired: str) -> None:
    """Save the notebook with another repair cell."""
    tree = json.loads(notebook.read_text())
    cell = next(cell for cell in tree["cells"] if "repair" in cell["metadata"].get("tags", []))
    cell["source"] = repaired
    notebook.write_text(json.dumps(tree))


def repair() -> str:
    tree = json.loads((COURSE / "solutions" / "01_line.ipynb").read_text())
    return next("".join(one["source"]) for one in tree["cells"] if "repair" in one["metadata"].get("tags", []))


def typed(folder: Path, *arguments: str) -> str:
    """What the command line prints."""
    command = [sys.executable, "-m", "grader", *arguments]
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=120).stdout


STATE = """
import os, random, sys, warnings, signal, threading
def state():
    names = {name: id(value) for name, value in globals().items() if not name.startswith("_")}
    return {"names": names, "warnings": list(warnings.filters), "random": random.getstate(), "folder": os.getcwd(),
            "environment": dict(os.environ), "signals": [signal.getsignal(number) for number in signal.valid_signals()],
            "threads": threading.active_count(), "path": list(sys.path), "TensorFlow": "tensorflow" in sys.modules}
before = after = None
before = state()
"""
COMPARE = """
after = state()
before["names"] |= {name: after["names"][name] for name in ("before", "after")}
print([what for what in before if before[what] != after[what]])
"""


def test_the_verdict_stands_under_the_cell_and_nothing_of_the_kernel_has_changed(exercise: Path) -> None:
    with kernel(exercise, exercise / "notebook.ipynb") as k:
        k.run(f"{LOAD}\n{STATE}")
        graded = k.run("%grade --saved")
        assert graded.text == typed(exercise, "01").rstrip("\n")
        assert "points, failed" in graded.html and "<script" not in graded.html
        assert 'href="../../reports/01_line.html"' in graded.html
        assert (exercise / "../../reports/01_line.html").is_file()
        assert any(step.startswith("running cell") for step in graded.steps)
        assert k.run(COMPARE).printed == "[]\n"


def test_a_hint_and_the_report_stand_under_their_cells(exercise: Path) -> None:
    with kernel(exercise, exercise / "notebook.ipynb") as k:
        k.run(LOAD)
        assert "There is no report of 01_line yet." in k.run("%report").text
        k.run("%grade")
        first = k.run("%hint")
        assert "hint 1 of" in first.text and "<p>" in first.html and "<code>%hint 01</code>" in first.html
        assert k.run("%hint --again").text == typed(exercise, "hint", "01", "--again").rstrip("\n")
        assert 'href="../../reports/01_line.html"' in k.run("%report").html


def test_cells_that_ran_and_are_not_saved_are_waited_for(exercise: Path) -> None:
    notebook = exercise / "notebook.ipynb"

    def save(text: str) -> None:
        if text.startswith("Save first (Ctrl+S)."):
            change(notebook, repair())

    with kernel(exercise, notebook) as k:
        k.run(LOAD)
        k.run(repair())
        graded = k.run("%load_ext grader\n%grade", seen=save)
        assert graded.steps[0].startswith("Save first (Ctrl+S).")
        assert "points   passed" in graded.text
        again = k.run("%load_ext grader\n%grade")
        assert again.printed == "" and not again.steps[0].startswith("Save first")


def test_an_interrupt_ends_the_waiting_and_so_does_time(exercise: Path) -> None:
    notebook = exercise / "notebook.ipynb"
    with kernel(exercise, notebook) as k:
        k.run(LOAD)
        k.run("x = 1  # not in the file")

        def interrupt(text: str) -> None:
            if text.startswith("Save first"):
                k.interrupt()

        begun = time.monotonic()
        stopped = k.run("%grade", seen=interrupt)
        assert time.monotonic() - begun < 10
        assert (stopped.text, stopped.printed, stopped.status) == ("Stopped.", "Stopped.", "error")
        given_up = k.run("import grader.inprocess.magics as m; m.SAVE_SECONDS = 0.5\n%grade")
        assert given_up.text.startswith("Not graded: cells have run that are not in notebook.ipynb as it is saved.")
        assert "points   failed" in k.run("%grade --saved").text


def test_an_interrupt_ends_the_grading(exercise: Path) -> None:
    change(exercise / "notebook.ipynb", "import time\ntime.sleep(100)")
    with kernel(exercise, exercise / "notebook.ipynb") as k:
        k.run(LOAD)

        def interrupt(text: str) -> None:
            if text.startswith("running cell"):
                k.interrupt()

        assert k.run("%grade", seen=interrupt).text == "Stopped."
        children = "import psutil; print([c.cmdline() for c in psutil.Process().children() if c.status() != 'zombie'])"
        wait_until(lambda: k.run(children).printed == "[]\n")


@pytest.mark.parametrize("by", ["name", "folder", "functions", "VS Code", "metadata"])
def test_the_exercise_is_found(exercise: Path, by: str) -> None:
    folder, command, before = exercise.parent, "%hint", "pass"
    notebook = None
    if by == "name":
        command = "%hint 01"
    elif by == "folder":
        folder = exercise
    elif by == "functions":
        before = "def loss_and_gradients(x, y): ..."
    elif by == "VS Code":
        before = f"__vsc_ipynb_file__ = {str(exercise / 'notebook.ipynb')!r}"
    else:
        notebook = folder / "homework (1).ipynb"
        shutil.copy(exercise / "notebook.ipynb", notebook)
    second = exercise.parent / "02_other"
    shutil.copytree(exercise, second)
    table = second / "exercise.toml"
    table.write_text(table.read_text().replace('"loss_and_gradients"', '"something_else"'))
    with kernel(folder, notebook) as k:
        k.run(f"{LOAD}\n{before}")
        assert "01 " in k.run(command).text


def test_where_nothing_tells_the_exercise_it_is_asked_for(exercise: Path) -> None:
    with kernel(exercise.parent) as k:
        k.run(LOAD)
        assert k.run("%grade").text.startswith("This notebook does not tell which exercise it belongs to.\n`%grade 01`")


def test_a_copy_by_another_name_is_what_is_graded(exercise: Path) -> None:
    notebook = exercise.parent / "homework (1).ipynb"
    shutil.copy(exercise / "notebook.ipynb", notebook)
    change(notebook, repair())
    with kernel(exercise.parent, notebook) as k:
        k.run(LOAD)
        assert "points   passed" in k.run("%grade").text


def test_a_notebook_that_a_program_runs_is_not_graded(exercise: Path) -> None:
    cells = [new_code_cell("%load_ext grader\n%grade")]
    notebook = new_notebook(cells=cells)
    ExecutePreprocessor(timeout=60).preprocess(notebook, {"metadata": {"path": str(exercise)}})
    (output,) = notebook.cells[0].outputs
    assert output.data["text/plain"].startswith("A program runs this notebook, so nothing is graded")
    assert not (exercise / "../../reports").exists()


def test_the_graders_own_cell_and_doctors_line_are_no_part_of_a_grading(exercise: Path) -> None:
    notebook = exercise / "notebook.ipynb"
    tree = json.loads(notebook.read_text())
    tree["cells"].append(new_code_cell("%load_ext grader\n%grade"))
    tree["cells"].append(new_code_cell("%%doctor --steps 3\nx = 1"))
    notebook.write_text(json.dumps(tree))
    change(notebook, repair())
    with kernel(exercise, notebook) as k:
        k.run(LOAD)
        assert "points   passed" in k.run("%grade").text


def test_what_the_command_refuses_is_a_sentence_and_no_error(exercise: Path) -> None:
    (exercise / "notebook.ipynb").write_text("{")
    with kernel(exercise) as k:
        k.run(LOAD)
        refused = k.run("%grade")
        assert refused.status == "ok" and "is not a notebook" in refused.text and "not graded" in refused.html
        assert k.run("%grade 07").text.startswith("There is no exercise 07")


def test_in_a_terminal_the_command_has_it(exercise: Path) -> None:
    code = "from IPython.core.interactiveshell import InteractiveShell as S\n"
    code += "s = S(); s.run_line_magic('load_ext', 'grader'); s.run_line_magic('grade', '')"
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(command, cwd=exercise, capture_output=True, text=True, env=environment, timeout=120)
    assert done.stdout == typed(exercise, "01"), done.stderr


def test_the_extension_can_be_loaded_again(exercise: Path) -> None:
    with kernel(exercise) as k:
        k.run(f"{LOAD}\n%hint\n{LOAD}")
        reloaded = k.run("%reload_ext grader\nprint(len(get_ipython().events.callbacks['pre_run_cell']))")
        k.run("%unload_ext grader")
        left = k.run("print(len(get_ipython().events.callbacks['pre_run_cell']))")
        assert int(reloaded.printed) == int(left.printed) + 1
