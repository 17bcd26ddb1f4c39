"""The trace's source text, to be sent into a kernel.

`bootstrap()` is one line of Python that installs the modules of `grader/inside/trace/` there under a package name of
their own and leaves no name behind; `call()` is the expression that calls one of their functions.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from grader import inside

PACKAGE = "_gradient_trace"
MODULES = (  # in the order in which they import each other
    "places",
    "log",
    "operations",
    "boundary",
    "tapes",
    "variables",
    "keras_side",
    "training",
    "failures",
    "hooks",
    "__init__",
)

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
def _sources() -> list[tuple[str, str]]:
    here = Path(inside.__file__).parent / "trace"
    return [(name, (here / f"{name}.py").read_text("utf-8")) for name in MODULES]


def bootstrap() -> str:
    names = {"package": PACKAGE, "modules": _sources()}
    return f"exec({_INSTALL!r}, {json.dumps(names)})"


def call(function: str, *arguments: str) -> str:
    """The expression that calls `install`, `failed` or `fetch` in the kernel; arguments are Python expressions."""
    return f"__import__('sys').modules['{PACKAGE}'].{function}({', '.join(arguments)})"
