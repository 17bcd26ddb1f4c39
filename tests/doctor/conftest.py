"""One workbench, with TensorFlow imported once, for all tests of the doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from grader.model import Finding

from .workbench import Workbench

Examine = Callable[..., tuple[Finding, ...]]


@pytest.fixture(scope="session")
def bench() -> Iterator[Workbench]:
    with Workbench() as bench:
        yield bench


@pytest.fixture(scope="session")
def examine(bench: Workbench) -> Examine:
    """A program's findings, after all the runs that the doctor asks for."""
    return bench.examine
