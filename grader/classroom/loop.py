"""Grades jobs with an engine: exactly one verdict for each, whatever a notebook or a worker does.

A worker that dies takes every job with it that was running beside the culprit, and nobody knows which one it was. So
all of them are suspects: each is tried again alone, where the innocent pass and the culprit gives itself away. What
fails on our side is tried once more, and then has a verdict with status `error`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from grader.model import Status, Verdict
from grader.model.errors import GraderError, InternalError, UngradableError

Grade = Callable[[str, bytes], Verdict]  # exercise id, the notebook's bytes
TRIES = 2
TICK = 0.2  # seconds between two looks of the watcher


class HopelessError(InternalError):
    """An internal error at a notebook that the engine has already retried by itself."""


class Engine(Protocol):
    """Like a concurrent.futures.Executor, and as wide as `jobs`."""

    @property
    def jobs(self) -> int: ...

    def submit(self, grade: Grade, exercise: str, notebook: bytes, /) -> Future[Verdict]: ...

    def stop(self, *, now: bool) -> None:
        """Give everything back; `now` does not wait for what is running."""


class Watcher(Protocol):
    """Is told what happens; see watching.py."""

    def finished(self, status: str) -> None: ...

    def look(self, running: Iterable[tuple[str, float]]) -> None:
        """What is running, and for how many seconds."""


@dataclass(frozen=True, slots=True)
class Job:
    key: str
    exercise: str
    notebook: Path
    label: str  # for people: "ada, 02_detached_tensors"


@dataclass(eq=False, slots=True)
class _Task:
    job: Job
    tries: int = 0
    since: float = field(default_factory=time.monotonic)


def grade_all(
    jobs: Iterable[Job],
    grade: Grade,
    open_engine: Callable[[], Engine],
    done: Callable[[Job, Verdict], None],
    watcher: Watcher,
) -> None:
    """Call `done` once for each job, as they finish. Ctrl-C ends everything at once, and is raised."""
    loop = _Loop(deque(_Task(job) for job in jobs), grade, open_engine, done, watcher)
    if loop.waiting:
        loop.run()


class _Loop:
    def __init__(
        self,
        waiting: deque[_Task],
        grade: Grade,
        open_engine: Callable[[], Engine],
        done: Callable[[Job, Verdict], None],
        watcher: Watcher,
    ) -> None:
        self.waiting = waiting
        self.suspects: deque[_Task] = deque()
        self.running: dict[Future[Verdict], _Task] = {}
        self.grade, self.open_engine, self.done, self.watcher = grade, open_engine, done, watcher

    def run(self) -> None:
        self.engine = self.open_engine()
        try:
            while self.waiting or self.suspects or self.running:
                self.fill()
                finished, _ = wait(self.running, timeout=TICK, return_when=FIRST_COMPLETED)
                broken = [task for future in finished for task in self.settle(future)]
                if broken:
                    self.replace_engine(broken)
                now = time.monotonic()
                # what waits in the engine's own queue is not running yet
                oldest = list(self.running.values())[: self.engine.jobs]
                self.watcher.look((task.job.label, now - task.since) for task in oldest)
        except BaseException:
            self.engine.stop(now=True)
            raise
        self.engine.stop(now=False)

    def fill(self) -> None:
        """One more than there are workers, so that none waits for us; but a suspect runs alone."""
        if self.suspects:
            if not self.running:
                self.start(self.suspects.popleft())
            return
        while self.waiting and len(self.running) <= self.engine.jobs:
            self.start(self.waiting.popleft())

    def start(self, task: _Task) -> None:
        task.since = time.monotonic()
        notebook = task.job.notebook.read_bytes()
        try:
            future = self.engine.submit(self.grade, task.job.exercise, notebook)
        except BrokenExecutor as error:  # it broke since the last look; the next look finds out
            future = Future()
            future.set_exception(error)
        self.running[future] = task

    def settle(self, future: Future[Verdict]) -> list[_Task]:
        """Note what became of a task; returns the tasks that are now suspects."""
        task = self.running.pop(future)
        try:
            verdict = future.result()
        except BrokenExecutor:
            return [task]
        except UngradableError as error:
            verdict = _without_grading(task.job, Status.UNGRADABLE, error)
        except GraderError as error:
            if error.exit_code == 2:  # the course or this machine is not as it was asked for: nobody can be graded
                raise
            verdict = _without_grading(task.job, Status.ERROR, error)
            task.tries = TRIES if isinstance(error, HopelessError) else task.tries
        except Exception as error:
            verdict = _without_grading(task.job, Status.ERROR, _ours(f"{type(error).__name__}: {error}"))
        task.tries += 1
        if verdict.status == Status.ERROR and task.tries < TRIES:
            self.waiting.append(task)
        else:
            self.finish(task, verdict)
        return []

    def replace_engine(self, broken: list[_Task]) -> None:
        broken += self.running.values()
        self.running.clear()
        self.engine.stop(now=True)
        self.engine = self.open_engine()
        for task in broken:
            task.tries += 1
            if task.tries < TRIES or len(broken) > 1:
                self.suspects.append(task)
            else:
                self.finish(task, _without_grading(task.job, Status.ERROR, _ours("the process that graded it died")))

    def finish(self, task: _Task, verdict: Verdict) -> None:
        self.done(task.job, verdict)
        self.watcher.finished(str(verdict.status))


def not_graded(exercise: str, status: Status, message: str, next_step: str, sha256: str = "") -> Verdict:
    """The verdict on what never reached a kernel."""
    return Verdict(exercise, exercise, sha256, status, message, next_step, 0.0, 0.0)


def _without_grading(job: Job, status: Status, error: GraderError) -> Verdict:
    return not_graded(job.exercise, status, error.message, error.next_step, job.notebook.stem)


def _ours(problem: str) -> GraderError:
    return GraderError(
        f"The grader itself failed ({problem}).",
        "This costs no attempt. Run the same batch command again; if it fails again, please report it.",
    )
