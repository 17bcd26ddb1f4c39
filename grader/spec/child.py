"""The judging process: reads jobs of two lines (which spec; the evidence), answers one line each.

For each spec it forks a process that collects it once: collecting takes pytest five times as long as running. That one
judges each evidence in a fork of its own, with nothing of the submission judged before. Where there is no fork
(Windows) the process judges one job and ends; the parent starts another.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO

import pytest
from pydantic import TypeAdapter

from grader.model import CheckSpec
from grader.resident.helper import connections
from grader.spec.evidence import thaw
from grader.spec.plugin import Pair, SpecPlugin

CHECKS = TypeAdapter(tuple[CheckSpec, ...])
SLOW_PLUGINS = ("-p", "no:unraisableexception", "-p", "no:threadexception")  # they collect garbage twice: 25 ms
EMPTY_CONFIGURATION = Path(__file__).with_name("pytest.ini")
RAN = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)  # by errors in collecting

Answer = dict[str, Any]  # `results` by check, or `problem` where the spec itself is broken


def judge(spec: str, evidence: Callable[[], Pair]) -> Answer:
    """Collect the spec, then ask for the evidence and run the spec on it."""
    try:
        asked = json.loads(spec)
        plugin = SpecPlugin(CHECKS.validate_python(asked["checks"]), evidence)
        code = _pytest(asked["folder"], asked["files"], [plugin])
    except Exception as error:
        return _broken(f"{type(error).__name__}: {error}")
    problems = plugin.problems or ([] if code in RAN else [f"pytest could not run it ({code})"])
    return {"results": plugin.results, "problem": "; ".join(problems)}


def rehearse() -> None:
    """Judge nothing, so that what pytest imports on the way has been imported before any fork."""
    here = str(EMPTY_CONFIGURATION.parent)  # no tests lie here
    _pytest(here, [here], [])


def _pytest(root: str, files: Iterable[str], plugins: list[SpecPlugin]) -> int:
    arguments = ["-c", EMPTY_CONFIGURATION, "--rootdir", root, "--noconftest", "-p", "no:cacheprovider"]
    arguments += ["-p", "no:terminal", *SLOW_PLUGINS, "--assert=plain", "--import-mode=importlib", *files]
    return pytest.main([str(argument) for argument in arguments], plugins=plugins)


def _broken(problem: str) -> Answer:
    return {"results": {}, "problem": problem}


def _ended(status: int) -> Answer:
    return _broken(f"the judging process ended with status {os.waitstatus_to_exitcode(status)}")


def _tell(out: TextIO, answer: Answer) -> None:
    out.write(json.dumps(answer) + "\n")
    out.flush()


def _pair(line: str) -> Pair:
    job = json.loads(line)
    return thaw(job["learner"]), thaw(job["reference"]) if job["reference"] else None


class Collected:
    """A process in which a spec has been collected, and which judges evidence by it."""

    def __init__(self, spec: str) -> None:
        self.spec = spec
        jobs, to_it = os.pipe()
        from_it, out = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(to_it)
            os.close(from_it)
            _judge_all(spec, os.fdopen(jobs, encoding="utf-8"), os.fdopen(out, "w", encoding="utf-8"))
        os.close(jobs)
        os.close(out)
        self._to, self._from = os.fdopen(to_it, "wb"), os.fdopen(from_it, encoding="utf-8")

    def judge(self, evidence: str) -> str:
        """The line of answer to a line of evidence; "" when the process is gone."""
        with suppress(BrokenPipeError):
            self._to.write(evidence.encode())
            self._to.flush()
        return self._from.readline()

    def end(self) -> int:
        """End it, if it has not ended already; its status."""
        with suppress(BrokenPipeError):
            self._to.close()
        self._from.close()
        os.kill(self._pid, signal.SIGKILL)  # to close the pipe is not enough: processes forked later hold it too
        return os.waitpid(self._pid, 0)[1]


def _judge_all(spec: str, jobs: TextIO, out: TextIO) -> NoReturn:
    """Collect the spec, and from there fork for each line of evidence."""
    collector = os.getpid()

    def evidence() -> Pair:
        gc.collect()
        gc.freeze()  # the collector of a fork must not write to every page that it shares
        for line in jobs:
            pid = os.fork()
            if pid == 0:
                return _pair(line)
            status = os.waitpid(pid, 0)[1]
            if status != 0:
                _tell(out, _ended(status))
        os._exit(0)

    try:
        answer = judge(spec, evidence)
        for _job in jobs if os.getpid() == collector else ("mine",):  # the collector comes here if it can't collect
            _tell(out, answer)
    finally:
        os._exit(0)


class Bench:
    """All specs that have been collected here."""

    def __init__(self) -> None:
        sys.dont_write_bytecode = True
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
            os.environ.pop(name, None)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        self._specs: dict[str, Collected] = {}
        if hasattr(os, "fork"):
            rehearse()

    def attend(self, jobs: TextIO, out: TextIO) -> bool:
        """Answer the next job; whether there was one."""
        spec = jobs.readline()
        if not spec:
            return False
        if not hasattr(os, "fork"):
            _tell(out, judge(spec, lambda: _pair(jobs.readline())))
            return False
        out.write(self._judged(spec, jobs.readline()))
        out.flush()
        return True

    def _judged(self, spec: str, evidence: str) -> str:
        folder, specs = json.loads(spec)["folder"], self._specs
        if folder in specs and specs[folder].spec != spec:  # its author has changed it
            specs.pop(folder).end()
        if folder not in specs:
            specs[folder] = Collected(spec)
        return specs[folder].judge(evidence) or json.dumps(_ended(specs.pop(folder).end())) + "\n"


def serve() -> None:
    """Answer jobs until the parent closes the pipe. What specs print goes nowhere: stdout carries answers only."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    bench = Bench()
    while bench.attend(sys.stdin, out):
        pass


def serve_all(control: socket.socket) -> None:
    """Be a helper of the resident grader: answer the jobs of every connection that comes, until it ends."""
    bench = Bench()
    for connection in connections(control):
        with suppress(OSError, ValueError), connection.makefile("rw", encoding="utf-8") as stream:
            if bench.attend(stream, stream):
                continue
        connection.close()  # whoever asked has gone


if __name__ == "__main__":
    serve()
