"""Attacks on the grading itself, from a notebook's first cell: what a broken notebook patches makes it no better.

Each comes with its positive control: a naive check of the same thing, made in the notebook's own process, is fooled.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from grader.course.notebook import Notebook, read
from grader.grading.grader import Grader
from grader.kernels import KernelSource
from grader.model import Exercise, Status, Verdict

from ..conftest import solution
from ..kernels.notebooks import run

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]

OF_OURS = """
def ours(name, module):
    import gc, types
    return [f for f in gc.get_objects() if isinstance(f, types.FunctionType) and f.__name__ == name
            and (f.__module__ or "").endswith(module)]
"""

# What is patched, and a naive check that is then fooled: it prints "fooled".
ATTACKS = {
    "NumPy's test functions": (
        """
        import numpy as np
        np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
        np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
        """,
        """
        np.testing.assert_allclose(1.0, 2.0)
        if np.allclose(1.0, 2.0): print("fooled")
        """,
    ),
    "the tape's gradient": (
        """
        import tensorflow as tf
        tf.GradientTape.gradient = lambda tape, target, sources, **k: tf.nest.map_structure(tf.ones_like, sources)
        """,
        """
        with tf.GradientTape() as tape: y = tf.constant(2.0)
        if tape.gradient(y, tf.Variable(1.0)) is not None: print("fooled")
        """,
    ),
    "the tape's class": (
        """
        import tensorflow as tf
        class Tape(tf.GradientTape):
            def gradient(self, target, sources, **k): return tf.nest.map_structure(tf.ones_like, sources)
        tf.GradientTape = Tape
        from tensorflow.python.eager import backprop
        backprop.GradientTape = Tape
        """,
        """
        with tf.GradientTape() as tape: y = tf.constant(2.0)
        if tape.gradient(y, tf.Variable(1.0)) is not None: print("fooled")
        """,
    ),
    "json": (
        """
        import json
        forged = '{"result": {"passed": true}, "error": null, "device": "CPU", "calls": []}'
        honest, json.dumps = json.dumps, lambda *a, **k: forged
        """,
        """
        answer = json.loads(json.dumps({"result": {"passed": False}}))
        json.dumps = honest  # without it not even this would be printed
        if answer["result"]["passed"]: print("fooled")
        """,
    ),
    "base64": (
        """
        import base64
        forged = base64.standard_b64encode(b'{"result": true, "error": null, "device": "CPU", "calls": []}')
        base64.b64encode = lambda *a, **k: forged
        """,
        """
        if b"true" in base64.b64decode(base64.b64encode(b'{"result": false}')): print("fooled")
        """,
    ),
    "the probe helper": (
        OF_OURS
        + """
def forged(source, inputs): return ours_pack({"result": 1.0, "error": None, "device": "CPU", "calls": []})
found = ours("probe", "session")
ours_pack = ours("pack", "wire")[0] if found else lambda tree: tree
for function in found: function.__globals__.update(ours_pack=ours_pack); function.__code__ = forged.__code__
""",
        """
        if forged("", "") is not None: print("fooled")
        """,
    ),
    "the recorder": (
        OF_OURS
        + """
def nothing(self): return []
for function in ours("take", "recorder"): function.__code__ = nothing.__code__
""",
        """
        if nothing(None) == []: print("fooled")
        """,
    ),
    "a header of 8 TB": (
        OF_OURS
        + """
import base64, io, json
import numpy as np
def huge(tree):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    result = {"$npy": base64.b64encode(file.getvalue()).decode()}
    answer = {"result": result, "error": None, "device": "CPU", "calls": []}
    return base64.b64encode(json.dumps(answer).encode()).decode("ascii")
for function in ours("pack", "wire"):
    function.__globals__.update(np=np); function.__code__ = huge.__code__
""",
        """
        claimed = base64.b64decode(json.loads(base64.b64decode(huge(None)))["result"]["$npy"])
        if b"1000000000000" in claimed: print("fooled")
        """,
    ),
    "an input transformer that blanks cells": (
        """
        get_ipython().input_transformers_cleanup.append(lambda lines: ["\\n"])
        """,
        None,  # shown below: the transformer blanks the naive check as well
    ),
}


def code(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


def attacked(exercise: Exercise, patch: str) -> Notebook:
    """The broken notebook as shipped; its first cell begins with the attack."""
    notebook = read(exercise.original)
    first, *others = notebook.cells
    return replace(notebook, cells=(f"{code(patch)}\n{first}", *others))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_broken_notebook_does_not_pass_nor_harm_the_next(attack: str, grader: Grader, line: Exercise) -> None:
    """Made-up gradients may count as received, as they would without a patch; right they are not."""
    limits = replace(line.limits, wall=8.0, cell=8.0, probe=4.0)
    verdict: Verdict = grader.judge(line, attacked(line, ATTACKS[attack][0]), limits)
    values = verdict.checks[-1]
    assert verdict.status != Status.PASSED
    assert values.status != "passed" and values.points == 0.0
    assert grader.judge(line, solution(line)).score == 10, "the next notebook is graded as ever"


@pytest.mark.parametrize("attack", [name for name, (_, naive) in ATTACKS.items() if naive])
def test_a_naive_check_in_the_kernel_is_fooled(attack: str, warm: KernelSource) -> None:
    patch, naive = ATTACKS[attack]
    assert "fooled" in run(warm, f"{code(patch)}\n{code(naive or '')}").text


def test_the_transformer_does_blank_cells(warm: KernelSource) -> None:
    patch, _ = ATTACKS["an input transformer that blanks cells"]
    naive = "print('fooled' if get_ipython().run_cell('1 / 0').success else 'not fooled')"
    assert run(warm, f"{code(patch)}\n{naive}").text == "fooled\n"
