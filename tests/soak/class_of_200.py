"""`python -m tests.soak.class_of_200`: a class of 200 students and three exercises through the real `batch`.

Four parts. `class`: every row must be what it has to be; throughput, sizes and memory are printed. `kills`: the same
with kill -9 of the batch at random moments, each time continued. `hostile`: the class without everything that crashes,
hangs, kills or attacks; the others' rows must not differ. `cluster`: the class through a Dask scheduler and two
workers, one of them killed when half is graded; the gradebook must be the same. A figure that misses its target makes
it exit with 1.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from pathlib import Path

import psutil

from grader.classroom.gradebook import FILE, Gradebook, Row

from .school import HEALTHY, Work, complaints, hand_in, make_class, make_course
from .two_workers import kill_one_when, two_workers

RATE = 100.0  # healthy gradings a minute, at least
REPORT, PAGE = 2.0, 5.0  # MB at most: one report, the class page
GROWTH = 64.0  # MB that the batch's own process may grow from its first tenth of the gradings to its end
PARTS = ("class", "kills", "hostile", "cluster")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a class is graded."""

    course: Path
    jobs: int
    cluster: str = ""

    def command(self, source: Path, output: Path) -> list[str]:
        fixed = [sys.executable, "-m", "grader", "batch", str(source), "--output", str(output), "--device", "cpu"]
        return [*fixed, "--jobs", str(self.jobs), "--exercises", str(self.course), *self._where()]

    def _where(self) -> list[str]:
        return ["--cluster", self.cluster] if self.cluster else []

    def begin(self, source: Path, output: Path) -> subprocess.Popen[bytes]:
        with (output.parent / f"{output.name}.log").open("ab") as log:
            return subprocess.Popen(self.command(source, output), stdout=log, stderr=log, start_new_session=True)


@dataclass(frozen=True, slots=True)
class Watched:
    """What a batch cost."""

    code: int
    seconds: float
    memory: tuple[tuple[int, float], ...]  # rows graded, MB of the batch's own process


def grade(setting: Setting, source: Path, output: Path) -> Watched:
    begun = time.monotonic()
    batch = setting.begin(source, output)
    seen: list[tuple[int, float]] = []
    over = threading.Event()
    watch = threading.Thread(target=_look, args=(batch.pid, output, seen, over))
    watch.start()
    try:
        code = batch.wait()
    finally:
        if batch.poll() is None:
            os.killpg(batch.pid, signal.SIGKILL)
        over.set()
        watch.join()
    return Watched(code, time.monotonic() - begun, tuple(seen))


def _look(pid: int, output: Path, seen: list[tuple[int, float]], over: threading.Event) -> None:
    while not over.wait(2.0):
        try:
            seen.append((_graded(output), psutil.Process(pid).memory_info().rss / 2**20))
        except psutil.Error:
            return


def _graded(output: Path) -> int:
    return len(list((output / "results").glob("*.junit.xml")))


def rows_of(output: Path) -> list[Row]:
    with Gradebook(output) as gradebook:
        return gradebook.rows()


def comparable(works: Iterable[Work], rows: Iterable[Row]) -> dict[tuple[str, str], Row]:
    """The rows of these works without timings, nor the figures in a message about a limit."""
    own = {(work.student, work.exercise): work for work in works}
    found = {}
    for row in rows:
        work = own.get((row.student, row.exercise))
        if work:
            row = replace(row, seconds=0.0)
            found[row.student, row.exercise] = row if work.kind in HEALTHY else replace(row, message="")
    return found


def differing(left: dict[tuple[str, str], Row], right: dict[tuple[str, str], Row]) -> list[str]:
    """Each field that is not the same in both gradebooks."""
    said = [f"{', '.join(key)}: in one gradebook only" for key in sorted(left.keys() ^ right.keys())]
    for key in sorted(left.keys() & right.keys()):
        for field in fields(Row):
            one, other = getattr(left[key], field.name), getattr(right[key], field.name)
            if one != other:
                said.append(f"{', '.join(key)}: {field.name} is {one!r} and {other!r}")
    return said


def same_secret(first: Path, *others: Path) -> None:
    """Empty gradebooks that draw the same hidden inputs."""
    with Gradebook(first) as gradebook:
        assert gradebook.seed  # is drawn when it is first asked for
    for other in others:
        shutil.copytree(first, other)


# --- kill -9 ----------------------------------------------------------------------------------------------------------


def kill_and_go_on(setting: Setting, source: Path, output: Path, kills: int, seed: int = 3) -> list[int]:
    """Kill the batch that often at random moments; how many rows were graded each time. Raises where one was lost."""
    chance = random.Random(seed)
    graded = [0]
    for _ in range(kills):
        batch = setting.begin(source, output)
        if chance.random() < 0.3:  # while it starts, takes in or migrates
            time.sleep(chance.uniform(0.1, 4.0))
        else:  # at whatever it does once it grades
            _wait_for_rows(batch, output, graded[-1] + chance.randint(1, 4))
            time.sleep(chance.uniform(0, 1.0))
        batch.send_signal(signal.SIGKILL)
        batch.wait()
        _wait_for_the_group(batch.pid)
        graded.append(intact(output))
        assert graded[-1] >= graded[-2], f"rows were lost: {graded}"
    return graded


