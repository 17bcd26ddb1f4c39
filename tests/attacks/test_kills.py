"""Whatever process of ours is killed, and whenever: the verdict is the right one or our fault, never the learner's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import cycle

import psutil
import pytest

from grader.course.notebook import Notebook, read
from grader.grading.grader import Grader
from grader.kernels import KernelSource, open_source
from grader.model import Exercise, Status, Verdict
from grader.model.errors import InternalError

from ..conftest import solution, wait_until
from ..kernels.conftest import need_walls

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]
MOMENTS = (0.0, 0.1, 0.2, 0.4, 0.7)  # seconds after the process is there; a grading takes half a second
Find = Callable[[], list[psutil.Process]]


@pytest.fixture(scope="module")
def own_source() -> Iterator[KernelSource]:
    """A source that nobody else uses: its processes are those of this test."""
    need_walls()
    before = ours()
    with closing(open_source("warm")) as source:
        yield source
    wait_until(lambda: not ours() - before)


def ours() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def named(*words: str) -> list[psutil.Process]:
    """Our descendants whose command line holds these words, the oldest first."""
    matching = []
    for process in ours():
        with suppress(psutil.Error):
            if all(word in " ".join(process.cmdline()) for word in words):
                matching.append(process)
    return sorted(matching, key=psutil.Process.create_time)


def supervisors() -> list[psutil.Process]:
    """The first processes of the notebooks' namespaces: those whose parent's parent is the fork server."""
    forked = [process for process in named("grader.inside", "zygote")[1:] if process.name() != "bwrap"]
    zygotes = {process.pid for process in forked[:1]}
    below = [process for process in forked if process.ppid() not in zygotes and process.pid not in zygotes]
    pids = {process.pid for process in below}
    return [process for process in below if process.ppid() not in pids]


KINDS: dict[str, Find] = {
    "fork server": lambda: named("bwrap", "zygote")[:1],
    "supervisor of the notebook": lambda: supervisors()[:1],
    "supervisor of the newest kernel": lambda: supervisors()[-1:],
    "judge": lambda: named("grader.spec.child")[-1:],
    "janitor": lambda: named("/bin/sh", "rm -rf")[-1:],
}


def graded_while(kill: Find, moment: float, grader: Grader, exercise: Exercise, notebook: Notebook) -> Verdict | None:
    """The verdict of a grading during which a process is killed; None where we say that we failed."""
    over = threading.Event()

    def strike() -> None:
        end = time.monotonic() + 5
        victims: list[psutil.Process] = []
        while not victims and time.monotonic() < end and not over.wait(0.01):
            with suppress(psutil.NoSuchProcess):  # one that has just ended
                victims = kill()
        if not over.wait(moment):
            for victim in victims:
                with suppress(psutil.Error):
                    victim.kill()

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        return grader.grade(exercise, notebook)
    except InternalError:
        return None
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_process_of_ours_is_never_charged_to_the_learner(
    own_source: KernelSource, line: Exercise, kind: str
) -> None:
    right, wrong = solution(line), read(line.original)
    for moment, notebook, status in zip(MOMENTS, cycle((right, wrong)), cycle((Status.PASSED, Status.FAILED))):
        with Grader(own_source, device="cpu") as grader:
            verdict = graded_while(KINDS[kind], moment, grader, line, notebook)
            assert verdict is None or verdict.status == status, (kind, moment, verdict.message)
    with Grader(own_source, device="cpu") as grader:  # and it goes on as if nothing had been
        assert grader.judge(line, right).status == Status.PASSED
