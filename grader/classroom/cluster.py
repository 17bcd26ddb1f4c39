"""The engine of more than one machine: sends notebooks and exercises to a Dask cluster as bytes and collects verdicts.

No file system is shared: a worker unpacks an exercise into its own private folder the first time that it meets it, and
keeps its kernels warm as a local one does. Dask hands a lost worker's notebooks to the others. What it can't know is
when to stop: so each beginning is counted on the scheduler, and a notebook that has cost two workers gets no third.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import logging
import os
import pkgutil
import sysconfig
import uuid
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from grader.classroom.loop import Grade, HopelessError
from grader.classroom.pipeline import Pipeline, exercise_files, exercise_hash
from grader.classroom.workers import GRADING_SECONDS, grade_in_time
from grader.course.files import make_zip
from grader.model import Exercise, Verdict
from grader.model.errors import GraderError

NAME = "gradient-clinic"
ANSWER_SECONDS = 15.0  # for the scheduler to answer
WORKER_SECONDS = 60.0  # for the first worker to come
DEATHS = 2  # of workers, that one notebook may cost

Versions = Mapping[str, str]
Client = Any  # Dask's own classes are typed in part only
Worker = Any
# Functions of the standard library, which a machine without the grader has too; none of them imports TensorFlow.
ASKED: Mapping[str, tuple[Callable[..., Any], str]] = {
    "grader": (pkgutil.resolve_name, "grader:__version__"),
    "tensorflow": (metadata.version, "tensorflow"),
    "python": (sysconfig.get_config_var, "py_version_short"),
}
OF_A_SCHEDULER = ("grader", "python")


@dataclass(frozen=True, slots=True)
class Parcel:
    """An exercise on its way to a worker."""

    course: str  # changes when anything in the course does: other courses are unpacked beside it, and never mixed
    exercise: str
    archive: bytes


def pack(exercises: Iterable[Exercise]) -> dict[str, Parcel]:
    """A parcel for each exercise, by its id."""
    listed = list(exercises)
    hashes = "\n".join(f"{exercise.id} {exercise_hash(exercise)}" for exercise in listed)
    course = hashlib.sha256(hashes.encode()).hexdigest()
    return {exercise.id: Parcel(course, exercise.id, _archive(exercise)) for exercise in listed}


def _archive(exercise: Exercise) -> bytes:
    return make_zip({place: file.read_bytes() for place, file in exercise_files(exercise).items()})


def unpack(parcel: Parcel, folder: Path) -> Path:
    """The folder of exercises below `folder` in which the parcel's now is."""
    course = folder / parcel.course
    done = course / f".{parcel.exercise}"
    if not done.exists():
        course.mkdir(mode=0o700, exist_ok=True)
        with zipfile.ZipFile(io.BytesIO(parcel.archive)) as archive:
            archive.extractall(course)
        done.touch()
    return course / "exercises"


class Cluster:
    """Every worker that the scheduler at an address has, now or later."""

    def __init__(self, address: str, exercises: Iterable[Exercise], jobs: int | None = None) -> None:
        self._address, self._most = address, jobs
        self._parcels = pack(exercises)
        self._batch = uuid.uuid4().hex
        self._versions = here()
        self._running: set[Any] = set()  # Dask forgets a task whose future nobody holds
        self._grade: Grade | None = None
        self._workers = 1
        self._client = _connect(address)
        try:
            _require_workers(self._client, address)
            _require_same(self._client, address, self._versions)
        except BaseException:
            self._client.close()
            raise

    @property
    def jobs(self) -> int:
        with suppress(OSError, ValueError):  # while the scheduler is out of reach it is what it was
            self._workers = max(1, len(self._client.nthreads()))
        return min(self._workers, self._most or self._workers)

    def submit(self, grade: Grade, exercise: str, notebook: bytes, /) -> Future[Verdict]:
        if self._client.status in ("closing", "closed"):
            raise self._gone()
        self._grade = grade
        local: Future[Verdict] = Future()
        ticket = (self._batch, uuid.uuid4().hex)
        parcel = self._parcels[exercise]
        key = f"{exercise}-{ticket[1]}"  # what Dask's own pages show: no name of a student
        remote = self._client.submit(grade_there, grade, parcel, notebook, self._versions, ticket, key=key, pure=False)
        self._running.add(remote)
        remote.add_done_callback(partial(self._hand_over, local))
        return local

    def stop(self, *, now: bool) -> None:
        with suppress(Exception):  # the cluster may be what went wrong
            if now:
                self._client.cancel(list(self._running), force=True)
                if self._grade is not None:
                    course = next(iter(self._parcels.values())).course
                    self._client.run(_cancel_there, self._grade, course, on_error="ignore")
            self._client.set_metadata([NAME, self._batch], None)
        self._client.close()

    def _hand_over(self, local: Future[Verdict], remote: Any) -> None:
        try:
            local.set_result(remote.result())  # where the worker that held it has died since, another grades first
        except BaseException as error:
            local.set_exception(self._gone() if remote.cancelled() else error)
        finally:
            self._running.discard(remote)

    def _gone(self) -> GraderError:
        return GraderError(
            f"The cluster at {self._address} does not answer any more.",
            "What was graded is in the gradebook. When the cluster is back, run the same command again to go on.",
        )


