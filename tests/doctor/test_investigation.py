"""The investigation: a trace is read strictly, and what fails afterwards is ours, named, and costs nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grader.commands.doctor import exit_code
from grader.doctor.case import PLAIN, Case
from grader.doctor.file import Wish, diagnose_file
from grader.doctor.investigation import MOST_RUNS, UNREADABLE, Conclusion, Investigation
from grader.doctor.rules import RULES
from grader.doctor.suspect import Suspect
from grader.kernels import KernelSource

from .workbench import Workbench

pytestmark = pytest.mark.kernel

LOST = """\
import tensorflow as tf
w = tf.Variable([1.0, 2.0], name="w")
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.round(w))
print(tape.gradient(loss, w))
"""
KERAS = """\
import keras, tensorflow as tf
layer = keras.layers.Dense(1)
layer.build((2, 1))
layer.trainable = False
"""
# the trace's own code fails at every value that leaves TensorFlow
BLIND = (
    LOST
    + """
import sys
sys.modules["_gradient_trace.boundary"].digest = None
print(w.numpy(), float(loss))
"""
)
FORGED = (
    LOST
    + """
import sys
sys.modules["_gradient_trace"].fetch = lambda: {"steps": "many"}
"""
)


def find_trouble(case: Case) -> Iterator[Suspect]:
    yield Suspect(cause="exception", severity="note", symptom="suspicious", place=len(case.calls))
    raise LookupError("a rule that is wrong")


def conclude(trace: Any, source: str = LOST, investigation: Investigation | None = None) -> Conclusion:
    investigation = investigation or Investigation()
    investigation.add(PLAIN, trace)
    return investigation.conclude({None: source})


# --- reading ------------------------------------------------------------------------------------------------------


def leave_out(trace: Any) -> None:
    del trace["signs"]


def add_a_field(trace: Any) -> None:
    trace["operations"][0].append(1)


def change_a_type(trace: Any) -> None:
    trace["events"][0]["clock"] = "soon"


def invent_a_kind(trace: Any) -> None:
    trace["events"][0]["kind"] = "miracle"


def make_a_circle(trace: Any) -> None:
    trace["operations"][-1][3].append(trace["operations"][-1][4][0])


def name_no_layer(trace: Any) -> None:
    next(event for event in trace["events"] if event["kind"] == "trainable")["layer"] = 7


@pytest.mark.parametrize(
    "forge", [leave_out, add_a_field, change_a_type, invent_a_kind, make_a_circle, name_no_layer, dict.clear]
)
def test_a_forged_trace_gives_no_finding_and_is_said_to_be_unreadable(
    bench: Workbench, forge: Callable[[Any], object]
) -> None:
    trace = bench.run(KERAS + LOST, {})
    assert conclude(copy.deepcopy(trace)).gaps == ()
    forge(trace)
    investigation = Investigation()
    conclusion = conclude(trace, KERAS + LOST, investigation)
    assert (conclusion.findings, conclusion.gaps) == ((), (UNREADABLE,))
    assert investigation.next_plan() is None


# --- what fails afterwards ----------------------------------------------------------------------------------------


def test_a_rule_that_raises_is_named_and_the_others_go_on(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = bench.run(LOST, {})
    without, troubled = conclude(trace), conclude(trace, investigation=Investigation((find_trouble, *RULES)))
    assert without.findings and troubled.findings == without.findings
    assert troubled.failures == ("the rule test_investigation.find_trouble",)
    assert "one part of it failed (the rule test_investigation.find_trouble)" in troubled.gaps[0]
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("GRADER_DEBUG", "1")
    conclude(trace, investigation=Investigation((find_trouble, *RULES)))
    assert "LookupError: a rule that is wrong" in capsys.readouterr().err


def test_a_choice_of_experiments_that_raises_is_named_and_ends_them(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.doctor.plans.compiles", lambda _: 1 / 0)
    investigation = Investigation()
    investigation.add(PLAIN, bench.run(LOST, {}))
    assert investigation.next_plan() is None
    conclusion = investigation.conclude({None: LOST})
    assert conclusion.findings and conclusion.failures == ("the choice of experiments",)


def test_hooks_that_failed_while_the_program_ran_are_counted(bench: Workbench) -> None:
    conclusion = conclude(bench.run(BLIND, {}))
    assert conclusion.findings
    assert conclusion.gaps == ("The doctor's hooks failed 2 times while the code ran, so findings may be missing.",)


def test_no_more_runs_are_asked_for_than_it_may_make(bench: Workbench) -> None:
    investigation = Investigation()
    for _ in range(MOST_RUNS):
        assert investigation.next_plan() is not None
        investigation.add(PLAIN, bench.run(LOST.replace("with", "tf.function(lambda: 1.0)()\nwith"), {}))
    assert investigation.next_plan() is None


# --- what is said of a file ---------------------------------------------------------------------------------------


def test_a_file_has_its_other_findings_and_the_same_exit_code_when_a_rule_raises(
    warm: KernelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    for name, text in (("lost.py", LOST), ("healthy.py", LOST.replace("tf.round(w)", "w"))):
        (tmp_path / name).write_text(text)
    files = [tmp_path / "lost.py", tmp_path / "healthy.py"]

    def examine_all() -> list[Any]:
        return [diagnose_file(file, warm, Wish(), lambda _: None) for file in files]

    without = examine_all()
    monkeypatch.setattr("grader.doctor.examine.Investigation", partial(Investigation, (*RULES, find_trouble)))
    troubled = examine_all()
    assert [one.findings for one in troubled] == [one.findings for one in without]
    assert [exit_code([one]) for one in troubled] == [exit_code([one]) for one in without] == [1, 0]
    assert all("one part of it failed" in one.message for one in troubled)
    assert [one.healthy for one in without] == [False, True]
    assert [one.healthy for one in troubled] == [False, None]  # health is claimed only where all was examined


def test_a_file_that_forges_its_trace_is_told_so(warm: KernelSource, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "forged.py").write_text(FORGED)
    diagnosis = diagnose_file(tmp_path / "forged.py", warm, Wish(), lambda _: None)
    assert (diagnosis.status, diagnosis.healthy, diagnosis.findings) == ("examined", None, ())
    assert diagnosis.message == UNREADABLE
