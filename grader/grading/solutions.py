"""The solutions' kernels, kept between commands: a helper of the resident grader.

A command sends what is to be known of a solution and the hidden inputs, and is answered with what the solution makes
of them. Both ends are processes of ours, so what they exchange is pickled.
"""

from __future__ import annotations

import pickle
import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from grader.grading.probe import Draws
from grader.grading.reference import Reference
from grader.kernels import KernelRequest
from grader.kernels.warm import Recipe, WarmSource
from grader.model import Evidence, Exercise
from grader.model.errors import LostError
from grader.resident import borrowing
from grader.resident.borrowing import LentProcess
from grader.resident.helper import connections
from grader.resident.protocol import framed, receive

MOST_KERNELS = 4  # each holds some 0.1 GB


@dataclass(frozen=True, slots=True)
class Wanted:
    """A solution in a kernel: which, and how the kernel is made. `stamps`: when its data were written."""

    exercise: Exercise
    recipe: Recipe
    request: KernelRequest
    stamps: tuple[int, ...]
    early: bool

    @property
    def key(self) -> str:
        """The same for whatever one kernel can answer."""
        return repr((self.exercise, self.recipe, self.request, self.stamps))


class LentReference:
    """A `Reference` whose kernel is the resident grader's. Once that one has gone, answers raise LostError."""

    def __init__(self, process: LentProcess, wanted: Wanted) -> None:
        self._process, self._connection = process, process.connect()
        _send(self._connection, (wanted, None))
        self._wanted = wanted

    @property
    def stale(self) -> bool:
        """Its keeper has gone; whatever else may make it so, that one sees to."""
        return not self._process.runs()

    def ask(self, draws: Draws) -> Future[Evidence | None]:
        answer: Future[Evidence | None] = Future()
        threading.Thread(target=self._ask, args=(draws, answer), name="asks for the solution", daemon=True).start()
        return answer

    def close(self) -> None:
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        self._process.end()

    def _ask(self, draws: Draws, answer: Future[Evidence | None]) -> None:
        try:
            _send(self._connection, (self._wanted, draws))
            evidence, error = _receive(self._connection)
        except (OSError, pickle.UnpicklingError):
            evidence, error = None, LostError("The process that keeps the solutions was ended.", "Grade again.")
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(evidence)


def lent(exercise: Exercise, recipe: Recipe | None, request: KernelRequest, early: bool) -> LentReference | None:
    """The solution of an exercise in a kernel that the resident grader keeps; None where it does not keep any."""
    process = borrowing.helper(__name__) if recipe is not None else None
    if process is None or recipe is None:
        return None
    stamps = tuple(path.stat().st_mtime_ns for path in exercise.data_files.values())
    with suppress(OSError):
        return LentReference(process, Wanted(exercise, recipe, request, stamps, early))
    return None


def serve_all(control: socket.socket) -> None:
    """Be the helper: see `grader.resident.lender`."""
    keeper = Keeper()
    for connection in connections(control):
        try:
            keeper.attend(connection)
        except (OSError, pickle.UnpicklingError):
            connection.close()  # whoever asked has gone


class Keeper:
    """The kernels of the solutions that were asked for last."""

    def __init__(self) -> None:
        self._sources: dict[Recipe, WarmSource] = {}
        self._references: dict[str, Reference] = {}  # the last used comes last
        self._broken: set[str] = set()

    def attend(self, connection: socket.socket) -> None:
        """One message: a solution that will be asked for, or that is asked now."""
        wanted, draws = _receive(connection)
        reference = self._find(wanted)
        if draws is not None:
            reference.ask(draws).add_done_callback(partial(self._answer, connection, wanted.key))

    def _find(self, wanted: Wanted) -> Reference:
        reference = self._references.pop(wanted.key, None)
        if reference is not None and (reference.stale or wanted.key in self._broken):
            _drop(reference)
            reference = None
        if reference is None:
            if wanted.recipe not in self._sources:
                self._sources[wanted.recipe] = WarmSource(wanted.recipe)
            source = self._sources[wanted.recipe]
            reference = Reference(wanted.exercise, source, wanted.request, wanted.early)
            self._broken.discard(wanted.key)
        self._references[wanted.key] = reference
        while len(self._references) > MOST_KERNELS:
            _drop(self._references.pop(next(iter(self._references))))
        return reference

    def _answer(self, connection: socket.socket, key: str, answer: Future[Evidence | None]) -> None:
        """From the reference's thread."""
        if answer.cancelled():
            error: BaseException | None = LostError("The solution's kernel was ended.", "Grade again.")
        else:
            error = answer.exception()
        if error is not None:
            self._broken.add(key)
        with suppress(OSError):  # whoever asked has gone
            _send(connection, (None if error else answer.result(), error))


def _drop(reference: Reference) -> None:
    """Nobody has to wait for its end."""
    threading.Thread(target=reference.close, name="ends a solution", daemon=True).start()


def _send(connection: socket.socket, message: Any) -> None:
    connection.sendall(framed(pickle.dumps(message)))


def _receive(connection: socket.socket) -> Any:
    return pickle.loads(receive(connection))
