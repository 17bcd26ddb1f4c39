"""Which cell and line a piece of running code came from.

IPython compiles each cell under a file name of its own; `Cells` notes the number of the cell at that moment, so that a
frame, an exception or a graph's stack can be reported as "cell 4, line 7" later.
"""

import os
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

FIRST_MODULE = 1_000_001  # numbers of modules are larger than those of cells
OURS = ("_gradient_clinic.", "_gradient_trace.")  # the packages of `grader.inside`, as they are called in a kernel


class Cells:
    """Maps the file names that IPython gives to cells to the cells' numbers (the order in which they were run)."""

    def __init__(self, shell: Any) -> None:
        self._known: dict[str, tuple[int, int]] = {}  # file name -> number, blank lines that IPython cut off at the top
        compiler = shell.compile
        original = compiler.cache

        def cache(transformed_code: str, number: int = 0, raw_code: "str | None" = None) -> str:
            name: str = original(transformed_code, number, raw_code)
            cut = blank_start(raw_code or "").count("\n")
            self._known.setdefault(name, (number, cut))  # a copy of a cell has its name
            return name

        compiler.cache = cache

    def number(self, filename: str) -> "int | None":
        """The number of the cell that has this file name; None where it is no cell's."""
        known = self._known.get(filename)
        return None if known is None else known[0]

    def at(self, filename: str, line: "int | None") -> "tuple[int | None, int | None]":
        """The cell and line of a place in a file of that name; (None, None) where it is no cell's."""
        known = self._known.get(filename)
        if known is None or line is None:
            return None, None
        number, cut = known
        return number, line + cut

    def place(self, frame: "FrameType | None") -> "tuple[int | None, int | None]":
        """The cell and line of the innermost frame that belongs to a cell."""
        while frame is not None:
            if frame.f_code.co_filename in self._known:
                return self.at(frame.f_code.co_filename, frame.f_lineno)
            frame = frame.f_back
        return None, None

    def traced_place(self) -> "tuple[int | None, int | None]":
        """The same while a tf.function is traced: AutoGraph runs generated code, and its stack maps it back."""
        from tensorflow.python.util import tf_stack

        for frame in reversed(tf_stack.extract_stack()):
            if frame.filename in self._known:
                return self.at(frame.filename, frame.lineno)
        return None, None

    def describe(self, error: BaseException) -> "dict[str, Any]":
        """An exception as plain data: type, message and the innermost place in a cell."""
        told: dict[str, Any] = {"type": type_name(type(error)), "message": str(error)[:4000]}
        if isinstance(error, SyntaxError) and error.filename in self._known:
            cell, line = self.at(error.filename, error.lineno)
            return told | {"cell": cell, "line": line, "column": error.offset and max(0, error.offset - 1)}
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename in self._known:
                cell, line = self.at(code.co_filename, trace.tb_lineno)
                column, end = _columns(code, trace.tb_lasti, trace.tb_lineno)
                told |= {"cell": cell, "line": line, "column": column, "end_column": end}
            trace = trace.tb_next
        return told


class OwnModules:
    """Whose code a file is, where the modules beside the notebook are its author's as well: each has a number."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._folder = f"{Path.cwd()}{os.sep}"
        self._known: dict[str, int] = {}  # file name -> number

    def number(self, filename: str) -> "int | None":
        """The number of the cell or module that has this file name; None where it is neither."""
        number = self._cells.number(filename)
        own = filename.startswith(self._folder) and filename.endswith(".py") and "site-packages" not in filename
        if number is None and own:
            number = self._known.setdefault(filename, FIRST_MODULE + len(self._known))
        return number

    def names(self) -> "dict[str, str]":
        """Their paths in the notebook's folder, by their numbers."""
        return {str(number): name.removeprefix(self._folder) for name, number in self._known.items()}


def type_name(kind: "type[BaseException]") -> str:
    """A class of ours with its module, so that a notebook's own of the same name is another; else the name alone."""
    module = str(kind.__module__)
    return f"{module}.{kind.__name__}" if module.startswith(OURS) else kind.__name__


def blank_start(code: str) -> str:
    """The lines at the top of a cell that hold nothing but white space: IPython cuts them off before it compiles."""
    lines = code.splitlines(keepends=True)
    first = next((index for index, line in enumerate(lines) if not line.isspace()), 0)
    return "".join(lines[:first])


def _columns(code: CodeType, instruction: int, line: int) -> "tuple[int | None, int | None]":
    """The columns of an instruction (PEP 657), where it lies on one line."""
    for index, (start, end, column, end_column) in enumerate(code.co_positions()):
        if index == instruction // 2:
            return (column, end_column) if start == end == line else (None, None)
    return None, None
