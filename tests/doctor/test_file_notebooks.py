"""Notebooks as they are found elsewhere: cells that are meant to raise, kernels of other languages, modules beside the
file, programs that set TensorFlow up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.doctor.file import Wish, diagnose_file, visible
from grader.kernels import KernelSource, open_source

pytestmark = pytest.mark.kernel

TRAIN = """\
import tensorflow as tf
w = tf.Variable(1.0, name="w")
with tf.GradientTape() as tape:
    loss = tf.round(w)
print(tape.gradient(loss, w))
"""


def write_notebook(path: Path, cells: list[tuple[str, list[str]]], language: str = "python") -> Path:
    rows = [{"cell_type": "code", "source": source, "metadata": {"tags": tags}} for source, tags in cells]
    metadata = {"kernelspec": {"name": "any", "display_name": "any", "language": language}}
    path.write_text(json.dumps({"cells": rows, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_a_cell_that_may_raise_does_not_end_the_notebook(warm: KernelSource, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    file = write_notebook(tmp_path / "a.ipynb", [("1 / 0", ["raises-exception"]), (TRAIN, [])])
    diagnosis = diagnose_file(file, warm, Wish(), lambda _: None)
    assert diagnosis.status == "examined"
    assert [(one.cause, one.cell, one.line) for one in diagnosis.findings] == [("nondifferentiable_op", 2, 4)]


def test_a_notebook_of_another_language_is_told_so(warm: KernelSource, tmp_path: Path) -> None:
    file = write_notebook(tmp_path / "a.ipynb", [("x = 1", [])], language="julia")
    diagnosis = diagnose_file(file, warm, Wish(), lambda _: None)
    assert diagnosis.status == "unreadable"
    assert diagnosis.message == f"{file} is a notebook for julia, and only Python is examined."


def test_a_line_in_a_module_beside_the_file_is_named_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "steps.py").write_text("import tensorflow as tf\n\n\ndef forward(w):\n    return tf.round(w)\n")
    file = tmp_path / "train.py"
    file.write_text("from steps import forward\n" + TRAIN.replace("tf.round(w)", "forward(w)"))
    source = open_source(visible=visible((file,), ()))
    try:
        (finding,) = diagnose_file(file, source, Wish(), lambda _: None).findings
    finally:
        source.close()
    assert (finding.module, finding.cell, finding.line, finding.source) == ("steps.py", None, 5, "return tf.round(w)")
