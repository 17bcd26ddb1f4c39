"""Which kernel source this machine can have. Safety never degrades silently; only speed does.

| bubblewrap | a fork isolates itself | warm becomes                          |
|------------|------------------------|---------------------------------------|
| works      | yes                    | warm, behind walls                    |
| works      | no                     | a sandbox of its own, cold: same walls|
| missing    |                        | warm, in the open: only if allowed    |
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from grader.kernels import KernelSource, Walls, sandbox
from grader.model.errors import GraderError

STEP = "`python -m grader env` says what this machine lacks; `--sandbox off` runs notebooks without walls."
OPEN = "No sandbox here: the notebook runs with your rights ({why}; see `python -m grader env`)."
SLOW = "Forked kernels can't be isolated here, so each notebook gets a sandbox of its own, some seconds slower."
COLD = "Kernels can't be forked on this system, so each notebook waits for TensorFlow to be imported."


def warm(walls: Walls, hidden: Sequence[Path] = (), visible: Sequence[Path] = ()) -> KernelSource:
    """Forked kernels if this system has them."""
    if sys.platform != "linux":
        return _cold_in_the_open(walls, "bubblewrap needs Linux", COLD)
    from grader.kernels.warm import Recipe, WarmSource

    if walls == "off":
        return WarmSource(Recipe.of(walls=False))
    if sandbox.bubblewrap() is None:
        _insist(walls, "bubblewrap is not installed")
        return WarmSource(Recipe.of(walls=False), notice=OPEN.format(why="bubblewrap is not installed"))
    source = WarmSource(Recipe.of(True, hidden, visible))
    problem = source.server.isolation_problem()
    if problem is None:
        return source
    said = source.server.log()
    source.close()
    if problem:
        return _own_sandbox(hidden, visible, SLOW)
    _insist(walls, f"bubblewrap does not work: {said or 'it gave no reason'}")
    return WarmSource(Recipe.of(walls=False), notice=OPEN.format(why="bubblewrap does not work"))


def cold(walls: Walls, hidden: Sequence[Path] = (), visible: Sequence[Path] = ()) -> KernelSource:
    """A fresh interpreter for each notebook, in a sandbox of its own if there can be one."""
    if walls == "off":
        return _cold_in_the_open("off", "", "")
    if sys.platform != "linux" or sandbox.bubblewrap() is None:
        return _cold_in_the_open(walls, "bubblewrap is not installed", "")
    from grader.kernels.capabilities import bubblewrap_problem

    problem = bubblewrap_problem()
    if problem:
        return _cold_in_the_open(walls, f"bubblewrap does not work: {problem}", "")
    return _own_sandbox(hidden, visible, "")


def _own_sandbox(hidden: Sequence[Path], visible: Sequence[Path], notice: str) -> KernelSource:
    from grader.kernels.walled import WalledSource

    return WalledSource(hidden, visible, notice)


def _cold_in_the_open(walls: Walls, why: str, notice: str) -> KernelSource:
    from grader.kernels.cold import ColdSource

    if walls == "off":
        return ColdSource(notice)
    _insist(walls, why)
    return ColdSource(f"{OPEN.format(why=why)} {notice}".strip())


def _insist(walls: Walls, why: str) -> None:
    if walls == "bwrap":
        raise GraderError(f"The sandbox is not available: {why}.", STEP)
