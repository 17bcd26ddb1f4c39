"""The commands as a shell sees them: output, files and exit codes. Runs `python -m grader` on the fixture course."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import psutil
import pytest

from grader.cli import COMMANDS

from .command_line import grader
from .conftest import alone, left_of

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "results.schema.json").read_text())


# --- pipes --------------------------------------------------------------------------------------------------------

QUICK = [["--help"], ["list"], ["explain"], ["explain", "GRAD002"], ["hint", "01"], ["reset", "01"], ["nothing"]]
WITH_A_KERNEL = [["01"], ["01", "--format", "json"], ["env"], ["verify", "01"]]


@pytest.mark.parametrize(
    "arguments", [*QUICK, *(pytest.param(each, marks=pytest.mark.kernel) for each in WITH_A_KERNEL)], ids=" ".join
)
def test_a_command_whose_output_nobody_reads_ends_quietly(course: Path, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "grader", *arguments]
    with os.fdopen(writer) as out:
        ended = subprocess.run(
            command, cwd=course, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=180
        )
    if arguments == ["nothing"]:  # has its error to tell on stderr, and no output
        assert ended.returncode == 2 and b"There is no exercise nothing" in ended.stderr
    else:
        assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_command_whose_errors_nobody_reads_ends_quietly_too(course: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as out:
        command = [sys.executable, "-m", "grader", "nothing"]
        assert subprocess.run(command, cwd=course, stdout=out, stderr=out, timeout=180).returncode == 141


# --- grading ------------------------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_a_learners_way_from_the_first_grading_to_the_debrief(course: Path) -> None:
    first = grader("exercises/01", cwd=course)
    assert first.returncode == 1
    assert "1 / 10 points" in first.stdout and "failed" in first.stdout
    assert "intercept received None" in first.stdout
    assert "Traceback" not in first.stdout + first.stderr
    report = course / "reports" / "01_line.html"
    assert f"Full report: {report}" in first.stdout.replace("\n", " ") and report.is_file()

    hints = [grader("hint", "01", cwd=course).stdout for _ in range(4)]
    assert "hint 1 of 4" in hints[0] and "A tape follows" in hints[0]
    assert "Print the gradients after the first step: which variable gets `None`?\n" in hints[1]
    assert "hint 3 of 4" in hints[2] and "it is the last" in hints[3]
    listed = grader("list", cwd=course).stdout
    assert " · 01  A line  gradient tapes  10 min  1 / 10\n" in listed
    assert "       1 attempt; open: slope and intercept receive a gradient\n" in listed
    assert "1 of 1 exercise is open, about 10 minutes." in listed

    shutil.copy(course / "solutions" / "01_line.ipynb", course / "exercises" / "01_line" / "notebook.ipynb")
    second = grader("01", cwd=course)
    assert second.returncode == 0
    assert "10 / 10 points" in second.stdout
    assert "In real code this is a scaling step in NumPy" in report.read_text()
    assert "✓ 01  A line  gradient tapes  10 min  passed" in grader("list", cwd=course).stdout
    assert "All exercises passed" in grader("list", cwd=course).stdout

    reset = grader("reset", "01", cwd=course)
    folder = course / "exercises" / "01_line"
    assert (folder / "notebook.ipynb").read_bytes() == (folder / ".original.ipynb").read_bytes()
    assert (folder / "notebook.mine-1.ipynb").read_bytes() == (course / "solutions" / "01_line.ipynb").read_bytes()
    assert "notebook.mine-1.ipynb" in reset.stdout
    assert grader("report", "01", cwd=course).stdout.strip() == str(report)


@pytest.mark.kernel
def test_json_on_stdout_is_the_results_and_nothing_else(course: Path) -> None:
    done = grader("grade", "01", "--format", "json", "--output", "out", cwd=course)
    results = json.loads(done.stdout)
    jsonschema.validate(results, SCHEMA)
    assert done.returncode == 1
    assert (results["status"], results["score"], results["max_score"]) == ("failed", 1.0, 10.0)
    assert done.stderr == ""
    written = json.loads((course / "out" / "01_line.json").read_text())
    assert written == results
    assert not (course / "reports").exists()


@pytest.mark.kernel
def test_another_notebook_of_the_exercise_can_be_graded_and_costs_no_attempt(course: Path) -> None:
    done = grader("grade", "line", "--notebook", "solutions/01_line.ipynb", "--brief", cwd=course)
    assert done.returncode == 0
    assert "not begun" in grader("list", cwd=course).stdout


@pytest.mark.kernel
def test_a_time_limit_on_the_command_line_holds(course: Path) -> None:
    path = course / "exercises" / "01_line" / "notebook.ipynb"
    path.write_text(path.read_text().replace("losses = []", "while True: pass"))
    done = grader("grade", "01", "--timeout", "2", cwd=course)
    assert done.returncode == 1
    assert "timed out" in done.stdout.lower() or "timed_out" in done.stdout
    assert "exceeded the limit of 2 s" in done.stdout


@pytest.mark.kernel
def test_any_limit_on_the_command_line_holds(course: Path) -> None:
    path = course / "exercises" / "01_line" / "notebook.ipynb"
    path.write_text(path.read_text().replace("losses = []", "print('x' * 3_000_000)"))
    done = grader("grade", "01", "--limit", "output=2", "--limit", "cell=30", cwd=course)
    assert done.returncode == 1
    assert "exceeded the limit of 2 MB" in " ".join(done.stdout.split())


@pytest.mark.parametrize("limit", ["colour=3", "cell", "cell=never", "cell=-1", "output=nan"])
def test_a_limit_that_is_none_is_one_sentence(course: Path, limit: str) -> None:
    done = grader("grade", "01", "--limit", limit, cwd=course)
    assert done.returncode == 2
    assert limit in done.stderr and "Traceback" not in done.stderr


@pytest.mark.kernel
def test_a_gpu_that_is_not_there_is_a_reason_and_a_next_step(course: Path) -> None:
    done = grader("grade", "01", "--device", "gpu", cwd=course, CUDA_VISIBLE_DEVICES="-1")
    assert done.returncode == 2
    assert "There is no GPU that TensorFlow can use" in done.stderr and "--device cpu" in done.stderr
    assert done.stdout == ""


# --- what can't be graded ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["07"], "There is no exercise 07"),
        (["grade", "01", "--notebook", "gone.ipynb"], "gone.ipynb can't be read: No such file or directory."),
        (["grade", "01", "--notebook", "exercises/01_line/exercise.toml"], "is not a notebook"),
        (["grade", "01", "--device", "tpu"], "'tpu' is not one of"),
        (["grade"], "Missing argument 'EXERCISE'"),
        (["lsit"], "There is no command and no exercise lsit (did you mean `list`?)."),
        (["lien"], "There is no exercise lien (did you mean `line`?); there are: 01_line."),
        (["grade", "01", "--limit", "cel=3"], "sets no limit (did you mean `cell`?)."),
        (["explain", "detatched_numpy"], "(did you mean `detached_numpy`?)"),
        (["report", "01"], "There is no report of 01_line yet."),
    ],
)
def test_bad_input_is_one_sentence_on_stderr_and_exit_code_2(course: Path, arguments: list[str], sentence: str) -> None:
    done = grader(*arguments, cwd=course)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.kernel
def test_a_notebook_of_another_exercise_is_ungradable_also_as_json(course: Path) -> None:
    path = course / "exercises" / "01_line" / "notebook.ipynb"
    path.write_text(path.read_text().replace('"exercise": "01_line"', '"exercise": "02_other"'))
    done = grader("grade", "01", "--format", "json", cwd=course)
    results = json.loads(done.stdout)
    jsonschema.validate(results, SCHEMA)
    assert (done.returncode, results["status"]) == (2, "ungradable")
    assert "belongs to exercise 02_other" in results["message"]
    assert "not begun" in grader("list", cwd=course).stdout


@pytest.mark.kernel
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("delay", [0.0, 0.5, 3.0])
def test_ctrl_c_ends_with_130_and_leaves_no_process_behind(course: Path, delay: float) -> None:
    path = course / "exercises" / "01_line" / "notebook.ipynb"
    path.write_text(path.read_text().replace("losses = []", "while True: pass"))
    command, pipe = [sys.executable, "-m", "grader", "01"], subprocess.PIPE
    process = subprocess.Popen(command, cwd=course, env=alone(), stdout=pipe, stderr=pipe, text=True)
    while not psutil.Process(process.pid).children():  # before, Python itself is starting
        time.sleep(0.01)
    time.sleep(delay)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert not left_of(family)


def test_ctrl_c_while_a_text_is_run_ends_with_130_too(tmp_path: Path) -> None:
    """Under `python -m`, Python remembers an interrupt that passed through an exec, though it was seen to."""
    (tmp_path / "interrupted.py").write_text(
        "import runpy\nfrom grader.cli import grader\n"
        "grader.main = lambda *_, **__: exec('raise KeyboardInterrupt')\n"
        "runpy.run_module('grader', run_name='__main__')\n"
    )
    command = [sys.executable, "-m", "interrupted"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (130, "Stopped.\n")


# --- help -------------------------------------------------------------------------------------------------------------


def test_every_command_has_help_and_stands_in_the_readme(course: Path) -> None:
    listed = re.findall(r"^  (\w+) ", grader("--help", cwd=course).stdout.split("Commands:")[1], re.MULTILINE)
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert set(listed) <= set(COMMANDS) and "grade" in listed
    for name in listed:
        help_text = grader(name, "--help", cwd=course).stdout
        assert help_text.startswith("Usage: python -m grader"), name
        assert f"python -m grader {name}" in readme or name == "grade", f"the README does not show {name}"


@pytest.mark.kernel
def test_env_says_in_a_sentence_whether_the_doctor_works_and_lists_its_hooks_on_request(course: Path) -> None:
    told = grader("env", cwd=course)
    assert " ✓ gradient doctor: It can follow gradients" in told.stdout
    assert "backward" not in told.stdout and told.stderr == ""
    assert " ✓ backward: works\n" in grader("env", "--details", cwd=course).stdout


def test_without_arguments_the_help_is_shown(course: Path) -> None:
    done = grader(cwd=course)
    assert "Usage: python -m grader" in done.stdout + done.stderr