# --- in a worker ---------------------------------------------------------------------------------------------------


def grade_there(
    grade: Pipeline, parcel: Parcel, notebook: bytes, versions: Versions, ticket: tuple[str, str]
) -> Verdict:
    """Grade in this worker's process, unless that has cost too many workers already."""
    worker = _dask().get_worker()
    if wrong := differences(versions, here(), worker.address):  # it came after the batch began
        raise _refusal(wrong)
    _count_beginning(ticket)
    course = unpack(parcel, Path(worker.local_directory))
    return grade_in_time(GRADING_SECONDS, replace(grade, course=course), parcel.exercise, notebook)


def _count_beginning(ticket: tuple[str, str]) -> None:
    client = _dask().get_client()
    begun = client.get_metadata([NAME, *ticket], default=0)
    if begun >= DEATHS:
        raise HopelessError(
            f"The grader itself failed (each of the {DEATHS} workers that graded this notebook died).",
            "This costs no attempt. Look at the workers' logs, and run the same batch command again.",
        )
    client.set_metadata([NAME, *ticket], begun + 1)


def _cancel_there(grade: Pipeline, course: str, dask_worker: Worker) -> None:
    replace(grade, course=Path(dask_worker.local_directory) / course / "exercises").cancel()


# --- before anything is graded ---------------------------------------------------------------------------------------


def here() -> Versions:
    """The versions of what decides over a verdict."""
    return {name: str(ask(argument)) for name, (ask, argument) in ASKED.items()}


def _dask() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise GraderError(
            "--cluster needs Dask, which is not installed.", "Install it with `pip install 'gradient-clinic[cluster]'`."
        ) from None


def _connect(address: str) -> Client:
    connect = _dask().Client
    for name in ("distributed", "tornado.application"):  # what they log is for those who run the cluster
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return connect(address, name=NAME, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError):
        raise GraderError(
            f"No Dask scheduler answers at {address}.",
            "Start one with `dask scheduler`, and give the address that it prints: tcp://HOST:8786.",
        ) from None


def _require_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except OSError:
        raise GraderError(
            f"The scheduler at {address} has no workers.", f"Start some with `dask worker {address} --nthreads 1`."
        ) from None
    pids = client.run(os.getpid)
    processes = {(urlsplit(worker).hostname, pid) for worker, pid in pids.items()}
    threads = client.nthreads()  # may know more workers by now
    many = next((worker for worker, number in threads.items() if number != 1), None)
    if many or len(processes) < len(pids):
        what = f"worker {many} has {threads[many]} threads" if many else "some workers share a process"
        raise GraderError(
            f"Each worker must be a process with one thread, but {what}.",
            "Start workers with `--nthreads 1`; `--nworkers N` for N of them on a machine. Nothing was graded.",
        )


def _require_same(client: Client, address: str, versions: Versions) -> None:
    found: dict[str, dict[str, str]] = {}
    for name, (ask, argument) in ASKED.items():
        for worker, version in client.run(ask, argument, on_error="return").items():
            found.setdefault(f"worker {worker}", {})[name] = _version(version)
    wrong = [text for worker, theirs in found.items() for text in differences(versions, theirs, worker)]
    scheduler: dict[str, str] = {}
    for name in OF_A_SCHEDULER:
        try:
            scheduler[name] = _version(client.run_on_scheduler(*ASKED[name]))
        except Exception as error:
            scheduler[name] = _version(error)
    wrong += differences(versions, scheduler, f"scheduler {address}")
    if wrong:
        raise _refusal(wrong)


def _version(answer: object) -> str:
    return "missing" if isinstance(answer, Exception) else str(answer)


def differences(ours: Versions, theirs: Versions, who: str) -> list[str]:
    return [
        f"{who} has {name} {version}, not {ours[name]}" if version != "missing" else f"{who} has no {name}"
        for name, version in theirs.items()
        if version != ours[name]
    ]


def _refusal(wrong: Sequence[str]) -> GraderError:
    more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return GraderError(
        f"The cluster is not like this machine: {'; '.join(wrong[:3])}{more}.",
        "Install the same versions there and here, then run the same command again.",
    )
