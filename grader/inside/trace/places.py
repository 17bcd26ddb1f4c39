"""Where in the learner's code something happened: one number per place, looked up from the running Python stack.

`locate(filename)` says whose code a file is: the number of a notebook's cell, 0 for a script, None for a library.
A place is the innermost learner's frame, and the library function that this frame was calling; reached from other
lines of the learner's, it is another place. Walking the stack happens for every operation, so everything is remembered
per code object.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any, NamedTuple

from .definitions import Line, find_definition, find_freezing, find_reading
from .scope import Scope

NOWHERE = -1
OURS = ("<gradient clinic: ", sys._getframe().f_code.co_filename.removesuffix("places.py"))  # in a kernel, elsewhere
# hidden: decorators, and these modules, are not what the learner called; generated: by AutoGraph, from their code
LEARNERS, LIBRARY, HIDDEN, FLOOR, GENERATED = 1, 2, 3, 4, 5
AUTOGRAPHS = "__autograph_generated_file"
RUNS_CELLS = ("run_code", "interactiveshell.py")  # IPython's function, below which nothing is the learner's
DEEPEST = 6  # how many of the learner's own frames are kept: enough for a layer called by a model by a step by a loop


class Older(NamedTuple):
    """Something that was made before the trace began."""

    name: str  # "w", "self.w", "weights[0]"
    place: int
    parts: list[Any] = []  # noqa: RUF012  what that line names


class Places:
    def __init__(self, locate: Callable[[str], int | None]) -> None:
        self._locate = locate
        self._cell: dict[CodeType, int | None] = {}
        self._kind: dict[int, int] = {}  # by the code's id: hashing a code object itself takes longer than the rest
        self._spans: dict[CodeType, list[Any]] = {}
        self._known: dict[Any, int] = {}
        self.table: list[dict[str, Any]] = []

    def is_learners(self, code: CodeType) -> bool:
        return self._kind_of(code) == LEARNERS

    def _kind_of(self, code: CodeType) -> int:
        kind = self._kind.get(id(code))
        if kind is None:
            self._cell[code] = self._locate(code.co_filename)
            hidden = "<locals>" in code.co_qualname or code.co_filename.startswith(OURS)
            floor = code.co_name == RUNS_CELLS[0] and code.co_filename.endswith(RUNS_CELLS[1])
            generated = AUTOGRAPHS in code.co_filename
            library = GENERATED if generated else FLOOR if floor else HIDDEN if hidden else LIBRARY
            kind = library if self._cell[code] is None else LEARNERS
            self._kind[id(code)] = kind  # the code stays alive as a key of _cell, so that its id stays its own
        return kind

    def cell_of(self, filename: str) -> int | None:
        return self._locate(filename)

    def here(self) -> int:
        """The place that is running now, or NOWHERE when no learner's frame is on the stack."""
        return self.of(sys._getframe(1))

    def via(self, place: int) -> str:
        return str(self.table[place]["via"]) if place >= 0 else ""

    def of(self, frame: FrameType | None) -> int:
        called: CodeType | None = None
        known = self._kind
        while frame is not None:
            code = frame.f_code
            kind = known.get(id(code)) or self._kind_of(code)
            if kind == LEARNERS:
                break
            if kind == GENERATED:
                return self._translated(called)
            if kind == LIBRARY:
                called = code
            frame = frame.f_back
        if frame is None:
            return NOWHERE
        trail = [(frame.f_code, frame.f_lasti)]
        outer = frame.f_back
        while outer is not None and len(trail) < DEEPEST:
            code = outer.f_code
            kind = known.get(id(code)) or self._kind_of(code)
            if kind == LEARNERS:
                trail.append((code, outer.f_lasti))
            elif kind == FLOOR:
                break
            outer = outer.f_back
        return self._number(trail, called)

    def running(self, caller: FrameType | None) -> Iterator[FrameType]:
        """The learner's own frames below that of the caller, the innermost first; those that AutoGraph generated from
        their code as well."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame is not caller:
            if self._kind_of(frame.f_code) in (LEARNERS, GENERATED):
                yield frame
            frame = frame.f_back

    def of_making(self, made: Any) -> int:
        """Where an object is made whose constructor is running: not in that constructor."""
        own = self.running(None)
        frame = next((frame for frame in own if frame.f_locals.get("self") is not made), None)
        innermost = next(self.running(None), None)
        return self.of(frame) if frame is not innermost else self.of(sys._getframe(1))

    def of_holder(self, kind: type, made: Any) -> int:
        """The innermost line of the learner's in a method of such an object that is not the one that is made."""
        for frame in self.running(None):
            owner = frame.f_locals.get("self")
            if isinstance(owner, kind) and owner is not made:
                return self.of(frame)
        return NOWHERE

    def of_reading(self, name: str, function: str) -> int:
        """The line of a learner's function that reads a variable or attribute."""
        for filename in list(linecache.cache):
            if self._locate(filename) is not None:
                line = find_reading(name, function, filename)
                if line is not None:
                    return self._of_line(filename, line)
        return NOWHERE

    def of_older(self, value: Any, otherwise: int = NOWHERE, of_variable: bool = False) -> Older:
        """What the running learner's code calls an object that is older than the trace, and the one line that made it.
        Where there is no such line, `otherwise` is its place."""
        called = ""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if self.is_learners(frame.f_code):
                scope = Scope(frame)
                name = scope.name_of(value)
                called = called or name
                found = self._find_definition(scope, name, of_variable) if name else None
                if found is not None:
                    place, line = found
                    return Older(called, place, [] if line.value is None else scope.list_named(line.value))
            frame = frame.f_back
        return Older(called, otherwise)

    def _find_definition(self, scope: Scope, name: str, of_variable: bool) -> tuple[int, Line] | None:
        own = f"self.{name.rpartition('.')[2]}"  # as the object that holds it calls it
        for one in dict.fromkeys([name, own]) if "." in name else [name]:
            found = find_definition(one, scope.filename, of_variable)
            if found is not None and found[1].value is not None:
                place = self._of_line(*found)
                return None if place == NOWHERE else (place, found[1])
        return None

    def of_freezing(self) -> int:
        """The one line that sets `trainable` to False, as seen from the learner's code that is running."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self.is_learners(frame.f_code):
            frame = frame.f_back
        found = find_freezing(frame.f_code.co_filename) if frame is not None else None
        return NOWHERE if found is None else self._of_line(*found)

    def _of_line(self, filename: str, line: Line) -> int:
        cell = self._locate(filename)
        if cell is None:
            return NOWHERE
        spot = {"cell": cell, "line": line.number, "span": line.span}
        return self._add((filename, line.number, line.span), [{**spot, "function": ""}], "")

    def of_code(self, code: CodeType) -> int:
        """The line on which a learner's function begins."""
        if not self.is_learners(code):
            return NOWHERE
        return self._add((code, None, None), [self._spot(code, None)], "")

    def end_of_code(self, code: CodeType) -> int:
        """The last line of a learner's function."""
        if not self.is_learners(code):
            return NOWHERE
        spot = self._spot(code, None)
        spot["line"] = max(line for _, _, line in code.co_lines() if line is not None)
        return self._add((code, None, "end"), [spot], "")

    def of_traceback(self, trail: list[tuple[CodeType, int]], called: CodeType | None) -> int:
        return self._number(trail[:DEEPEST], called)

    def _number(self, trail: list[tuple[CodeType, int]], called: CodeType | None) -> int:
        key = (id(called), *((id(code), instruction) for code, instruction in trail))
        if key in self._known:
            return self._known[key]
        return self._add(key, [self._spot(*step) for step in trail], describe(called))

    def _translated(self, called: CodeType | None) -> int:
        """The learner's line from which AutoGraph generated the one that is running: TensorFlow's own stack knows."""
        from tensorflow.python.util import tf_stack

        return self.of_stack(tf_stack.extract_stack(), called)

    def of_stack(self, stack: Any, called: CodeType | None = None) -> int:
        """The place of a stack as TensorFlow keeps it."""
        stack = [(frame, self._locate(frame.filename)) for frame in reversed(list(stack))]
        own = [(frame, cell) for frame, cell in stack if cell is not None][:DEEPEST]
        if not own:
            return NOWHERE
        key = (id(called), *((frame.filename, frame.lineno) for frame, _ in own))
        spots = [
            {"cell": cell, "line": frame.lineno, "span": None, "function": frame.name.removeprefix("tf__")}
            for frame, cell in own
        ]
        return self._add(key, spots, describe(called))

    def _add(self, key: Any, spots: list[dict[str, Any]], via: str) -> int:
        """`spots`: of the learner's frames, the innermost first."""
        if key not in self._known:
            self._known[key] = len(self.table)
            frames = [[spot["cell"], spot["line"], spot["span"], spot.pop("function")] for spot in spots]
            self.table.append({**spots[0], "via": via, "frames": frames})
        return self._known[key]

    def _spot(self, code: CodeType, instruction: int | None) -> dict[str, Any]:
        if instruction is None:
            line = code.co_firstlineno
            while linecache.getline(code.co_filename, line).lstrip().startswith("@"):
                line += 1  # a decorated function's first line is its decorator's
            return {"cell": self._cell[code], "line": line, "span": None, "function": code.co_name}
        if code not in self._spans:
            self._spans[code] = list(code.co_positions())
        line, last, column, end = self._spans[code][instruction // 2]
        span = None if column is None else [column, end if last == line else None]  # in UTF-8 bytes
        spot = {"cell": self._cell[code], "line": line or code.co_firstlineno, "span": span}
        return {**spot, "function": code.co_name}


def describe(called: CodeType | None) -> str:
    """A library's function: its file and its name there."""
    return f"{called.co_filename.rpartition('site-packages/')[2]}:{called.co_qualname}" if called else ""
