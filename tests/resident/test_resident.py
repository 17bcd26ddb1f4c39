"""The resident grader, seen by who types commands: quick, and otherwise as if it were not there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from grader.course.catalogue import load
from grader.course.progress import Progress

from ..conftest import left_of, wait_until
from .conftest import Place

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parent.parent.parent
SOLUTION = "solutions/01_line.ipynb"
COMMANDS = [
    ("list",),
    ("hint", "01"),
    ("grade", "01", "--brief"),
    ("grade", "01", "--notebook", SOLUTION, "--format", "json"),
    ("grade", "01", "--notebook", "missing.ipynb"),
    ("grad",),
]
MORE_COMMANDS = [
    ("--help",),
    ("explain", "GRAD002"),
    ("grade", "01", "--timeout", "0.5"),
    ("01", "--notebook", SOLUTION),
    ("doctor", "exercises/01_line/notebook.ipynb"),
    ("report", "01", "--print"),
    ("grade", "77"),
    ("grade", "--colour"),
    ("check-all",),
]


def without_times(text: str) -> str:
    """What two gradings of a notebook have in common."""
    try:
        results = json.loads(text)
    except ValueError:
        return text
    results.pop("timing", None)
    return json.dumps(results)


@pytest.mark.parametrize(
    "commands",
    [COMMANDS, pytest.param(COMMANDS + MORE_COMMANDS, marks=pytest.mark.soak)],
    ids=["some", "every"],
)
def test_a_command_does_the_same_with_it_and_without(
    place: Place, tmp_path: Path, commands: list[tuple[str, ...]]
) -> None:
    other = Place(place.runtime, Path(shutil.copytree(place.course, tmp_path / "other" / "course")))
    for command in commands:
        code, out, errors = other.run(*command, GRADER_SERVER="off")
        expected = code, without_times(out).replace(str(other.course), str(place.course)), errors
        served = place.run(*command)
        assert (served[0], without_times(served[1]), served[2]) == expected, command
    assert place.resident() is not None
    assert attempts(place.course) == attempts(other.course) > 0


TYPED = """
import runpy, sys
try:
    runpy.run_module("grader", run_name="__main__")
finally:
    print(*sys.modules, file=sys.stderr)
