"""A batch on a Dask cluster: the same gradebook as on one machine, though workers die, differ or go away.

Every cluster here is a real scheduler with real worker processes on 127.0.0.1.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from grader.classroom import cluster
from grader.classroom.batch import alone_in, grade_rows, read_submissions, take_submissions, to_grade
from grader.classroom.cluster import Cluster, pack, unpack
from grader.classroom.gradebook import Gradebook, Row
from grader.classroom.pipeline import exercise_hash
from grader.course.catalogue import load
from grader.model import Exercise
from grader.model.errors import GraderError

from ..conftest import wait_until
from .graders import Script
from .making import EXERCISES, course, folder, made_class, with_cell
from .outcomes import Watched, statuses

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ends processes by their group")
dask = pytest.importorskip("distributed", reason="needs Dask: pip install 'gradient-clinic[cluster]'")
config = pytest.importorskip("dask.config")

ROOT = Path(__file__).parents[2]
LINE = ROOT / "tests/small_course/exercises/01_line"
# What the scheduler and the workers unpickle of these tests lies in ROOT; a lost connection is to be noticed soon.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s"}


def commands(port: int) -> list[list[str]]:
    """The three commands of docs/classroom.md, for another port and this Python."""
    text = (ROOT / "docs/classroom.md").read_text("utf-8").replace("8786", str(port))
    block = re.search(r"```\n(dask scheduler --host.*?)```", text, re.DOTALL)
    assert block
    lines = [shlex.split(line) for line in block[1].splitlines()]
    assert [line[0] for line in lines] == ["dask", "dask", "python"]
    return [[str(Path(sys.executable).with_name(line[0])), *line[1:]] for line in lines]


@contextmanager
def started(command: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program for the length of a `with`, with everything that it started."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, start_new_session=True, env={**ENVIRONMENT, **environment}, cwd=ROOT
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


Start = Callable[..., str]


@contextmanager
def clusters(tmp_path: Path) -> Iterator[Start]:
    """Starts clusters as docs/classroom.md does, and gives their addresses."""
    with ExitStack() as stack:

        def start(*more: str, **environment: str) -> str:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            scheduler, workers, _ = commands(port)
            stack.enter_context(started([*scheduler, "--dashboard-address", ":0"], tmp_path / "scheduler.log"))
            scratch = ["--local-directory", str(tmp_path), "--dashboard-address", ":0"]
            stack.enter_context(started([*workers, *scratch, *more], tmp_path / "workers.log", **environment))
            return f"tcp://127.0.0.1:{port}"

        yield start


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the cluster that most tests here share."""
    with clusters(tmp_path_factory.mktemp("cluster")) as start:
        yield start()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with clusters(tmp_path) as start:
        yield start


def listed() -> list[Exercise]:
    """Real folders for the stand-in exercises: they are sent, and never read."""
    return [replace(load(LINE), id=name) for name in EXERCISES]


def run(source: Path, output: Path, address: str, deaths: Path, watched: Watched | None = None) -> Watched:
    """A batch with the stand-in grader."""
    watched, using = watched or Watched(), course()
    with alone_in(output), take_submissions(read_submissions(source, output, using), output, using) as gradebook:
        rows = to_grade(gradebook.rows(), using)
        grade_rows(gradebook, rows, using, Script(deaths), partial(Cluster, address, listed()), watched)
    return watched


def batch(source: Path, output: Path, *more: str) -> subprocess.Popen[str]:
    command = [*commands(0)[2][:3], "batch", str(source), "--output", str(output), "--device", "cpu"]
    command += ["--exercises", str(LINE.parent), *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, env=ENVIRONMENT
    )


def rows_of(output: Path) -> list[Row]:
    with Gradebook(output) as gradebook:
        return [replace(row, seconds=0.0) for row in gradebook.rows()]


def results_of(output: Path) -> Mapping[str, object]:
    """What is kept of each grading, but for its timing."""
    found = {}
    for file in sorted((output / "results").glob("*.json")):
        found[file.name] = json.loads(file.read_text("utf-8"))
        for timing in ("timing", "execution_time"):
            found[file.name].pop(timing, None)
    return found


def graded(output: Path) -> int:
    """Looked at from outside, so that the gradebook is the batch's alone."""
    return len(list((output / "results").glob("*.junit.xml")))


