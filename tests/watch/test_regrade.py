"""Texts in, verdicts out: with real warm kernels, without a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from grader.course.notebook import Notebook, parse
from grader.kernels import Kernel, KernelRequest, KernelSource
from grader.model import Exercise, Status, Verdict
from grader.model.errors import UngradableError
from grader.watch.regrade import QUIET, Graded, Regrader

from .conftest import Desk

pytestmark = pytest.mark.kernel
SOON, NEVER = 30.0, 1.5  # seconds to wait for what must come, and for what must not
ENDLESS = "import time\ntime.sleep(600)"


class Remembering:
    """The kernels of a real source, for a test to end them."""

    sandboxed, notice, recipe = True, "", None

    def __init__(self, source: KernelSource) -> None:
        self._source = source
        self.kernels: list[Kernel] = []

    @contextmanager
    def kernel(self, request: KernelRequest) -> Iterator[Kernel]:
        with self._source.kernel(request) as kernel:
            self.kernels.append(kernel)
            yield kernel

    def close(self) -> None:
        """The source is its owner's."""


@dataclass(frozen=True)
class Bench:
    """A regrader, the queues of what it says and tells, and the kernels that it was given."""

    regrader: Regrader
    said: SimpleQueue[str]
    told: SimpleQueue[Graded]
    kernels: list[Kernel]


@pytest.fixture
def bench(warm: KernelSource, line: Exercise) -> Iterator[Bench]:
    source = Remembering(warm)
    said: SimpleQueue[str] = SimpleQueue()
    told: SimpleQueue[Graded] = SimpleQueue()
    with closing(Regrader(line, source, "cpu", said.put, told.put)) as regrader:
        yield Bench(regrader, said, told, source.kernels)


def text(desk: Desk, **changes: Any) -> Notebook:
    return parse(desk.text(**changes).encode())


def verdicts(bench: Bench) -> list[Graded]:
    """The next text's verdict and, where it failed, the same explained."""
    first = bench.told.get(timeout=SOON)
    return [first] if first.explained else [first, bench.told.get(timeout=SOON)]


def verdict(graded: Graded) -> Verdict:
    assert isinstance(graded.outcome, Verdict)
    return graded.outcome


def silent(queue: SimpleQueue[Graded]) -> bool:
    try:
        return not queue.get(timeout=NEVER)
    except Empty:
        return True


def test_each_text_gets_its_verdict(bench: Bench, desk: Desk) -> None:
    for solved, status in ((False, Status.FAILED), (True, Status.PASSED), (False, Status.FAILED)):
        bench.regrader.submit(text(desk, solved=solved))
        assert {verdict(graded).status for graded in verdicts(bench)} == {status}


def test_a_failed_text_is_told_at_once_and_then_explained(bench: Bench, desk: Desk) -> None:
    bench.regrader.submit(text(desk))
    first, second = verdicts(bench)
    assert (first.fresh, first.explained, verdict(first).findings) == (True, False, ())
    assert (second.fresh, second.explained) == (False, True)
    assert [(finding.code, finding.cell, finding.line) for finding in verdict(second).findings] == [("GRAD002", 2, 3)]


def test_a_text_that_comes_while_another_is_explained_takes_its_place(bench: Bench, desk: Desk) -> None:
    bench.regrader.submit(
        text(desk, cell_3="import time\nfor _ in range(20): loss_and_gradients(x, y); time.sleep(0.1)")
    )
    assert not bench.told.get(timeout=SOON).explained
    while bench.said.get(timeout=SOON) != "tracing the gradients":
        pass
    bench.regrader.submit(text(desk, solved=True))
    (graded,) = verdicts(bench)
    assert graded.fresh and verdict(graded).status == Status.PASSED


@pytest.mark.timing
def test_a_text_that_comes_while_another_is_graded_takes_its_place(bench: Bench, desk: Desk) -> None:
    bench.regrader.submit(text(desk, cell_3=ENDLESS))
    while bench.said.get(timeout=SOON) != "running cell 3 of 3":
        pass
    begun = time.monotonic()
    bench.regrader.submit(text(desk, solved=True))
    graded = bench.told.get(timeout=SOON)
    assert verdict(graded).status == Status.PASSED
    assert time.monotonic() - begun < 10
    assert silent(bench.told)


def test_a_burst_of_texts_gives_one_verdict_on_the_last(bench: Bench, desk: Desk) -> None:
    for number in range(5):
        bench.regrader.submit(text(desk, cell_3=f"raise ValueError({number})"))
        time.sleep(QUIET / 3)
    graded = bench.told.get(timeout=SOON)
    assert graded.notebook is not None and graded.notebook.cells[2] == "raise ValueError(4)"
    assert "ValueError" in graded.outcome.message
    assert bench.told.get(timeout=SOON).notebook is graded.notebook
    assert silent(bench.told)


@pytest.mark.timing
def test_no_verdict_is_told_before_the_file_has_been_quiet(bench: Bench, desk: Desk) -> None:
    bench.regrader.submit(text(desk, cell_1="raise ValueError", solved=True))
    verdicts(bench)
    time.sleep(1)  # the next kernel is ready
    begun = time.monotonic()
    bench.regrader.submit(text(desk, cell_1="raise KeyError", solved=True))
    bench.told.get(timeout=SOON)
    assert time.monotonic() - begun >= QUIET


@pytest.mark.timing
def test_a_kernel_that_died_while_it_waited_costs_nobody_a_verdict(bench: Bench, desk: Desk) -> None:
    bench.regrader.submit(text(desk, solved=True))
    verdicts(bench)
    deadline = time.monotonic() + SOON
    while len(bench.kernels) < 3 and time.monotonic() < deadline:  # the solution's, the first text's, the next one's
        time.sleep(0.05)
    time.sleep(1)
    for kernel in bench.kernels:
        kernel.kill()
    time.sleep(0.5)
    bench.regrader.submit(text(desk, solved=True, cell_3="3"))
    (graded,) = verdicts(bench)
    assert verdict(graded).status == Status.PASSED


def test_a_notebook_of_another_exercise_is_refused_and_the_next_text_graded(bench: Bench, desk: Desk) -> None:
    stranger = parse(desk.text().replace("01_line", "02_other").encode())
    bench.regrader.submit(stranger)
    assert isinstance(bench.told.get(timeout=SOON).outcome, UngradableError)
    bench.regrader.submit(text(desk))
    assert verdict(bench.told.get(timeout=SOON)).status == Status.FAILED


@pytest.mark.timing
def test_closing_ends_whatever_runs(bench: Bench, desk: Desk) -> None:
    bench.regrader.submit(text(desk, cell_3=ENDLESS))
    while bench.said.get(timeout=SOON) != "running cell 3 of 3":
        pass
    begun = time.monotonic()
    assert bench.regrader.close(patience=SOON)
    assert time.monotonic() - begun < 5
    assert silent(bench.told)
