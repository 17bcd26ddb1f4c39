"""Whatever a notebook does, the outcome is a Run that says what and where. Real kernels, from each source in turn."""

import time
from collections.abc import Callable

import pytest

from grader.model import Run

pytestmark = pytest.mark.kernel


def test_cells_run_in_order_and_share_their_names(run: Callable[..., Run]) -> None:
    outcome = run("a = 1", "", "b = a + 1", "assert b == 2")
    assert outcome.status == "completed"
    assert [cell.status for cell in outcome.cells] == ["ok", "not_run", "ok", "ok"]


def test_an_exception_is_told_with_the_line_and_columns_of_the_learners_code(run: Callable[..., Run]) -> None:
    outcome = run("def scale(x):\n    return x / 0\n", "", "a = 1", "scale(a)", "never = 1")
    error = outcome.error
    assert outcome.status == "crashed" and error is not None
    assert (error.type, error.message) == ("ZeroDivisionError", "division by zero")
    assert (error.cell, error.line, error.column, error.end_column) == (1, 2, 11, 16)
    assert [cell.status for cell in outcome.cells] == ["ok", "not_run", "ok", "failed", "not_run"]
    assert "gradient" not in error.traceback.lower()


def test_blank_lines_at_the_top_of_a_cell_count(run_warm: Callable[..., Run]) -> None:
    error = run_warm("\n  \n\t\n1 / 0").error
    assert error is not None
    assert (error.cell, error.line) == (1, 4)


def test_a_syntax_error_is_told_with_its_line(run_warm: Callable[..., Run]) -> None:
    error = run_warm("a = 1", "b = 2\nc = = 3").error
    assert error is not None
    assert (error.type, error.cell, error.line) == ("SyntaxError", 2, 2)


def test_tensorflows_internal_names_are_left_out_of_messages(run_warm: Callable[..., Run]) -> None:
    error = run_warm("import tensorflow as tf\ntf.ones((2, 3)) @ tf.ones((2, 3))").error
    assert error is not None
    assert error.type == "InvalidArgumentError"
    assert "function_node" not in error.message
    assert error.message.startswith("Matrix size-incompatible")


@pytest.mark.timing
def test_an_endless_loop_ends_with_the_cells_limit(run: Callable[..., Run]) -> None:
    begun = time.monotonic()
    outcome = run("while True: pass", cell=2)
    assert outcome.status == "timed_out"
    assert outcome.limit is not None
    assert (outcome.limit.name, outcome.limit.allowed) == ("cell", 2)
    assert time.monotonic() - begun < 30


def test_many_slow_cells_end_with_the_whole_notebooks_limit(run: Callable[..., Run]) -> None:
    outcome = run(*["import time; time.sleep(1)"] * 8, wall=3)
    assert outcome.status == "timed_out"
    assert outcome.limit is not None and outcome.limit.name == "wall"
    assert sum(cell.status == "ok" for cell in outcome.cells) < 5


def test_a_loop_that_swallows_interrupts_ends_too(run: Callable[..., Run]) -> None:
    code = "while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt:\n        pass"
    assert run(code, cell=2).status == "timed_out"


@pytest.mark.parametrize(
    "death", ["import os; os._exit(0)", "import os; os.abort()", "import ctypes; ctypes.string_at(0)"]
)
def test_a_kernel_that_dies_is_told_with_its_cell(run: Callable[..., Run], death: str) -> None:
    outcome = run("a = 1", death, "b = 2")
    assert outcome.status == "killed"
    assert [cell.status for cell in outcome.cells] == ["ok", "failed", "not_run"]
    assert outcome.limit is None


def test_a_flood_of_output_ends_the_notebook(run: Callable[..., Run]) -> None:
    outcome = run("while True: print('x' * 100_000)", output=1)
    assert outcome.status == "killed"
    assert outcome.limit is not None and outcome.limit.name == "output"


def test_warnings_and_stderr_change_nothing(run_warm: Callable[..., Run]) -> None:
    outcome = run_warm("import warnings, sys\nwarnings.warn('careful')\nprint('noise', file=sys.stderr)")
    assert outcome.status == "completed"


def test_too_much_memory_ends_the_cell_or_the_kernel(run: Callable[..., Run]) -> None:
    outcome = run("import numpy as np\nkeep = []\nwhile True: keep.append(np.ones(2**22))", memory=1024)
    assert outcome.status in ("crashed", "killed")
    if outcome.status == "killed":
        assert outcome.limit is not None and outcome.limit.name == "memory"
    else:
        assert outcome.error is not None and outcome.error.type == "MemoryError"


def test_a_notebooks_metadata_decides_nothing(run_warm: Callable[..., Run]) -> None:
    assert run_warm("import sys; assert 'ipykernel' in sys.modules").status == "completed"
