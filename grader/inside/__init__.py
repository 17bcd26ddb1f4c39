"""What runs inside a learner's kernel, and is therefore never believed.

Nothing here imports the rest of the grader: the kernel can't see it. The recorder and the doctor's trace live in a
kernel as packages with names of their own. A fork server has them from the start; other kernels are sent their text.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

RECORDER, TRACE = "_gradient_clinic", "_gradient_trace"
# The folder of each, and its modules in the order in which they import each other.
PACKAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    RECORDER: ("", ("wire", "cells", "sites", "recorder", "replay", "probing", "program", "session")),
    TRACE: (
        "trace",
        (
            "definitions",
            "scope",
            "places",
            "log",
            "operations",
            "backward",
            "wholes",
            "boundary",
            "tapes",
            "variables",
            "earlier",
            "captures",
            "meetings",
            "scaling",
            "keras_side",
            "training",
            "failures",
            "hooks",
            "__init__",
        ),
    ),
}
# How the exceptions are told by which we end a run ourselves: with their module, as no class of a notebook's is.
STEP_LIMIT = f"{TRACE}.training.StepLimit"  # after the optimizer steps that were asked for
TIME_LIMIT = f"{RECORDER}.program.TimeLimit"  # when the program's time is over

_INSTALL = """
import sys, types
top = sys.modules[package] = types.ModuleType(package)
top.__package__, top.__path__ = package, []
for name, source in modules:
    module = top if name == "__init__" else types.ModuleType(package + "." + name)
    if module is not top:
        module.__package__ = package
        sys.modules[module.__name__] = module
        setattr(top, name, module)
    exec(compile(source, "<gradient clinic: " + module.__name__ + ">", "exec"), module.__dict__)
"""


@cache
def installation(package: str) -> str:
    """One line of Python that installs a package in a kernel and leaves no name behind."""
    folder, modules = PACKAGES[package]
    here = Path(__file__).parent / folder
    sources = [(name, (here / f"{name}.py").read_text("utf-8")) for name in modules]
    return f"exec({_INSTALL!r}, {json.dumps({'package': package, 'modules': sources})})"


def installed(package: str) -> str:
    """The expression that says whether a kernel has the package."""
    return f"{package!r} in __import__('sys').modules"


def call(function: str, *arguments: str | float | bool) -> str:
    """The expression that calls one of the recorder's functions from within the kernel."""
    values = ", ".join(repr(argument) for argument in arguments)
    module, _, name = function.partition(".")
    return f"__import__('sys').modules['{RECORDER}.{module}'].{name}({values})"
