"""The pipeline end to end on the fixture course. Where it matters which kernel a notebook runs in, with cold and with
warm ones: the same checks, the same points."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.notebook import Notebook, read
from grader.grading.grader import Grader
from grader.kernels import Kernel, KernelRequest, KernelSource
from grader.model import Exercise, Status, Verdict
from grader.model.errors import InternalError, UngradableError
from grader.spec.evidence import freeze, thaw

from ..conftest import SEED, solution

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def pipeline(source: KernelSource) -> Iterator[Grader]:
    with Grader(source, device="cpu", seed=SEED) as grader:
        yield grader


def variant(exercise: Exercise, **cells: str) -> Notebook:
    """The solution with some cells replaced: cell_2="..."."""
    right = solution(exercise)
    sources = list(right.cells)
    for name, source in cells.items():
        sources[int(name.removeprefix("cell_")) - 1] = source
    return replace(right, cells=tuple(sources))


def statuses(verdict: Verdict) -> list[str]:
    return [check.status for check in verdict.checks]


def test_the_solution_gets_full_points(pipeline: Grader, line: Exercise) -> None:
    verdict = pipeline.judge(line, solution(line))
    assert (verdict.status, verdict.score, verdict.max_score) == (Status.PASSED, 10, 10)
    assert verdict.losses[-1] < 0.01 * verdict.losses[0]
    assert verdict.losses == verdict.reference_losses
    assert verdict.environment.tensorflow.startswith("2.")
    assert verdict.environment.device == "cpu"


def test_the_shipped_notebook_fails_and_the_check_names_the_variable(pipeline: Grader, line: Exercise) -> None:
    verdict = pipeline.judge(line, read(line.original))
    assert (verdict.status, verdict.score) == (Status.FAILED, 1)
    assert statuses(verdict) == ["passed", "failed", "skipped"]
    failed = verdict.checks[1]
    assert failed.message == "intercept received None: no path leads there."
    assert [(row.name, row.verdict) for row in failed.comparisons] == [("slope", "present"), ("intercept", "none")]
    assert verdict.checks[2].message == "needs “slope and intercept receive a gradient”"
    (call,) = verdict.training
    assert (call.cell, call.line, call.sources[1].nones) == (2, 5, 20)


def test_gradients_recorded_from_one_run_fail_on_hidden_data(grader: Grader, line: Exercise) -> None:
    fake = "def loss_and_gradients(x, y):\n    return tf.constant(1.0), [tf.constant(-1.5), tf.constant(-2.0)]"
    verdict = grader.judge(line, variant(line, cell_2=fake))
    assert statuses(verdict) == ["passed", "passed", "failed"]
    assert [row.verdict for row in verdict.checks[2].comparisons] == ["wrong", "wrong"]


def test_a_missing_function_is_named(grader: Grader, line: Exercise) -> None:
    verdict = grader.judge(line, variant(line, cell_2="pass", cell_3="pass"))
    assert statuses(verdict) == ["failed", "skipped", "skipped"]
    assert verdict.checks[0].message == "The notebook defines no `loss_and_gradients`."


def test_code_that_raises_only_for_the_grader_fails_its_checks_with_a_place(grader: Grader, line: Exercise) -> None:
    picky = variant(line, cell_2=solution(line).cells[1].replace("    with", "    assert len(x) == 16\n    with", 1))
    verdict = grader.judge(line, picky)
    assert statuses(verdict) == ["passed", "failed", "skipped"]
    assert verdict.checks[1].message == "Your code raised AssertionError in cell 2, line 2 when the grader called it."


def test_an_errors_text_cannot_carry_hidden_inputs_out(grader: Grader, line: Exercise) -> None:
    leak = "def loss_and_gradients(x, y):\n    raise type('x' + '_'.join(map(str, x)), (Exception,), {})(str(x))"
    verdict = grader.judge(line, variant(line, cell_2=leak, cell_3="pass"))
    assert verdict.checks[1].message == "Your code raised an exception in cell 2, line 2 when the grader called it."


@pytest.mark.parametrize(
    "answer", ["'text'", "None", "[1, 2]", "(None, 3)", "object()", "(1.0, ['a', 'b'])", "(1, (2, {}))"]
)
def test_answers_of_the_wrong_kind_fail_and_break_nothing(grader: Grader, line: Exercise, answer: str) -> None:
    odd = f"def loss_and_gradients(x, y):\n    return {answer}"
    verdict = grader.judge(line, variant(line, cell_2=odd, cell_3="pass"))
    assert verdict.status == Status.FAILED
    assert all(check.message for check in verdict.checks if check.status == "failed")


def test_a_function_that_never_returns_fails_its_checks(pipeline: Grader, line: Exercise) -> None:
    endless = variant(line, cell_2="def loss_and_gradients(x, y):\n    while True: pass", cell_3="pass")
    verdict = pipeline.judge(line, endless, replace(line.limits, probe=1.0))
    assert verdict.status == Status.FAILED
    assert "no answer in time" in verdict.checks[1].message


def test_a_notebook_that_stops_skips_every_check_with_the_reason(pipeline: Grader, line: Exercise) -> None:
    verdict = pipeline.judge(line, variant(line, cell_3="losses = []\nraise KeyError('w')"))
    assert (verdict.status, verdict.score) == (Status.CRASHED, 0)
    assert verdict.message == "The notebook stopped with KeyError in cell 3, line 2."
    assert {check.message for check in verdict.checks} == {"the notebook stopped in cell 3 with KeyError"}


def test_a_module_that_is_missing_here_is_not_the_students_mistake(pipeline: Grader, line: Exercise) -> None:
    verdict = pipeline.judge(line, variant(line, cell_3="losses = []\nimport pandaz.core"))
    assert verdict.message == (
        "The notebook stopped in cell 3, line 2: the module pandaz is missing where it is graded."
    )
    assert "not your mistake" in verdict.next_step


def test_a_notebook_of_another_exercise_is_refused(grader: Grader, line: Exercise) -> None:
    with pytest.raises(UngradableError, match="belongs to exercise 02_other, not to 01_line"):
        grader.judge(line, replace(solution(line), exercise="02_other"))


def test_hidden_inputs_are_fresh_without_a_seed(warm: KernelSource, line: Exercise) -> None:
    with Grader(warm, device="cpu") as grader:
        first, second = (grader.judge(line, read(line.original)).checks[1].comparisons[0].got for _ in range(2))
    assert first != second


def test_evidence_can_be_kept_and_judged_again(warm: KernelSource, line: Exercise) -> None:
    from grader.execution.session import open_session
    from grader.grading.probe import draw_inputs, probe
    from grader.kernels import KernelRequest
    from grader.spec.judge import Judge

    draws = draw_inputs(line, SEED)
    with open_session(warm, KernelRequest(line.limits, "cpu")) as session:
        evidence = probe(line, session, session.run(solution(line)), draws)
    with Judge() as judge:
        again = judge.checks(line, thaw(freeze(evidence)), evidence)
    assert [check.status for check in again] == ["passed"] * 3


def test_a_broken_spec_is_our_fault(warm: KernelSource, course: Path) -> None:
    from grader.course.catalogue import load

    folder = course / "exercises" / "01_line"
    (folder / ".spec" / "test_basics.py").write_text("import no_such_module")
    exercise = load(folder)
    with Grader(warm, device="cpu") as grader, pytest.raises(InternalError, match="no_such_module"):
        grader.judge(exercise, solution(exercise))


def test_a_broken_solution_is_our_fault(warm: KernelSource, course: Path) -> None:
    from grader.course.catalogue import load

    path = course / "solutions" / "01_line.ipynb"
    path.write_text(path.read_text().replace("import numpy as np", "import no_such_module"))
    exercise = load(course / "exercises" / "01_line")
    with (
        Grader(warm, device="cpu") as grader,
        pytest.raises(InternalError, match="The solution of 01_line does not run"),
    ):
        grader.judge(exercise, read(exercise.original))


class Counted:
    """A kernel source that counts the kernels it gives."""

    sandboxed, notice, recipe = True, "", None

    def __init__(self, source: KernelSource) -> None:
        self._source, self.kernels = source, 0

    def kernel(self, request: KernelRequest) -> AbstractContextManager[Kernel]:
        self.kernels += 1
        return self._source.kernel(request)

    def close(self) -> None:
        pass


def test_code_that_differs_in_comments_only_is_examined_once(warm: KernelSource, line: Exercise) -> None:
    source = Counted(warm)
    first = read(line.original)
    with Grader(source, device="cpu", seed=SEED) as grader:
        explained, kernels = [], []
        for cells in (first.cells, (*first.cells[:-1], first.cells[-1] + "\n# mine"), ("pass", *first.cells)):
            notebook = replace(first, cells=cells)
            before = source.kernels
            explained.append(grader.grade(line, notebook).findings)
            kernels.append(source.kernels - before)
    assert explained[0]
    assert explained[0] == explained[1]
    cell = explained[0][0].cell
    assert cell is not None and explained[2][0].cell == cell + 1
    assert kernels[1] == 1  # the notebook's own
    assert min(kernels[0], kernels[2]) > 1