def intact(output: Path) -> int:
    """How many rows are graded. Raises where SQLite finds the gradebook damaged or a verdict twice."""
    if not (output / FILE).exists():
        return 0
    with closing(sqlite3.connect(output / FILE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    rows = rows_of(output)
    assert len({row.key for row in rows}) == len(rows)
    return sum(bool(row.status) for row in rows)


def _wait_for_rows(batch: subprocess.Popen[bytes], output: Path, number: int) -> None:
    while batch.poll() is None and len(list((output / "results").glob("*.junit.xml"))) < number:
        time.sleep(0.05)


def _wait_for_the_group(group: int, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while left := [process.pid for process in psutil.process_iter() if _in_group(process, group)]:
        assert time.monotonic() < end, f"still there after the batch was killed: {left}"
        time.sleep(0.1)


def _in_group(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ProcessLookupError):
        return False


# --- the parts --------------------------------------------------------------------------------------------------------


def whole_class(setting: Setting, works: Sequence[Work], source: Path, output: Path) -> list[str]:
    watched = grade(setting, source, output)
    if watched.code:
        return [f"the batch ended with exit code {watched.code}; {output}.log says why"]
    rows = rows_of(output)
    wrong = complaints(works, rows)
    kinds = {(work.student, work.exercise): work.kind for work in works}
    ill = sum(row.seconds for row in rows if kinds.get((row.student, row.exercise)) not in HEALTHY)
    healthy = sum(kind in HEALTHY for kind in kinds.values())
    rate = 60 * healthy / (watched.seconds - ill / setting.jobs)
    memory = [megabytes for graded, megabytes in watched.memory if graded >= len(rows) / 10]
    growth = memory[-1] - memory[0] if memory else 0.0
    reports = [file.stat().st_size / 2**20 for file in (output / "results").glob("*.html")]
    page = (output / "class.html").stat().st_size / 2**20
    print(f"rows: {len(rows)} of {len(works)}, {len(wrong)} not right")
    print(f"statuses: {dict(Counter(row.status for row in rows).most_common())}")
    print(
        f"time: {watched.seconds:.0f} s in all; {ill / setting.jobs:.0f} s of it on the {len(works) - healthy} others"
    )
    print(f"healthy gradings a minute: {rate:.0f} with {setting.jobs} workers (target {RATE:.0f}), startup included")
    print(f"reports: {sum(reports):.1f} MB, largest {max(reports):.2f} MB; class page {page:.2f} MB")
    print(
        f"memory of the batch: {memory[0]:.0f} MB at a tenth, {max(memory):.0f} MB at most" if memory else "memory: -"
    )
    missed = [f"{rate:.0f} gradings a minute"] if rate < RATE else []
    missed += [f"a report of {max(reports):.1f} MB"] if max(reports) > REPORT else []
    missed += [f"a class page of {page:.1f} MB"] if page > PAGE else []
    missed += [f"memory grew by {growth:.0f} MB"] if growth > GROWTH else []
    return wrong + missed


def killed_class(setting: Setting, works: Sequence[Work], source: Path, output: Path, kills: int) -> list[str]:
    graded = kill_and_go_on(setting, source, output, kills)
    print(f"killed {kills} times, with this many rows graded: {graded[1:]}")
    watched = grade(setting, source, output)
    print(f"then {intact(output)} rows; the gradebook is intact")
    return complaints(works, rows_of(output)) + ([f"exit code {watched.code}"] if watched.code else [])


def clustered_class(setting: Setting, works: Sequence[Work], source: Path, output: Path) -> list[str]:
    scratch = output.parent / "dask"
    scratch.mkdir()
    with two_workers(scratch) as (address, keeper):
        _, killed = kill_one_when(lambda: _graded(output) > len(works) / 2, keeper)
        watched = grade(replace(setting, cluster=address), source, output)
    print(f"on a cluster, one worker killed: {watched.seconds:.0f} s, {intact(output)} rows; the gradebook is intact")
    wrong = complaints(works, rows_of(output)) + ([f"exit code {watched.code}"] if watched.code else [])
    return wrong if killed else [*wrong, "no worker was killed"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kills", type=int, default=5, help="the release is soaked with 20")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--folder", type=Path, help="where to leave everything, for looking at it")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        wrong = soak(folder, chosen.students, chosen.jobs, chosen.kills, chosen.parts)
    print("\n".join(["", "NOT RIGHT:", *wrong]) if wrong else "\nAll right.")
    return bool(wrong)


def soak(folder: Path, students: int, jobs: int, kills: int, parts: Sequence[str]) -> list[str]:
    setting = Setting(make_course(folder / "course"), jobs)
    works = make_class(setting.course, students)
    healthy = [work for work in works if work.kind in HEALTHY]
    source, calm = hand_in(works, folder / "in"), hand_in(healthy, folder / "calm")
    outputs = [folder / f"out-{part}" for part in PARTS]
    same_secret(*outputs)
    print(f"{students} students, {len(works)} notebooks: {dict(Counter(work.kind for work in works).most_common())}")
    wrong: list[str] = []
    if "class" in parts:
        wrong += whole_class(setting, works, source, outputs[0])
    if "kills" in parts:
        wrong += killed_class(setting, works, source, outputs[1], kills)
        if "class" in parts:
            wrong += differing(comparable(works, rows_of(outputs[0])), comparable(works, rows_of(outputs[1])))
    if "hostile" in parts:
        grade(setting, calm, outputs[2])
        wrong += complaints(healthy, rows_of(outputs[2]))
        if "class" in parts:
            differ = differing(comparable(healthy, rows_of(outputs[0])), comparable(healthy, rows_of(outputs[2])))
            print(f"without the {len(works) - len(healthy)} others, {len(differ)} of {len(healthy)} rows differ")
            wrong += differ
    if "cluster" in parts:
        wrong += clustered_class(setting, works, source, outputs[3])
        if "class" in parts:
            differ = differing(comparable(works, rows_of(outputs[0])), comparable(works, rows_of(outputs[3])))
            print(f"on one machine and on a cluster, {len(differ)} fields of {len(works)} rows differ")
            wrong += differ
    return wrong


if __name__ == "__main__":
    sys.exit(main())
