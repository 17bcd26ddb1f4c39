"""What commands had to import is imported by the resident grader, so that the next commands find it there."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterable
from contextlib import suppress

from grader.resident.place import GRADER

INSTALLED = (sys.prefix, sys.base_prefix, str(GRADER))


def new_modules(before: Iterable[str]) -> list[str]:
    """What this process has imported since, as far as it could be imported anywhere."""
    return sorted(name for name in sys.modules.keys() - set(before) if _is_installed(name))


def take_in(modules: list[str]) -> None:
    """Import the next of these modules, unless it can't be imported here, and take it from the list. One at a time, so
    that no command has to wait for all of them."""
    with suppress(Exception):
        importlib.import_module(modules.pop())
    if not modules:
        gc.collect()
        gc.freeze()  # the collector of a fork must not write to every page that it shares


def _is_installed(name: str) -> bool:
    """Whether it is a module of a library, of Python or of ours, and none that lay where the command was typed."""
    spec = getattr(sys.modules[name], "__spec__", None)
    return spec is not None and spec.name == name and (spec.origin or "").startswith(INSTALLED)
