"""The trace of a training program: what it did with its tapes, tensors, variables and optimizers, as plain data.

    install(locate, plan)    before the first cell; says which hooks work here
    failed(error)            for each exception that a cell raised
    fetch()                  the trace, a tree of dicts, lists, numbers and strings

It runs in the process that runs the learner's code, changes no number there, and believes nothing: what the trace
means is decided elsewhere. Each hook is tried out at the start on a small program and left out where it fails.
A plan asks for one experiment: {"eager": True} runs compiled functions line by line, {"nudge": [[variable, write,
size], ...]} moves variables a little, {"custom_gradients": True} measures custom gradients against their forward
pass, {"steps": n} stops after n optimizer steps, {"seed": n} seeds all generators. {"at_startup": True}: nothing is
computed before the program's first line, so that it can still set TensorFlow up.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from . import failures, hooks
from .log import Log

Tree = Any
_session: hooks.Session | None = None


def install(locate: Callable[[str], int | None], plan: dict[str, Any] | None = None) -> dict[str, str]:
    """Begins tracing. Returns for each hook "works", or why it is left out."""
    global _session
    remove()
    plan = dict(plan or {})
    _session = hooks.begin(Log(locate, plan))
    if "seed" in plan:
        import keras

        keras.utils.set_random_seed(plan["seed"])
    if plan.get("eager"):
        import tensorflow as tf

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tf.config.run_functions_eagerly(True)
    return dict(_session.working)


def remove() -> None:
    """Ends tracing: TensorFlow and Keras are as they were."""
    global _session
    if _session is not None:
        _session.end()
        _session = None


def failed(error: BaseException) -> None:
    if _session is not None:
        failures.note(_session.log, error)


def fetch() -> Tree:
    return None if _session is None else _session.result()
