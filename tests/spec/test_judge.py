"""The judging process: a spec is collected once, and what one judging does cannot be seen by the next."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.catalogue import load
from grader.model import Evidence, Exercise, Run
from grader.model.errors import InternalError
from grader.spec import judge as judging
from grader.spec.judge import Judge

NOTHING = Evidence(run=Run("completed", ()))

SPEC = """
from pathlib import Path

with Path({log!r}).open("a") as log:
    log.write("collected ")

seen = []

def test_functions_exist(learner):
    seen.append(learner)
    assert len(seen) == {expected}, f"seen {{len(seen)}}"
"""

ENDLESS = """
import os

def test_functions_exist():
    open({pid!r}, "w").write(str(os.getpid()))
    while True:
        pass
"""


@pytest.fixture
def judge() -> Iterator[Judge]:
    with Judge() as judge:
        yield judge


@pytest.fixture
def exercise(course: Path) -> Exercise:
    return load(course / "exercises" / "01_line")


def write(exercise: Exercise, text: str, at: int = 1) -> None:
    path = exercise.folder / ".spec" / "test_basics.py"
    path.write_text(text)
    os.utime(path, ns=(at, at))


def test_a_spec_is_collected_once_and_judges_each_evidence_anew(
    judge: Judge, exercise: Exercise, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    write(exercise, SPEC.format(log=str(log), expected=1))
    assert [judge.checks(exercise, NOTHING, None)[0].status for _ in range(3)] == ["passed"] * 3
    assert log.read_text() == "collected "


def test_a_spec_that_changes_is_collected_again(judge: Judge, exercise: Exercise, tmp_path: Path) -> None:
    write(exercise, SPEC.format(log=str(tmp_path / "log"), expected=1), at=1)
    assert judge.checks(exercise, NOTHING, None)[0].status == "passed"
    write(exercise, SPEC.format(log=str(tmp_path / "log"), expected=2), at=2)
    again = judge.checks(exercise, NOTHING, None)[0]
    assert (again.status, again.message) == ("failed", "Seen 1.")


def test_the_files_follow_whether_there_is_a_solution(judge: Judge, exercise: Exercise) -> None:
    without = judge.checks(exercise, NOTHING, None)
    with_it = judge.checks(exercise, NOTHING, NOTHING)
    assert without[2].message == judging.HIDDEN
    assert with_it[2].message != judging.HIDDEN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("def test_unknown(): pass", "test_unknown is not in"),
        ("import os\nos._exit(3)", "ended with status 3"),
        ("import os\ndef test_functions_exist(): os._exit(3)", "ended with status 3"),
    ],
)
def test_a_broken_spec_is_our_fault_each_time_until_it_is_mended(
    judge: Judge, exercise: Exercise, text: str, said: str
) -> None:
    write(exercise, text, at=1)
    for _ in range(2):
        with pytest.raises(InternalError, match=said):
            judge.checks(exercise, NOTHING, None)
    write(exercise, "def test_functions_exist(): pass", at=3)
    assert judge.checks(exercise, NOTHING, None)[0].status == "passed"


@pytest.mark.timing
def test_a_spec_that_never_ends_is_ended_with_all_that_it_forked(
    judge: Judge, exercise: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(exercise, "def test_functions_exist(): pass")
    judge.checks(exercise, NOTHING, None)  # it has started by now, on a busy machine too
    monkeypatch.setattr(judging, "TIMEOUT", 5.0)
    pid = tmp_path / "pid"
    write(exercise, ENDLESS.format(pid=str(pid)), at=2)
    with pytest.raises(InternalError, match="no verdict within 5 s"):
        judge.checks(exercise, NOTHING, None)
    state = subprocess.run(["ps", "-o", "stat=", "-p", pid.read_text()], capture_output=True, text=True, check=False)
    assert state.stdout.strip()[:1] in ("", "Z")
    write(exercise, "def test_functions_exist(): pass", at=3)
    assert judge.checks(exercise, NOTHING, None)[0].status == "passed"


def test_in_a_kit_what_a_hidden_check_needs_holds_back_what_needs_it(judge: Judge, exercise: Exercise) -> None:
    write(
        exercise, "def test_functions_exist():\n    assert False\n\ndef test_values():\n    pass\n"
    )  # no test_connected
    (exercise.folder / ".spec" / "test_gradients.py").unlink()
    functions, _, values = judge.checks(exercise, NOTHING, None)
    assert functions.status == "failed"
    assert (values.status, values.message) == ("skipped", f"needs “{functions.title}”")
