"""What the doctor found is remembered, also across processes; a file that is no use costs time and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from grader.doctor.remembered import MOST, InFile, InProcess
from grader.model import Finding

FINDING = Finding(
    code="GRAD002",
    cause="detached_numpy",
    severity="error",
    cell=3,
    line=2,
    column=4,
    end_column=13,
    source="x = w.numpy()  # ≠",
    operation=".numpy()",
    variables=("w", "b"),
    message="The gradient to w and b is None.",
    next_step="Which operation computes the same?",
    path=("w", ".numpy()", "loss"),
)


def test_what_was_kept_is_recalled_by_another_process_too(tmp_path: Path) -> None:
    InFile(tmp_path / "db").keep("a", (FINDING, replace(FINDING, line=None)))
    InFile(tmp_path / "db").keep("b", ())
    memory = InFile(tmp_path / "db")
    assert memory.recall("a") == (FINDING, replace(FINDING, line=None))
    assert memory.recall("b") == ()
    assert memory.recall("c") is None


def test_many_may_write_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: InFile(tmp_path / "db").keep(str(n % 50), (FINDING,) * (n % 50)), range(200)))
    assert [len(InFile(tmp_path / "db").recall(str(n)) or ()) for n in range(50)] == list(range(50))


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be taken for one" * 20])
def test_a_file_that_is_no_use_is_as_if_nothing_were_remembered(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "db").write_bytes(content)
    for memory in (InFile(tmp_path / "db"), InFile(tmp_path / "no such folder" / "db")):
        assert memory.recall("a") is None
        memory.keep("a", (FINDING,))


def test_a_row_that_holds_something_else_is_not_believed(tmp_path: Path) -> None:
    import sqlite3

    memory = InFile(tmp_path / "db")
    memory.keep("a", (FINDING,))
    with sqlite3.connect(tmp_path / "db") as database:
        database.execute("UPDATE findings SET found = '[{\"code\": 1}]'")
    assert memory.recall("a") is None


def test_a_process_remembers_so_many_and_no_more() -> None:
    memory = InProcess()
    for number in range(MOST + 1):
        memory.keep(str(number), ())
    assert memory.recall(str(MOST - 1)) == ()
    assert memory.recall(str(MOST)) is None
