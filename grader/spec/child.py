"""The judging process: reads one job a line, answers one line, and judges each in a fork of its own.

A fork starts with pytest and NumPy imported and with nothing of the submission judged before it. Where there is no
fork (Windows) the process judges one job and ends; the parent starts another.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import pytest
from pydantic import TypeAdapter

from grader.evidence import thaw
from grader.model import CheckSpec
from grader.spec.plugin import SpecPlugin

CHECKS = TypeAdapter(tuple[CheckSpec, ...])
SLOW_PLUGINS = ("-p", "no:unraisableexception", "-p", "no:threadexception")  # they collect garbage twice: 25 ms
EMPTY_CONFIGURATION = Path(__file__).with_name("pytest.ini")


def judge(job: dict[str, Any]) -> dict[str, Any]:
    """Run the spec on the evidence; the answer has `results` by check, or `problem` where the spec itself is broken."""
    reference = thaw(job["reference"]) if job["reference"] else None
    plugin = SpecPlugin(CHECKS.validate_python(job["checks"]), thaw(job["learner"]), reference)
    _pytest(job["spec"], job["files"], [plugin])
    return {"results": plugin.results, "problem": "; ".join(plugin.problems)}


def rehearse() -> None:
    """Judge nothing, so that every fork finds imported what pytest imports as it goes, and collects no garbage of ours:
    together 0.07 s become 0.035."""
    here = str(EMPTY_CONFIGURATION.parent)  # no tests lie here
    _pytest(here, [here], [])
    gc.collect()
    gc.freeze()


def _pytest(root: str, files: Sequence[str], plugins: list[SpecPlugin]) -> None:
    arguments = ["-c", EMPTY_CONFIGURATION, "--rootdir", root, "--noconftest", "-p", "no:cacheprovider"]
    arguments += ["-p", "no:terminal", *SLOW_PLUGINS, "--assert=plain", "--import-mode=importlib", *files]
    pytest.main([str(argument) for argument in arguments], plugins=plugins)


def answer(line: str, out: TextIO) -> None:
    try:
        told = judge(json.loads(line))
    except Exception as error:
        told = {"results": {}, "problem": f"{type(error).__name__}: {error}"}
    out.write(json.dumps(told) + "\n")
    out.flush()


def serve() -> None:
    """Answer jobs until the parent closes the pipe. What specs print goes nowhere: stdout carries answers only."""
    sys.dont_write_bytecode = True
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if hasattr(os, "fork"):
        rehearse()
    while line := sys.stdin.readline():
        if not hasattr(os, "fork"):
            return answer(line, out)
        pid = os.fork()
        if pid == 0:
            try:
                answer(line, out)
            finally:
                os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status != 0:
            out.write(json.dumps({"results": {}, "problem": f"the judging process ended with status {status}"}) + "\n")
            out.flush()
    return None


if __name__ == "__main__":
    serve()