# --- the same gradebook ---------------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_the_gradebook_is_that_of_one_machine_though_a_worker_is_killed(tmp_path: Path, address: str) -> None:
    broken = (LINE / "notebook.ipynb").read_bytes()
    files = {f"right{n}/01/nb.ipynb": with_cell(f"import time; time.sleep(0.5)  # {n}") for n in range(8)}
    files |= {"wrong/01/nb.ipynb": broken, "crash/01/nb.ipynb": with_cell("1 / 0"), "text/01/nb.ipynb": b"{"}
    files |= {"exits/01/nb.ipynb": with_cell("import os; os._exit(3)"), "same/01/nb.ipynb": broken}
    source = folder(tmp_path / "in", files)
    local, remote = tmp_path / "local", tmp_path / "remote"
    Gradebook(local).close()  # so that both have one secret
    shutil.copytree(local, remote)

    running = batch(source, remote, "--cluster", address)
    with dask.Client(address) as client:
        wait_until(lambda: graded(remote) >= 3, 120)
        busy = next(worker for worker, tasks in client.processing().items() if tasks)
        os.kill(client.run(os.getpid, workers=[busy])[busy], signal.SIGKILL)
        assert graded(remote) < len(files), "it was over before the worker was killed"
    said, problems = running.communicate(timeout=120)
    assert running.returncode == 0, problems
    assert "Traceback" not in problems, problems
    assert said.startswith("13 submissions: 8 passed, 2 failed, "), said

    alone = batch(source, local, "--jobs", "1")
    assert alone.communicate(timeout=120) and alone.returncode == 0
    assert rows_of(remote) == rows_of(local)
    assert Counter(row.status for row in rows_of(remote)) == Counter(
        passed=8, failed=2, crashed=1, killed=1, ungradable=1
    )
    assert results_of(remote) == results_of(local)


@pytest.mark.timing
@pytest.mark.kernel
def test_ctrl_c_ends_what_runs_on_the_workers_too(tmp_path: Path, address: str) -> None:
    files = {f"s{n}/01/nb.ipynb": with_cell(f"import time; time.sleep({0 if n == 0 else 19})") for n in range(4)}
    running = batch(folder(tmp_path / "in", files), tmp_path / "out", "--cluster", address)
    wait_until(lambda: graded(tmp_path / "out") >= 1 or running.poll() is not None, 120)
    assert running.poll() is None, running.communicate()
    time.sleep(2)  # the next ones are running
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 130, said
    assert "Stopped. 1 of 4 submissions are in the gradebook.\nRun the same command again to go on.\n" in said
    assert "Traceback" not in said
    begun = time.monotonic()
    with dask.Client(address) as client:  # a worker has one thread: what it gets now waits for what it does
        client.gather([client.submit(time.sleep, 0, workers=[worker], pure=False) for worker in client.nthreads()])
    assert time.monotonic() - begun < 10


# --- workers that die -----------------------------------------------------------------------------------------------


@pytest.mark.soak
def test_a_notebook_that_kills_two_workers_gets_its_row_and_the_others_theirs(tmp_path: Path, address: str) -> None:
    scripts = {f"innocent{n}": "0.1" for n in range(10)} | {"wrong": "fail", "killer": "die", "ours": "raise"}
    deaths = tmp_path / "deaths"
    run(made_class(tmp_path / "in", dict(sorted(scripts.items()))), tmp_path / "out", address, deaths)
    expected = {who: "passed" for who in scripts if who.startswith("innocent")}
    assert statuses(tmp_path / "out") == {**expected, "wrong": "failed", "killer": "error", "ours": "error"}
    assert len(set(deaths.read_text().split())) == cluster.DEATHS
    killer = next(row for row in rows_of(tmp_path / "out") if row.student == "killer")
    assert "each of the 2 workers" in killer.message


@pytest.mark.soak
def test_a_verdict_that_is_lost_with_its_worker_is_had_from_another(tmp_path: Path, address: str) -> None:
    deaths, lost = tmp_path / "deaths", threading.Event()
    notebook = json.dumps({"cells": [{"source": "die later"}]}).encode()
    engine = Cluster(address, listed())
    try:
        with dask.Client(address) as client:
            busy = client.submit(int, pure=False)
            busy.add_done_callback(lambda _future: lost.wait(60))  # one is called at a time: the engine's waits
            wait_until(busy.done, 30)
            verdict = engine.submit(Script(deaths), EXERCISES[0], notebook)
            wait_until(deaths.exists, 30)
            wait_until(lambda: not psutil.pid_exists(int(deaths.read_text())), 30)
            time.sleep(1)  # the scheduler has heard of it, and another worker has begun
            lost.set()
            assert verdict.result(60).status == "passed"
    finally:
        lost.set()
        engine.stop(now=False)


