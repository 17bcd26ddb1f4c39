"""Runs small programs under the trace, each in a process of its own, forked from one that has TensorFlow imported.

The server half runs in a child interpreter (`python workbench.py`), so that the tests' own process never imports
TensorFlow. A request is one line of JSON, an answer is one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from grader.doctor.investigation import Conclusion, Investigation
    from grader.model import Finding

FILENAME = "<program>"
SECONDS = 120  # one program


class Workbench:
    """`with Workbench() as bench: trace = bench.run(source, plan)`."""

    def __enter__(self) -> Self:
        from grader.inside import TRACE, installation

        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OPENBLAS_NUM_THREADS": "1"}
        self._server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **quiet},
        )
        self._send({"bootstrap": installation(TRACE), "package": TRACE})
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()

    def run(self, source: str, plan: dict[str, Any] | None, setting: str = "program", extra: str = "") -> Any:
        """The trace, if there is a plan. `setting` is "modes" for the development set's namespace; `extra` is evaluated
        at the end."""
        self._send({"source": source, "plan": plan, "setting": setting, "extra": extra})
        assert self._server.stdout is not None
        return json.loads(self._server.stdout.readline())

    def investigate(self, source: str, setting: str = "program") -> Investigation:
        """All runs of a program that the doctor asks for."""
        from grader.doctor.investigation import Investigation

        investigation = Investigation()
        while plan := investigation.next_plan():
            trace = self.run(source, plan.to_options(), setting)
            assert "broke" not in trace, trace.get("traceback", trace["broke"])
            investigation.add(plan, trace)
        return investigation

    def conclude(self, source: str, setting: str = "program") -> Conclusion:
        """What the doctor concludes; that anything of the doctor's failed is an AssertionError."""
        conclusion = self.investigate(source, setting).conclude({None: source})
        assert not conclusion.gaps, conclusion.gaps
        return conclusion

    def examine(self, source: str, setting: str = "program") -> tuple[Finding, ...]:
        """The findings."""
        return self.conclude(source, setting).findings

    def examine_in_process(self, source: str, setting: str = "program", begin: str = "") -> tuple[Finding, ...]:
        """The findings of `with grader.doctor()` around the program, or around what follows once a statement holds
        one of these words; that anything of the doctor's failed is an AssertionError."""
        from grader.model import Finding

        self._send({"source": source, "setting": setting, "begin": begin, "in_process": True})
        assert self._server.stdout is not None
        answer = json.loads(self._server.stdout.readline())
        assert "broke" not in answer, answer.get("traceback", answer["broke"])
        failures = ("nternal error", "hooks", "could not be read")
        assert not any(words in answer["message"] for words in failures), answer["message"]
        return tuple(Finding(**finding) for finding in answer["findings"])

    def _send(self, message: dict[str, Any]) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(message) + "\n")
        self._server.stdin.flush()


# --- the server half ---------------------------------------------------------------------------------------------


def serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import keras  # noqa: F401
    import tensorflow as tf  # noqa: F401

    setup = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        answers.write(in_a_child(json.loads(line), setup) + "\n")
        answers.flush()


def in_a_child(request: dict[str, Any], setup: dict[str, Any]) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        import signal

        signal.alarm(SECONDS)
        try:
            answer = json.dumps(in_process(request) if request.get("in_process") else traced(request, setup))
        except BaseException as error:
            import traceback

            answer = json.dumps({"broke": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()})
        with os.fdopen(writing, "w") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer or json.dumps({"broke": "no answer"})


def traced(request: dict[str, Any], setup: dict[str, Any]) -> Any:
    import linecache

    source = request["source"]
    linecache.cache[FILENAME] = (len(source), None, source.splitlines(keepends=True), FILENAME)
    space = modes_namespace() if request["setting"] == "modes" else {"__name__": "__main__"}
    trace: Any = None
    if request["plan"] is not None:
        exec(setup["bootstrap"], {})
        trace = sys.modules[setup["package"]]
        trace.install(lambda name: 0 if name == FILENAME else None, request["plan"])
    error = None
    try:
        exec(compile(source, FILENAME, "exec"), space)
    except BaseException as raised:
        error = f"{type(raised).__name__}: {raised}"
        if trace is not None and type(raised).__name__ != "StepLimit":
            trace.failed(raised)
    result = {"error": error} if trace is None else trace.fetch()
    if request["extra"]:
        result = {"trace": result, "extra": eval(request["extra"], space)}
    return result


def in_process(request: dict[str, Any]) -> Any:
    import ast
    import linecache
    from dataclasses import asdict

    import grader

    source = request["source"]
    linecache.cache[FILENAME] = (len(source), None, source.splitlines(keepends=True), FILENAME)
    space = modes_namespace() if request["setting"] == "modes" else {"__name__": "__main__"}
    statements = ast.parse(source).body
    words = request["begin"].split()
    own = (number for number, one in enumerate(statements) if any(word in ast.unparse(one) for word in words))
    first = next(own, len(statements)) if words else 0
    before, block = (ast.Module(part, []) for part in (statements[:first], statements[first:]))
    doctor: Any = grader.doctor()  # as a notebook would, which catches what its cells raise
    try:
        exec(compile(before, FILENAME, "exec"), space)
        with doctor as findings:
            exec(compile(block, FILENAME, "exec"), space)
    except BaseException as raised:
        if "findings" not in locals():
            return {"message": f"{type(raised).__name__}: {raised}", "findings": []}
    return {"message": findings.message, "findings": [asdict(finding) for finding in findings]}


def modes_namespace() -> dict[str, Any]:
    """What each snippet of the development set is given (seed 0)."""
    import copy
    import math

    import keras
    import numpy as np
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    rng = np.random.RandomState(0)
    x, y = rng.randn(8, 3).astype("f"), rng.randn(8, 1).astype("f")
    space: dict[str, Any] = {"X": x, "Y": y, "w0": rng.randn(3, 1).astype("f"), "a0": np.float32(1.3)}
    space |= {"lab": rng.randint(0, 3, 8), "W3": rng.randn(3, 3).astype("f"), "v0": rng.randn(5).astype("f")}
    space |= {"tf": tf, "np": np, "keras": keras, "math": math, "copy": copy, "rng": rng, "__name__": "__main__"}

    def net(act: str = "tanh", hidden: int = 4, out: int = 1) -> Any:
        return keras.Sequential(
            [
                keras.layers.Input((3,)),
                keras.layers.Dense(hidden, activation=act, name="hid"),
                keras.layers.Dense(out, name="out"),
            ]
        )

    return {**space, "net": net, "fd": None}


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))
    serve()
