"""`%%doctor` over a cell: the cell runs as ever, in the learner's own kernel, and its findings are shown under it.

The hooks are in TensorFlow for this cell only. The cell is compiled here rather than run through IPython's own
`run_cell`, which would print its exception and go on; its lines count from the one with `%%doctor`, as front ends show
them.
"""

from __future__ import annotations

import ast
import sys
from types import CodeType

from IPython.core.error import UsageError
from IPython.core.magic import Magics as IPythonsMagics
from IPython.core.magic import cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display
from IPython.utils.capture import capture_output

from grader.inprocess.block import STEPS, Doctor
from grader.inprocess.repetition import Repetition


@magics_class
class Magics(IPythonsMagics):  # type: ignore[misc]
    @magic_arguments()  # type: ignore[untyped-decorator]
    @argument("--steps", type=int, default=STEPS, help="Stop recording after so many training steps.")  # type: ignore[untyped-decorator]
    @argument("--experiments", action="store_true", help="Run the cell again where that would decide something.")  # type: ignore[untyped-decorator]
    @cell_magic  # type: ignore[untyped-decorator]
    def doctor(self, line: str, cell: str) -> None:
        """Examine the gradients of this cell."""
        options = parse_argstring(self.doctor, line)
        if options.steps < 1:
            raise UsageError("--steps N: at least one step has to be recorded.")
        code = "\n" + self.shell.transform_cell(cell)
        # newer IPythons count on before a cell runs, so its number is asked of the compiler, which has just seen it
        number = max(self.shell.compile._filename_map.values(), default=self.shell.execution_count)
        name = self.shell.compile.cache(code, number, raw_code=code)
        tree = self.shell.transform_ast(self.shell.compile.ast_parse(code, filename=name))
        whole = self.shell.compile(tree, name, "exec")
        repetition = Repetition(lambda: self._run_quietly(whole), self.shell.user_ns) if options.experiments else None
        findings = None
        try:
            with Doctor(options.steps, own=name, repetition=repetition) as findings:
                self._run(tree, name)
        finally:
            if findings is not None:
                sys.stdout.flush()  # what the cell printed stands above
                display(findings)

    def _run_quietly(self, code: CodeType) -> None:
        with capture_output():
            exec(code, self.shell.user_ns)

    def _run(self, tree: ast.Module, name: str) -> None:
        """The statements; the value of the last one is shown, as in any cell."""
        last = tree.body[-1:] if tree.body and isinstance(tree.body[-1], ast.Expr) else []
        statements = ast.Module(tree.body[: len(tree.body) - len(last)], tree.type_ignores)
        exec(self.shell.compile(statements, name, "exec"), self.shell.user_ns)
        if last:
            exec(self.shell.compile(ast.Interactive(last), name, "single"), self.shell.user_ns)