def test_a_lost_scheduler_ends_the_batch_with_one_sentence(tmp_path: Path, start: Start) -> None:
    address = start()
    with dask.Client(address) as client:
        client.wait_for_workers(2)
        scheduler = client.run_on_scheduler(os.getpid)
    source = made_class(tmp_path / "in", {f"s{n}": "0" if n == 0 else "3" for n in range(8)})

    class Killing(Watched):
        def finished(self, status: str) -> None:
            super().finished(status)
            with suppress(ProcessLookupError):
                os.kill(scheduler, signal.SIGKILL)

    quickly = config.set({"distributed.comm.timeouts.connect": "3s"})
    with quickly, pytest.raises(GraderError, match="does not answer"):
        run(source, tmp_path / "out", address, tmp_path / "deaths", Killing())
    assert Counter(statuses(tmp_path / "out").values())["error"] == 0


# --- what is refused before anything is graded ------------------------------------------------------------------------


def other(tmp_path: Path, files: Mapping[str, str]) -> str:
    """A folder that comes before the installed packages."""
    return f"{folder(tmp_path / 'other', {name: text.encode() for name, text in files.items()})}:{ROOT}"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"grader/__init__.py": "__version__ = '0.0.7'"}, r"worker tcp://\S+ has grader 0.0.7, not "),
        ({"grader/__init__.py": ""}, r"worker tcp://\S+ has no grader"),
        (
            {"tensorflow-1.15.dist-info/METADATA": "Metadata-Version: 2.1\nName: tensorflow\nVersion: 1.15\n"},
            r"worker tcp://\S+ has tensorflow 1.15, not 2",
        ),
    ],
    ids=["grader", "no grader", "tensorflow"],
)
def test_other_versions_are_refused(tmp_path: Path, start: Start, files: Mapping[str, str], message: str) -> None:
    address = start(PYTHONPATH=other(tmp_path, files))
    source = made_class(tmp_path / "in", {"ada": "0"})
    with pytest.raises(GraderError, match=message) as refused:
        run(source, tmp_path / "out", address, tmp_path / "deaths")
    assert refused.value.exit_code == 2
    assert statuses(tmp_path / "out") == {"ada": ""}


def test_a_worker_with_several_threads_is_refused(tmp_path: Path, start: Start) -> None:
    address = start("--nthreads", "2")
    with pytest.raises(GraderError, match="2 threads"):
        run(made_class(tmp_path / "in", {"ada": "0"}), tmp_path / "out", address, tmp_path / "deaths")
    assert statuses(tmp_path / "out") == {"ada": ""}


def test_another_python_is_a_difference() -> None:
    ours = cluster.here()
    assert ours["python"] == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert cluster.differences(ours, {**ours, "python": "3.9"}, "worker tcp://b:1") == [
        f"worker tcp://b:1 has python 3.9, not {ours['python']}"
    ]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "what://ever", "nonsense"])
def test_no_scheduler(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 1.0)
    with pytest.raises(GraderError, match=f"No Dask scheduler answers at {address}"):
        Cluster(address, listed())


def test_dask_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(GraderError, match="not installed") as missing:
        Cluster("tcp://127.0.0.1:1", listed())
    assert "gradient-clinic[cluster]" in missing.value.next_step


# --- parcels ------------------------------------------------------------------------------------------------------


def test_an_exercise_arrives_as_it_was_and_where_only_its_owner_reads_it(tmp_path: Path) -> None:
    exercise = load(LINE)
    parcel = pack([exercise])["01_line"]
    arrived = unpack(parcel, tmp_path)
    assert exercise_hash(load(arrived / "01_line")) == exercise_hash(exercise)
    assert (tmp_path / parcel.course).stat().st_mode & 0o077 == 0
    assert unpack(parcel, tmp_path) == arrived
    assert not list(arrived.rglob("*.ipynb")), "the learner's notebook is not needed there"


def test_a_changed_course_is_unpacked_beside_the_old_one(tmp_path: Path, course: Path) -> None:
    before = unpack(pack([load(course / "exercises/01_line")])["01_line"], tmp_path)
    (course / "exercises/01_line/.spec/test_basics.py").write_text("# changed")
    after = unpack(pack([load(course / "exercises/01_line")])["01_line"], tmp_path)
    assert before != after
    assert (after / "01_line/.spec/test_basics.py").read_text() == "# changed"
