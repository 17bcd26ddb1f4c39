"""How good it is without a second run: a part of what `benchmarks/doctor_eval.py --in-process BLOCK` measures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.doctor.workbench import Workbench

MODES = json.loads((Path(__file__).parents[1] / "doctor" / "modes.json").read_text())
SAMPLE = [mode for mode in MODES if not mode["traceless"]][3::15]
LINES, SILENT = 0.85, 0.97  # shares that are promised

pytestmark = pytest.mark.kernel


def is_right(mode: dict[str, Any], line: int | None) -> bool:
    culprits = mode["culprit_line_contains"]
    lines = mode["broken"].splitlines()
    return line is not None and any(culprit in lines[line - 1] for culprit in culprits)


@pytest.mark.parametrize("begin", ["", "GradientTape .fit( tf.function"], ids=["whole", "training"])
def test_the_right_line_comes_first_and_right_repairs_are_left_alone(bench: Workbench, begin: str) -> None:
    found = {mode["id"]: bench.examine_in_process(mode["broken"], "modes", begin) for mode in SAMPLE}
    right = [mode["id"] for mode in SAMPLE if found[mode["id"]] and is_right(mode, found[mode["id"]][0].line)]
    assert len(right) >= LINES * len(SAMPLE), found
    repairs = [mode["right"][0] for mode in SAMPLE if mode["right"]]
    alarms = [
        (repair, finding.message)
        for repair in repairs
        for finding in bench.examine_in_process(repair, "modes", begin)
        if finding.severity == "error"
    ]
    assert len(alarms) <= (1 - SILENT) * len(repairs), alarms
