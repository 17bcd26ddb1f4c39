"""The solution's kernel: it answers on new inputs as often as it is asked, and closing it ends, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader.grading.probe import draw_inputs
from grader.grading.reference import Reference
from grader.kernels import Kernel, KernelRequest, KernelSource
from grader.model import Exercise
from grader.model.errors import InternalError

pytestmark = pytest.mark.kernel
REQUEST = KernelRequest(device="cpu")
SOON = 30.0  # seconds


class BreaksAtTheEnd:
    """A source whose kernels cannot be given back in peace, as when the fork server went away meanwhile."""

    notice = ""

    def __init__(self, source: KernelSource) -> None:
        self.sandboxed, self.recipe = source.sandboxed, source.recipe
        self._source = source

    @contextmanager
    def kernel(self, request: KernelRequest) -> Iterator[Kernel]:
        with self._source.kernel(request) as kernel:
            yield kernel
        raise OSError("the fork server is closed")

    def close(self) -> None:
        """The source is its owner's."""


def ends(reference: Reference) -> bool:
    closing = threading.Thread(target=reference.close, daemon=True)
    closing.start()
    closing.join(SOON)
    return not closing.is_alive()


def test_it_answers_each_draw_with_its_own_values(warm: KernelSource, line: Exercise) -> None:
    reference = Reference(line, warm, REQUEST)
    try:
        answers = [reference.ask(draw_inputs(line, seed)).result(SOON) for seed in (1, 2, 1)]
    finally:
        assert ends(reference)
    losses = [
        [float(np.asarray(probe.result["loss"])) for probe in evidence.probes] for evidence in answers if evidence
    ]
    assert losses[0] == losses[2] != losses[1]


def test_closing_ends_although_the_kernel_cannot_be_given_back(warm: KernelSource, line: Exercise) -> None:
    reference = Reference(line, BreaksAtTheEnd(warm), REQUEST)
    reference.ask(draw_inputs(line, 1)).result(SOON)
    assert ends(reference)


def test_who_asks_is_told_that_the_solution_does_not_run(warm: KernelSource, line: Exercise, tmp_path: Path) -> None:
    assert line.solution is not None
    broken = tmp_path / "solution.ipynb"
    broken.write_text(line.solution.read_text("utf-8").replace("import tensorflow as tf", "import tenserflow as tf"))
    reference = Reference(replace(line, solution=broken), warm, REQUEST)
    for _ in range(2):
        with pytest.raises(InternalError, match="The solution of 01_line does not run"):
            reference.ask(draw_inputs(line, 1)).result(SOON)
    assert ends(reference)