"""


def test_the_process_that_was_typed_imports_next_to_nothing(warmed: Place) -> None:
    typed = [sys.executable, "-c", TYPED, "list"]
    done = subprocess.run(typed, cwd=warmed.course, env=warmed.environment(), capture_output=True, text=True)
    imported = set(done.stderr.split())
    assert "01" in done.stdout
    assert "grader.resident.client" in imported
    assert not imported & {"rich", "click", "nbformat", "pydantic", "numpy", "asyncio", "subprocess"}


def test_two_commands_at_once_both_work(warmed: Place) -> None:
    both = [warmed.start("grade", "01", "--notebook", SOLUTION, "--format", "json") for _ in range(2)]
    for process in both:
        assert json.loads(process.communicate(timeout=120)[0])["status"] == "passed"
    assert len([each for each in warmed.family() if "bwrap" in each.name()]) <= 2  # one fork server: its sandbox's two


def test_who_is_served_has_its_own_folder_environment_and_mask(warmed: Place) -> None:
    (warmed.course / "here").mkdir()
    old = os.umask(0o077)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "grader", "grade", "01", "--output", "."],
            cwd=warmed.course / "here",
            env=warmed.environment(COLUMNS="60"),
            capture_output=True,
            text=True,
        )
    finally:
        os.umask(old)
    assert done.returncode == 1 and max(map(len, done.stdout.splitlines())) <= 60
    report = warmed.course / "here" / "01_line.html"
    assert report.stat().st_mode & 0o777 == 0o600


def test_a_changed_exercise_is_seen_at_once(warmed: Place) -> None:
    table = warmed.course / "exercises" / "01_line" / "exercise.toml"
    table.write_text(table.read_text().replace('title = "', 'title = "Another ', 1))
    assert "Another" in warmed.run("list")[1]


def test_what_the_doctor_found_is_remembered_for_the_next_command(warmed: Place) -> None:
    grade = ("grade", "01", "--format", "json")
    found = json.loads(warmed.run(*grade)[1])["findings"]
    assert found
    (remembered,) = warmed.runtime.glob("gradient-clinic/*/findings.sqlite")
    with closing(sqlite3.connect(remembered)) as database, database:
        database.execute("UPDATE findings SET found = replace(found, ?, 'A memory.')", [found[0]["message"]])
    assert json.loads(warmed.run(*grade)[1])["findings"] == [found[0] | {"message": "A memory."}, *found[1:]]


def test_after_an_edit_of_the_grader_another_one_serves(place: Place, tmp_path: Path) -> None:
    package = tmp_path / "edited" / "grader"
    shutil.copytree(ROOT / "grader", package, ignore=shutil.ignore_patterns("__pycache__"))
    course = Path(shutil.copytree(place.course, tmp_path / "edited" / "course"))
    edited = Place(place.runtime, course)
    path = {"PYTHONPATH": str(package.parent), "GRADER_IDLE": "2"}
    assert edited.run("grade", "77", **path)[0] == 2
    assert len(place.folders()) == 1
    words = package / "commands" / "list_.py"
    words.write_text(
        words.read_text().replace("def command(", "def command(  # edited\n    ", 1) + "\nprint('edited')\n"
    )
    assert "edited" in edited.run("list", **path)[1]
    wait_until(lambda: not place.folders(), 30)


def test_where_it_is_not_wanted_none_is_started(place: Place) -> None:
    """`--no-server` may stand anywhere."""
    for unwanted in ({"CI": "true"}, {"GRADER_SERVER": "off"}):
        assert place.run("grade", "77", **unwanted)[0] == 2
    assert place.run("grade", "77", "--no-server")[0] == place.run("--no-server", "grade", "77")[0] == 2
    assert not place.folders()
    assert place.run("grade", "77")[0] == 2
    assert place.folders()


def test_it_ends_when_nobody_needs_it(place: Place) -> None:
    assert place.run("grade", "01", "--brief", GRADER_IDLE="1")[0] == 1
    family = place.family()
    assert family and not left_of(family, 20)
    wait_until(lambda: not place.folders())


def test_it_ends_when_its_folder_is_gone(warmed: Place) -> None:
    family = warmed.family()
    for folder in warmed.folders():
        shutil.rmtree(folder)
    assert not left_of(family, 20)


def test_nobody_else_can_enter_and_a_folder_that_others_can_enter_is_not_used(place: Place) -> None:
    (place.runtime / "gradient-clinic").mkdir(0o755)
    assert place.run("grade", "77")[0] == 2
    assert not place.folders()
    (place.runtime / "gradient-clinic").chmod(0o700)
    assert place.run("grade", "77")[0] == 2
    assert [folder.stat().st_mode & 0o777 for folder in place.folders()] == [0o700]


CONNECT = """
import socket
connection = socket.socket(socket.AF_UNIX)
connection.connect({address!r})
raise RuntimeError("reached")
"""


@pytest.mark.sandbox
@pytest.mark.parametrize(("walls", "reached"), [("bwrap", False), ("off", True)])
def test_a_notebook_behind_walls_cannot_reach_it(warmed: Place, walls: str, reached: bool) -> None:
    (address,) = warmed.runtime.glob("gradient-clinic/*/socket")
    notebook = json.loads((warmed.course / SOLUTION).read_text())
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["source"] = CONNECT.format(address=str(address))
    attack = warmed.course / "attack.ipynb"
    attack.write_text(json.dumps(notebook))
    _, out, errors = warmed.run("grade", "01", "--notebook", str(attack), "--sandbox", walls)
    assert ("RuntimeError: reached" in out) == reached, out + errors
    assert ("FileNotFoundError" in out) != reached


@pytest.mark.timing  # who does not hear from it in time does without
def test_the_workers_of_a_batch_borrow_its_kernels(warmed: Place) -> None:
    submission = warmed.course / "submissions" / "ada" / "01_line.ipynb"
    submission.parent.mkdir(parents=True)
    shutil.copyfile(warmed.course / SOLUTION, submission)
    batch = warmed.start("batch", "submissions", "--output", "graded", "--jobs", "1")
    programs = set()
    while batch.poll() is None:
        with suppress(psutil.NoSuchProcess):
            programs |= {child.name() for child in psutil.Process(batch.pid).children(recursive=True)}
        time.sleep(0.2)
    out, errors = batch.communicate()
    assert "1 passed" in out, out + errors
    assert "bwrap" not in programs


@pytest.mark.timing  # who does not hear from it in time does without
def test_watch_borrows_from_it_and_goes_on_when_it_has_gone(warmed: Place) -> None:
    watch = warmed.start("watch", "01", "--plain")
    try:
        assert "01 A line: 1 of 10 points, failed.\n" in lines(watch, until="1 of 10 points, failed.")
        assert {child.name() for child in psutil.Process(watch.pid).children()} <= {"sh"}  # the janitor of its files
        for process in (each for each in warmed.family() if each.name() != "sh"):  # its janitor
            with suppress(psutil.NoSuchProcess):
                process.kill()
        shutil.copyfile(warmed.course / SOLUTION, warmed.course / "exercises" / "01_line" / "notebook.ipynb")
        assert lines(watch, until="exercises passed.")
        watch.send_signal(signal.SIGINT)
        assert watch.wait(20) == 130
    finally:
        watch.kill()
        watch.communicate()


def lines(process: subprocess.Popen[str], until: str) -> list[str]:
    """What it says next, up to a line with this; nothing where there is none."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if until in line:
            return said
    return []


