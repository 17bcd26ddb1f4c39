"""The kernel sources that this machine can have, opened once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from grader.kernels import KernelSource, open_source
from grader.kernels.capabilities import bubblewrap_problem

from ..conftest import missing


def need_walls() -> None:
    if sys.platform != "linux" or bubblewrap_problem() is not None:
        missing("needs bubblewrap and user namespaces")


@pytest.fixture(scope="session")
def cold() -> Iterator[KernelSource]:
    with closing(open_source("cold", "off")) as source:
        yield source


@pytest.fixture(scope="session")
def open_warm() -> Iterator[KernelSource]:
    """Forked kernels without walls."""
    if sys.platform != "linux":
        missing("kernels are forked on Linux only")
    with closing(open_source("warm", "off")) as source:
        yield source


@pytest.fixture(scope="session")
def warm() -> Iterator[KernelSource]:
    """Forked kernels behind walls."""
    need_walls()
    with closing(open_source("warm", "bwrap")) as source:
        yield source


@pytest.fixture(scope="session")
def walled() -> Iterator[KernelSource]:
    """Cold kernels, each in a sandbox of its own."""
    need_walls()
    with closing(open_source("cold", "bwrap")) as source:
        yield source
