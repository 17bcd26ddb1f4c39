"""Every submission ends in exactly one row, whatever notebooks, workers and signals do; and nothing is done twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from grader.classroom import workers
from grader.classroom.batch import Course, alone_in, grade_rows, read_submissions, take_submissions, to_grade
from grader.classroom.gradebook import FILE, Gradebook
from grader.classroom.workers import LocalProcesses, default_jobs
from grader.model.errors import GraderError

from . import graders
from .making import EXERCISES, course, folder, made_class, notebook
from .outcomes import Watched, statuses, wait_until_gone

ONE, TWO, THREE = EXERCISES
ROOT = Path(__file__).parents[2]


def run(
    source: Path, output: Path, jobs: int = 2, regrade: tuple[str, ...] = (), using: Course | None = None
) -> Watched:
    using, watched = using or course(), Watched()
    with alone_in(output), take_submissions(read_submissions(source, output, using), output, using) as gradebook:
        rows = to_grade(gradebook.rows(), using, regrade)
        grade_rows(gradebook, rows, using, graders.grade, partial(LocalProcesses, jobs), watched)
    return watched


def test_every_submission_has_one_row_whatever_it_does(tmp_path: Path) -> None:
    scripts = {"fine": "0", "wrong": "fail", "ours": "raise", "internal": "internal", "elsewhere": "refuse"}
    source = made_class(tmp_path / "in", {**scripts, "killer": "die", "innocent": "0.3", "later": "0"})
    folder(source, {"broken/02.ipynb": b"{", "nobody.txt": b"", "nothing/02/readme.md": b"hi"})
    watched = run(source, tmp_path / "out")
    assert statuses(tmp_path / "out") == {
        **dict.fromkeys(["fine", "innocent", "later"], "passed"),
        "wrong": "failed",
        **dict.fromkeys(["ours", "internal", "killer"], "error"),
        **dict.fromkeys(["elsewhere", "broken", "nothing", "nobody"], "ungradable"),
    }
    assert watched.counts == {"passed": 3, "failed": 1, "error": 3, "ungradable": 1}


def test_killers_everywhere_never_cost_an_innocent_their_grade(tmp_path: Path) -> None:
    scripts = {f"killer{n}": "die" for n in range(3)} | {f"innocent{n}": "0.05" for n in range(8)}
    shuffled = dict(random.Random(7).sample(sorted(scripts.items()), len(scripts)))
    run(made_class(tmp_path / "in", shuffled), tmp_path / "out", jobs=2)
    assert statuses(tmp_path / "out") == {who: "error" if who.startswith("killer") else "passed" for who in scripts}


def test_our_own_failure_is_tried_once_more(tmp_path: Path) -> None:
    source = made_class(tmp_path / "in", {"ada": f"once {tmp_path / 'mark'}"})
    assert run(source, tmp_path / "out", jobs=1).counts == {"passed": 1}


def test_a_grading_that_hangs_in_our_code_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "GRADING_SECONDS", 1.0)
    source = made_class(tmp_path / "in", {"ada": "hang", "bob": "0"})
    run(source, tmp_path / "out")
    assert statuses(tmp_path / "out") == {"ada": "error", "bob": "passed"}


def test_a_machine_that_cannot_grade_stops_the_batch(tmp_path: Path) -> None:
    source = made_class(tmp_path / "in", {"ada": "broken course"})
    with pytest.raises(GraderError, match="No GPU"):
        run(source, tmp_path / "out")
    assert statuses(tmp_path / "out") == {"ada": ""}


def test_the_slowest_is_shown(tmp_path: Path) -> None:
    watched = run(made_class(tmp_path / "in", {"ada": "0", "slow": "1.2", "bob": "0"}), tmp_path / "out")
    assert watched.slowest[0] == f"slow, {TWO}" and watched.slowest[1] > 0.5


# --- running it again ---


def test_running_again_grades_only_what_changed(tmp_path: Path) -> None:
    source = made_class(tmp_path / "in", {"ada": "0", "bob": "0"})
    folder(source, {"ada/01/nb.ipynb": notebook(ONE, "0")})
    output = tmp_path / "out"
    assert run(source, output).counts.total() == 3
    assert run(source, output).counts.total() == 0
    folder(source, {"bob/02/nb.ipynb": notebook(TWO, "fail")})
    assert run(source, output).counts == {"failed": 1}
    assert run(source, output, using=course(**{ONE: "h2"})).counts.total() == 1
    assert run(source, output, using=course(version="2", **{ONE: "h2"})).counts.total() == 4
    with Gradebook(output) as gradebook:
        assert [(row.student, row.attempt, row.counts, row.status) for row in gradebook.rows()] == [
            ("ada", 1, True, "passed"),
            ("ada", 1, True, "passed"),
            ("bob", 1, False, "passed"),
            ("bob", 2, True, "failed"),
        ]


@pytest.mark.parametrize(("what", "graded"), [("all", 3), ("ada", 2), ("02", 2), (TWO, 2), ("eve", 0)])
def test_regrade_takes_a_student_an_exercise_or_all(tmp_path: Path, what: str, graded: int) -> None:
    source = made_class(tmp_path / "in", {"ada": "0", "bob": "0"})
    folder(source, {"ada/01/nb.ipynb": notebook(ONE, "0")})
    run(source, tmp_path / "out")
    assert run(source, tmp_path / "out", regrade=(what,)).counts.total() == graded


def test_our_own_failures_are_graded_again_next_time(tmp_path: Path) -> None:
    source = made_class(tmp_path / "in", {"ada": "raise"})
    assert run(source, tmp_path / "out").counts == {"error": 1}
    assert run(source, tmp_path / "out").counts == {"error": 1}


def test_a_file_that_finds_its_owner_later_is_still_one_row(tmp_path: Path) -> None:
    source = folder(tmp_path / "in", {"lovelaceada_1001_70001_nb.ipynb": notebook(TWO, "0"), "nb.ipynb": notebook()})
    run(source, tmp_path / "out")
    assert statuses(tmp_path / "out") == {"1001": "passed", "": "ungradable"}
    folder(source, {"students.csv": b"id,name,canvas id\nada,Ada Lovelace,1001\n"})
    run(source, tmp_path / "out")
    assert statuses(tmp_path / "out") == {"ada": "passed", "": "ungradable"}


def test_no_submissions_at_all(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="no submissions"):
        run(folder(tmp_path / "in", {"README.md": b""}), tmp_path / "out")


def test_a_second_batch_waits_outside(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(GraderError, match="Another batch"), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


# --- killed and interrupted ---


def begin(source: Path, output: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.classroom.run_batch", str(source), str(output), "2"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=ROOT)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_kill_9_at_any_moment_loses_no_row_and_doubles_none(tmp_path: Path) -> None:
    scripts = {f"s{n:03}": "0.02" if n % 7 else "fail" for n in range(120)}
    source, output = made_class(tmp_path / "in", scripts), tmp_path / "out"
    chance = random.Random(3)
    graded = []
    for _ in range(20):
        batch = begin(source, output)
        if chance.random() < 0.5:  # while it grades; the others are hit while it starts, takes in or migrates
            assert batch.stdout is not None
            batch.stdout.readline()
            time.sleep(chance.uniform(0, 0.1))
        else:
            time.sleep(chance.uniform(0.05, 1.5))
        batch.kill()
        batch.communicate()
        wait_until_gone(batch.pid)
        if (output / FILE).exists():
            with sqlite3.connect(output / FILE) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            with Gradebook(output) as gradebook:
                graded.append(sum(bool(row.status) for row in gradebook.rows()))
    assert graded == sorted(graded), "a row was lost"
    assert len(set(graded)) > 3, f"it was killed before it had begun: {graded}"
    batch = begin(source, output)
    printed, _ = batch.communicate(timeout=120)
    assert batch.returncode == 0
    assert len(printed.splitlines()) == 120 - graded[-1], "something was graded twice"
    assert statuses(output) == {who: "failed" if text == "fail" else "passed" for who, text in scripts.items()}
    with sqlite3.connect(output / FILE) as connection:
        assert connection.execute("SELECT count(*) FROM verdicts").fetchone() == (120,)
        assert connection.execute("SELECT count(*) FROM checks").fetchone() == (360,)


@pytest.mark.timing
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ctrl_c_stops_at_once_and_leaves_nothing_running(tmp_path: Path) -> None:
    source = made_class(tmp_path / "in", {f"s{n:02}": "0.1" if n < 4 else "hang" for n in range(10)})
    batch = begin(source, tmp_path / "out")
    assert batch.stdout is not None
    for _ in range(4):
        assert batch.stdout.readline() == "passed\n"
    begun = time.monotonic()
    os.killpg(batch.pid, signal.SIGINT)  # as a terminal does: every process gets it
    batch.communicate(timeout=30)
    assert time.monotonic() - begun < 10
    wait_until_gone(batch.pid)
    assert Counter(statuses(tmp_path / "out").values()) == {"passed": 4, "": 6}


def test_jobs_are_what_this_machine_allows() -> None:
    assert 1 <= default_jobs() <= (os.cpu_count() or 1)