# --- processes that are killed, or hang ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moment", [0.4, *(pytest.param(at / 10, marks=pytest.mark.soak) for at in range(1, 15) if at != 4)]
)
@pytest.mark.parametrize("victim", ["resident", "what it keeps"])
def test_a_killed_process_of_ours_changes_no_verdict(warmed: Place, victim: str, moment: float) -> None:
    resident, *others = warmed.family()
    kept = [each for each in others if each.is_running() and each.name() != "sh"]  # the janitor is there for both ends
    command = warmed.start("grade", "01", "--notebook", SOLUTION, "--format", "json")
    time.sleep(moment)
    for process in [resident] if victim == "resident" else kept:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    out, errors = command.communicate(timeout=120)
    assert (command.returncode, errors) == (0, "")
    assert json.loads(out)["status"] == "passed"
    if victim == "resident":
        assert not left_of([resident, *others])
        wait_until(lambda: not warmed.folders())


def test_who_is_killed_leaves_nothing_running(warmed: Place) -> None:
    command, running = endless(warmed)
    command.kill()
    command.communicate()
    assert not left_of(running)


def test_ctrl_c_ends_the_grading_with_130(warmed: Place) -> None:
    command, running = endless(warmed)
    command.send_signal(signal.SIGINT)
    out, errors = command.communicate(timeout=30)
    assert (command.returncode, out, errors) == (130, "", "\nStopped.\n")
    assert not left_of(running)


def test_one_that_hangs_is_done_without(warmed: Place) -> None:
    resident = warmed.resident()
    assert resident is not None
    resident.suspend()
    try:
        code, out, errors = warmed.run("grade", "01", "--brief")
    finally:
        resident.resume()
    assert (code, errors) == (1, "") and "points" in out


def test_a_strange_answer_is_done_without(warmed: Place) -> None:
    (folder,) = warmed.folders()
    resident = warmed.resident()
    assert resident is not None
    resident.suspend()
    (folder / "socket").unlink()
    with socket.socket(socket.AF_UNIX) as impostor:
        impostor.bind(str(folder / "socket"))
        impostor.listen()
        threading.Thread(target=lambda: impostor.accept()[0].send(b"what?"), daemon=True).start()
        code, out, errors = warmed.run("grade", "01", "--brief")
    resident.kill()
    assert (code, errors) == (1, "") and "points" in out


def endless(place: Place) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A grading that does not end by itself, and its processes."""
    notebook = json.loads((place.course / SOLUTION).read_text())
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["source"] = "while True: pass"
    path = place.course / "endless.ipynb"
    path.write_text(json.dumps(notebook))
    resident = place.resident()
    assert resident is not None
    before = resident.children(recursive=True)
    command = place.start("grade", "01", "--notebook", str(path))
    running: list[psutil.Process] = []

    def runs() -> bool:
        running[:] = [each for each in resident.children(recursive=True) if each not in before]
        return any(each.cpu_times().user > 1 for each in running)

    wait_until(runs)
    return command, running


def attempts(course: Path) -> int:
    exercise = load(course / "exercises" / "01_line")
    return Progress(exercise.course).standing(exercise).attempts
