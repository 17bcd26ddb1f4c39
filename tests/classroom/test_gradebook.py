"""What a class has achieved is kept once, correctly, whatever happens to the process that writes it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from grader.classroom.gradebook import FILE, Gradebook
from grader.classroom.gradebook.database import Mount, list_mounts, network_file_system
from grader.classroom.gradebook.tables import Table
from grader.course.settings import CourseSettings, Late, Planned
from grader.model import Status, Verdict
from grader.model.errors import GraderError

from .making import exercise, submission, verdict

TWO = "02_detached_tensors"


def record(gradebook: Gradebook, key: str, made: Verdict | None = None) -> None:
    gradebook.record(key, made or verdict(), version="1", exercise_hash="e1")


@pytest.fixture
def gradebook(tmp_path: Path) -> Iterator[Gradebook]:
    with Gradebook(tmp_path) as opened:
        opened.add_exercises([exercise()])
        yield opened


def test_a_verdict_comes_back_as_it_was(gradebook: Gradebook) -> None:
    handed_in = submission()
    failed = verdict(Status.FAILED)
    gradebook.add_submissions([handed_in])
    record(gradebook, handed_in.key, failed)
    (row,) = gradebook.rows()
    assert row.checks == failed.checks
    assert [(f.code, f.cell, f.line, f.source, f.variables) for f in row.findings] == [
        ("GRAD002", 4, 7, "scaled = hidden.numpy() * scale", ("a",))
    ]
    assert (row.status, row.score, row.max_score, row.seconds) == ("failed", 1.0, 10.0, 0.6)


def test_a_regrade_replaces_the_verdict_and_keeps_the_override(gradebook: Gradebook) -> None:
    handed_in = submission()
    gradebook.add_submissions([handed_in])
    record(gradebook, handed_in.key, verdict(Status.FAILED))
    gradebook.override("ada", TWO, 7.5, "right idea, see mail", "mira")
    record(gradebook, handed_in.key, verdict(Status.PASSED))
    (row,) = gradebook.rows()
    assert row.override is not None
    assert (row.score, row.graded_score, row.status, row.findings) == (7.5, 10.0, "passed", ())
    assert (row.override.who, row.override.comment) == ("mira", "right idea, see mail")
    assert (datetime.now(UTC) - row.override.made).total_seconds() < 60


def test_an_override_taken_back_leaves_the_graders_score_and_a_trace(gradebook: Gradebook) -> None:
    gradebook.add_submissions([submission()])
    record(gradebook, submission().key)
    gradebook.override("ada", TWO, 0.0, "copied", "mira")
    gradebook.override("ada", TWO, None, "a mistake", "noam")
    (row,) = gradebook.rows()
    assert row.override is None and row.score == 10.0
    assert [entry[:3] for entry in gradebook.history("ada", TWO)] == [
        (0.0, "copied", "mira"),
        (None, "a mistake", "noam"),
    ]


@pytest.mark.parametrize(("student", "name"), [("eve", TWO), ("ada", "99_none")])
def test_an_override_of_nobody_is_refused(gradebook: Gradebook, student: str, name: str) -> None:
    gradebook.add_submissions([submission()])
    with pytest.raises(GraderError, match="The gradebook has no"):
        gradebook.override(student, name, 1.0, "", "mira")


def test_the_newest_attempt_counts_and_all_are_kept(gradebook: Gradebook) -> None:
    monday = [submission(number=1), submission(number=2)]
    gradebook.add_submissions(monday)
    gradebook.add_submissions([submission(number=3)])  # tuesday's archive holds only the newest
    for one in (*monday, submission(number=3)):
        record(gradebook, one.key)
    assert [(row.attempt, row.counts) for row in gradebook.rows()] == [(1, False), (2, False), (3, True)]


def test_a_file_that_cannot_be_graded_does_not_take_the_place_of_one_that_can(gradebook: Gradebook) -> None:
    gradebook.add_submissions([submission(number=1), submission(number=2)])
    record(gradebook, submission(number=1).key, verdict(Status.PASSED))
    record(gradebook, submission(number=2).key, verdict(Status.UNGRADABLE))
    assert [(row.attempt, row.counts, row.status) for row in gradebook.rows()] == [
        (1, True, "passed"),
        (2, False, "ungradable"),
    ]


def test_taking_the_same_work_in_again_changes_nothing(gradebook: Gradebook) -> None:
    everything = [submission(), submission("bob"), submission("", reason="whose?")]
    gradebook.add_submissions(everything)
    record(gradebook, submission().key)
    before = gradebook.rows()
    gradebook.add_submissions(everything)
    assert gradebook.rows() == before and len(before) == 3


def test_names_that_a_table_of_students_gave_are_kept(gradebook: Gradebook) -> None:
    gradebook.add_submissions([submission(name=TWO, number=1)])
    (first,) = gradebook.rows()
    assert first.name == "ada"
    gradebook.add_submissions([replace(submission(), name="Ada Lovelace", section="Tuesday")])
    gradebook.add_submissions([submission()])
    (row,) = gradebook.rows()
    assert (row.name, row.section) == ("Ada Lovelace", "Tuesday")


def test_the_seed_is_secret_and_stays(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "a") as one, Gradebook(tmp_path / "b") as other:
        seeds = {one.seed, other.seed}
    with Gradebook(tmp_path / "a") as again:
        assert again.seed in seeds and len(seeds) == 2


# --- the course's settings ---

DUE = datetime(2026, 3, 1, 22, tzinfo=UTC)
LATE = CourseSettings(late=Late(per_day=20), exercises=(Planned(TWO, DUE),))


def submitted(gradebook: Gradebook, *attempts: tuple[float, float], **changes: Any) -> None:
    """Attempts so many hours after the deadline, with these scores."""
    for number, (hours, score) in enumerate(attempts, start=1):
        one = submission(number=number, submitted=DUE + timedelta(hours=hours), **changes)
        gradebook.add_submissions([one])
        record(gradebook, one.key, verdict(Status.FAILED, score=score))


@pytest.mark.parametrize(("counts", "chosen"), [("newest", 3), ("best", 2), ("before_deadline", 1)])
def test_which_attempt_counts_is_a_setting(gradebook: Gradebook, counts: Any, chosen: int) -> None:
    gradebook.plan(replace(LATE, counts=counts))
    submitted(gradebook, (-1, 4.0), (1, 8.0), (30, 9.0))
    rows = gradebook.rows()
    assert [row.attempt for row in rows if row.counts] == [chosen]
    assert [(row.late, row.penalty, row.score) for row in rows] == [
        (False, 0.0, 4.0),
        (True, pytest.approx(1.6), pytest.approx(6.4)),
        (True, pytest.approx(3.6), pytest.approx(5.4)),
    ]


def test_being_late_takes_nothing_from_a_score_set_by_hand(gradebook: Gradebook) -> None:
    gradebook.plan(LATE)
    submitted(gradebook, (1, 8.0))
    gradebook.override("ada", TWO, 7.0, "", "mira")
    assert [row.score for row in gradebook.rows()] == [7.0]


def test_a_notebook_submitted_for_another_exercise_replaces_nothing(gradebook: Gradebook) -> None:
    submitted(gradebook, (1, 8.0))
    stray = submission(number=2, submitted=DUE + timedelta(hours=2), note="submitted for 01")
    gradebook.add_submissions([stray])
    record(gradebook, stray.key, verdict(Status.PASSED))
    assert [(row.attempt, row.counts) for row in gradebook.rows()] == [(1, True), (2, False)]


# --- the file ---


def test_the_journal_is_a_write_ahead_log_on_a_disk_of_this_machine(gradebook: Gradebook) -> None:
    assert gradebook.notice == ""
    with sqlite3.connect(gradebook.file) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_on_a_network_file_system_another_journal_is_used_and_said(tmp_path: Path) -> None:
    mounts = [Mount("/", "ext4"), Mount(str(tmp_path.resolve()), "nfs4")]
    with Gradebook(tmp_path, mounts=mounts) as gradebook:
        gradebook.add_submissions([submission()])
        assert "network file system (nfs4)" in gradebook.notice and "delete journal" in gradebook.notice
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert not list(tmp_path.glob("*-wal")) + list(tmp_path.glob("*-shm"))


def test_a_gradebook_moved_to_a_network_file_system_leaves_the_write_ahead_log(tmp_path: Path) -> None:
    with Gradebook(tmp_path) as gradebook:
        gradebook.add_submissions([submission()])
    with Gradebook(tmp_path, mounts=[Mount("/", "cifs")]) as gradebook:
        assert len(gradebook.rows()) == 1 and "cifs" in gradebook.notice
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/home/a/out", "nfs"), ("/home/b/out", None), ("/mnt/share", "cifs"), ("/", None), ("/homeless", None)],
)
def test_the_nearest_mount_says_which_file_system_it_is(path: str, kind: str | None) -> None:
    mounts = [Mount("/", "ext4"), Mount("/home", "nfs"), Mount("/home/b", "btrfs"), Mount("/mnt/share", "CIFS".lower())]
    assert network_file_system(Path(path), mounts) == kind


def test_this_machines_mounts_are_known() -> None:
    assert any(mount.point == "/" for mount in list_mounts())


def test_migrations_build_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    with Gradebook(tmp_path):
        pass
    with create_engine(f"sqlite:///{tmp_path / FILE}").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
        assert context.get_current_revision() == "0003"


def test_two_who_open_a_new_gradebook_at_once_both_get_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from grader.classroom.gradebook import Gradebook\n"
        "import alembic.command, sqlalchemy\n"
        "print(flush=True); sys.stdin.readline()\n"
        "with Gradebook(Path(sys.argv[1])) as book: list(book.rows())"
    )
    for attempt in range(3):
        command = [sys.executable, "-c", code, str(tmp_path / str(attempt))]
        openers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in "1234"]
        for opener in openers:
            assert opener.stdout
            opener.stdout.readline()
        for opener in openers:
            assert opener.stdin
            opener.stdin.write("\n")
            opener.stdin.flush()
        for opener in openers:
            opener.communicate(timeout=60)
        assert [opener.returncode for opener in openers] == [0, 0, 0, 0]


def test_a_gradebook_from_the_future_is_refused(tmp_path: Path) -> None:
    with Gradebook(tmp_path):
        pass
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(GraderError, match="newer version"):
        Gradebook(tmp_path)


def test_a_file_that_is_no_gradebook_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(GraderError, match="not a gradebook"):
        Gradebook(tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"not a database at all" * 100


def test_showing_does_not_make_a_gradebook(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="no gradebook"):
        Gradebook(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_the_classroom_is_imported_lazily() -> None:
    code = (
        "import sys, grader.classroom, grader.classroom.intake, grader.classroom.gradebook\n"
        "print(sorted({'sqlalchemy', 'alembic', 'tensorflow', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
