"""The engine of one machine: notebooks are graded by worker processes beside the batch; cluster.py is the other one.

Worker processes are spawned, not forked: the batch has threads, and TensorFlow's are not safe to fork. They end with
their parent even if it was killed with -9, and a grading that hangs in our own code ends its worker.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor

from grader.classroom.loop import Grade
from grader.inside.measure import MB
from grader.model import Verdict
from grader.resident.borrowing import borrow_kernels

GRADING_SECONDS = 900.0  # for one notebook, far beyond any exercise's own limits: a backstop for our own mistakes
MEMORY_PER_JOB = 1_500  # MB: a worker, its warm TensorFlow and one ordinary notebook
HUNG = 70


def default_jobs() -> int:
    """What cores and free memory allow."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = int(psutil.virtual_memory().available / MB / MEMORY_PER_JOB)
    return max(1, min(cores, memory))


class LocalProcesses:
    """A pool of worker processes on this machine."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._others = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin_worker)

    def submit(self, grade: Grade, exercise: str, notebook: bytes, /) -> Future[Verdict]:
        return self._pool.submit(grade_in_time, GRADING_SECONDS, grade, exercise, notebook)

    def stop(self, *, now: bool) -> None:
        if now:
            for child in set(multiprocessing.active_children()) - self._others:
                child.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)


def _begin_worker() -> None:
    # Ctrl-C reaches every process of the terminal, but only the batch decides what it means. A handler, because an
    # ignored signal would stay ignored in the kernels, which are interrupted by it.
    signal.signal(signal.SIGINT, lambda *_: None)
    borrow_kernels()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), daemon=True).start()


def _end_with(joined: Callable[[], None]) -> None:
    joined()
    os._exit(0)


def grade_in_time(seconds: float, grade: Grade, exercise: str, notebook: bytes) -> Verdict:
    """Grade, and end this process when that takes longer than any notebook can."""
    alarm = threading.Timer(seconds, os._exit, (HUNG,))
    alarm.daemon = True
    alarm.start()
    try:
        return grade(exercise, notebook)
    finally:
        alarm.cancel()
