"""What runs inside a learner's kernel, and is therefore never believed.

Nothing here imports the rest of the grader: the kernel can't see it. `bootstrap` gives the text that installs these
modules in a kernel, under a package name of their own, before the notebook's first cell.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

PACKAGE = "_gradient_clinic"
# In the order in which they import each other.
MODULES = ("wire", "cells", "sites", "recorder", "probing", "program", "session")

_INSTALL = """
import sys, types
for name, source in [(package, "")] + [(package + "." + n, s) for n, s in modules]:
    module = sys.modules[name] = types.ModuleType(name)
    module.__package__, module.__path__ = package, []
    exec(compile(source, "<gradient clinic: " + name + ">", "exec"), module.__dict__)
"""


@cache
def _sources() -> list[tuple[str, str]]:
    here = Path(__file__).parent
    return [(name, (here / f"{name}.py").read_text("utf-8")) for name in MODULES]


def bootstrap(device: str) -> str:
    """One line of Python that installs this package in a kernel and starts the recorder; it leaves no name behind."""
    names = {"package": PACKAGE, "modules": _sources()}
    return f"exec({_INSTALL!r}, {json.dumps(names)}); {call('session.start', device)}"


def call(function: str, *arguments: str | float | bool) -> str:
    """The expression that calls one of these modules' functions from within the kernel."""
    values = ", ".join(repr(argument) for argument in arguments)
    module, _, name = function.partition(".")
    return f"__import__('sys').modules['{PACKAGE}.{module}'].{name}({values})"
