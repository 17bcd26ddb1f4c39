"""The benchmarks can be run, and figure as they say. What they find is nobody's test: that depends on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from grader.course.catalogue import load
from grader.course.notebook import read
from grader.grading.grader import Grader
from grader.model import Status

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    found: ModuleType = pytest.importorskip("measuring")
    return found


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from workload import course

    with course() as folder:
        yield folder


def test_each_program_starts_and_says_what_it_does() -> None:
    here = BENCHMARKS.parent
    lines = (here / "Makefile").read_text().splitlines()
    programs = [line.split()[1:] for line in lines if line.startswith("\t@.venv/bin/python ")]
    assert len(programs) >= 6
    for program in [*programs, ["benchmarks/peers.py"]]:
        told = subprocess.run([sys.executable, *program, "--help"], cwd=here, capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        assert "usage:" in told.stdout


def test_rounds_are_interleaved(measuring: ModuleType) -> None:
    seen = []

    def measure(name: str, figure: float) -> dict[str, float]:
        seen.append(name)
        return {name: figure}

    measures = [partial(measure, "a", 1.0), partial(measure, "b", 2.0)]
    assert measuring.interleaved(measures, 2) == {"a": [1.0, 1.0], "b": [2.0, 2.0]}
    assert seen == ["a", "b", "a", "b"]


def test_a_round_on_a_busy_machine_does_not_move_a_ratio(measuring: ModuleType) -> None:
    figures = {"a": [1.0, 10.0, 1.1], "b": [2.0, 20.0, 2.2]}
    assert measuring.ratio(figures, "b", "a") == pytest.approx(2.0)


@pytest.mark.parametrize(("limit", "code"), [(3.0, 0), (1.0, 1)])
def test_the_exit_code_tells_whether_targets_are_met(
    measuring: ModuleType, capsys: pytest.CaptureFixture[str], limit: float, code: int
) -> None:
    part = measuring.Part("t", {"a": [2.0]}, "a", "s", (measuring.Target("a", 2.0, limit),))
    assert measuring.show("b", [part], [], as_json=True) == code
    (told,) = json.loads(capsys.readouterr().out)["parts"]
    assert told["rows"] == [{"name": "a", "median": 2.0, "ratio": 1.0, "runs": [2.0]}]
    assert told["targets"][0]["met"] is (code == 0)


def test_a_command_that_fails_is_no_measurement(measuring: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 7"):
        measuring.command_seconds([sys.executable, "-c", "raise SystemExit(7)"], tmp_path)


def test_the_course_has_every_shipped_exercise_and_the_benchmark(folder: Path) -> None:
    shipped = {path.parent.name for path in (BENCHMARKS.parent / "exercises").glob("*/exercise.toml")}
    assert {path.name for path in (folder / "exercises").iterdir()} == {*shipped, "00_benchmark"}


@pytest.mark.kernel
def test_the_benchmark_notebook_passes_every_check(folder: Path, grader: Grader) -> None:
    exercise = load(folder / "exercises" / "00_benchmark")
    verdict = grader.judge(exercise, read(exercise.notebook))
    assert (verdict.status, verdict.score) == (Status.PASSED, 10)


@pytest.mark.soak
@pytest.mark.kernel
def test_the_recorder_is_measured_while_it_records() -> None:
    command = [sys.executable, str(BENCHMARKS / "recorder.py"), "--runs", "1", "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    assert [len(part["rows"]) for part in told["parts"]] == [2, 2]
    assert told["notes"][0].startswith("Recorded: ")
