"""Functions are entered so that their lines are known, and nothing of them runs."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

import pytest

from grader.execution.session import open_session
from grader.inside import lines
from grader.kernels import KernelRequest, open_source

from ..conftest import notebook

pytestmark = pytest.mark.skipif(not lines.HELPS, reason="other versions of Python keep no array of lines")

ENTERED = """
import asyncio, sys, time
from grader.inside import lines

ran = []
LONG = "\\n".join("        x = n" for n in range(30_000))
scope = {"ran": ran, "sys": sys, "__name__": "keras.src.made_up"}
exec(f'''
def plain(n, *more, key, **others):
    ran.append("plain")
    if n < 0:
{LONG}
    return sys._getframe().f_lineno if n else others

def outer(n):
    def inner(m=n):
        ran.append("inner")
        return n, m
    return inner

def generator(n):
    try:
        ran.append("generator")
        yield n
    finally:
        ran.append("finally")

async def coroutine(n):
    ran.append("coroutine")

class Thing:
    @property
    def value(self):
        ran.append("value")
''', scope)

def seconds(n):
    best = 1.0
    for _ in range(20):
        begun = time.perf_counter()
        line = scope["plain"](n, key=1)
        best = min(best, time.perf_counter() - begun)
    return best, line

def trace(*_):
    raise AssertionError("left on")

before, line = seconds(3)
ran.clear()
lines.make_arrays()
assert sys.gettrace() is None
assert not ran, ran
after, same = seconds(3)
assert same == line > 30_000, (same, line)
assert 4 * after < before, (after, before)
assert list(scope["generator"](1)) == [1] and asyncio.run(scope["coroutine"](1)) is None
assert ran[-3:] == ["generator", "finally", "coroutine"]
"""


@pytest.mark.timing
def test_a_function_is_entered_without_a_line_of_it_being_run() -> None:
    done = subprocess.run([sys.executable, "-c", ENTERED], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


LOOKUP = """
import ctypes, time
from tensorflow.python.ops import nn_ops

look_up = ctypes.pythonapi.PyCode_Addr2Line
look_up.argtypes = [ctypes.py_object, ctypes.c_int]
codes = [thing.__code__ for thing in vars(nn_ops).values() if hasattr(thing, "__code__")]
code = max(codes, key=lambda code: len(code.co_code))
best = 1.0
for _ in range(9):
    begun = time.perf_counter()
    for _ in range(200):
        look_up(code, len(code.co_code) - 2)
    best = min(best, time.perf_counter() - begun)
raise RuntimeError(best)
"""


@pytest.mark.kernel
@pytest.mark.timing
def test_kernels_after_the_third_look_lines_up() -> None:
    seconds = []
    with closing(open_source("warm")) as source:
        for _ in range(4):
            with open_session(source, KernelRequest(device="cpu")) as session:
                error = session.run(notebook(LOOKUP)).error
                assert error is not None
                seconds.append(float(error.message))
    assert 2 * seconds[3] < min(seconds[:3])
