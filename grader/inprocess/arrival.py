"""Waits until the program has imported TensorFlow, and never imports it itself.

Keras imports TensorFlow in the middle of its own import, and is not ready until that is over. So the two are watched
together, and all is there when the outermost of these imports has ended.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

WATCHED = ("tensorflow", "keras")


def call_when_there(begin: Callable[[], None]) -> Callable[[], None]:
    """Calls `begin` now if TensorFlow is imported, or as soon as it is. What is returned ends the waiting."""
    if is_there():
        begin()
        return lambda: None
    watch = _Watch(begin)
    sys.meta_path.insert(0, watch)
    return watch.end


def is_there() -> bool:
    module = sys.modules.get("tensorflow")
    return module is not None and not getattr(module.__spec__, "_initializing", False)


class _Watch(MetaPathFinder):
    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        self._running = 0
        self._searching = False

    def end(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name not in WATCHED or self._searching:
            return None
        self._searching = True
        try:
            spec = find_spec(name)
        finally:
            self._searching = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Watched(spec.loader, self)
        return spec

    def entered(self) -> None:
        self._running += 1

    def left(self, arrived: bool) -> None:
        self._running -= 1
        if arrived and not self._running and "tensorflow" in sys.modules and self in sys.meta_path:
            self.end()
            self._begin()


class _Watched(Loader):
    """A module's own loader, and a word to the watch when it is done."""

    def __init__(self, loader: Loader, watch: _Watch) -> None:
        self._loader, self._watch = loader, watch

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._watch.entered()
        arrived = False
        try:
            self._loader.exec_module(module)
            arrived = True
        finally:
            self._watch.left(arrived)
