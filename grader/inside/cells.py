"""Which cell and line a piece of running code came from.

IPython compiles each cell under a file name of its own; `Cells` notes the number of the cell at that moment, so that a
frame, an exception or a graph's stack can be told as "cell 4, line 7" later.
"""

from types import CodeType, FrameType
from typing import Any


class Cells:
    """Maps the file names that IPython gives to cells to the cells' numbers (the order in which they were run)."""

    def __init__(self, shell: Any) -> None:
        self.numbers: dict[str, int] = {}
        compiler = shell.compile
        original = compiler.cache

        def cache(transformed_code: str, number: int = 0, raw_code: "str | None" = None) -> str:
            name: str = original(transformed_code, number, raw_code)
            self.numbers.setdefault(name, number)  # a duplicated cell has its first copy's name
            return name

        compiler.cache = cache

    def place(self, frame: "FrameType | None") -> "tuple[int | None, int | None]":
        """The cell and line of the innermost frame that belongs to a cell."""
        while frame is not None:
            number = self.numbers.get(frame.f_code.co_filename)
            if number is not None:
                return number, frame.f_lineno
            frame = frame.f_back
        return None, None

    def traced_place(self) -> "tuple[int | None, int | None]":
        """The same while a tf.function is traced: AutoGraph runs generated code, and its stack maps it back."""
        from tensorflow.python.util import tf_stack

        for frame in reversed(tf_stack.extract_stack()):
            if frame.filename in self.numbers:
                return self.numbers[frame.filename], frame.lineno
        return None, None

    def describe(self, error: BaseException) -> "dict[str, Any]":
        """An exception as plain data: type, message and the innermost place in a cell."""
        told: dict[str, Any] = {"type": type(error).__name__, "message": str(error)[:4000]}
        if isinstance(error, SyntaxError) and error.filename in self.numbers:
            return told | {
                "cell": self.numbers[error.filename],
                "line": error.lineno,
                "column": None if error.offset is None else max(0, error.offset - 1),
            }
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename in self.numbers:
                column, end = _columns(code, trace.tb_lasti, trace.tb_lineno)
                told |= {
                    "cell": self.numbers[code.co_filename],
                    "line": trace.tb_lineno,
                    "column": column,
                    "end_column": end,
                }
            trace = trace.tb_next
        return told


def _columns(code: CodeType, instruction: int, line: int) -> "tuple[int | None, int | None]":
    """The columns of an instruction (PEP 657), where it lies on one line."""
    for index, (start, end, column, end_column) in enumerate(code.co_positions()):
        if index == instruction // 2:
            return (column, end_column) if start == end == line else (None, None)
    return None, None
