"""What `%load_ext grader` brings: `%grade`, `%hint` and `%report`, and `%%doctor` over a cell.

The first three are commands in a process of their own. Under `%%doctor` the cell runs as ever, in the learner's own
kernel, and its findings are shown under it. The hooks are in TensorFlow for this cell only. The cell is compiled here
rather than run through IPython's own `run_cell`, which would print its exception and go on; its lines count from the
one with `%%doctor`, as front ends show them.
"""

from __future__ import annotations

import ast
import sys
import time
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display
from IPython.utils.capture import capture_output

from grader.inprocess.asking import Shown, is_attended, is_in_terminal, run, run_in_terminal
from grader.inprocess.block import STEPS, Doctor
from grader.inprocess.place import look
from grader.inprocess.repetition import Repetition
from grader.inprocess.saving import Runs
from grader.model.errors import GraderError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

SAVE_SECONDS = 15
UNATTENDED = "A program runs this notebook, so nothing is graded here: `python -m grader` does that."


@magics_class
class GraderMagics(Magics):  # type: ignore[misc]
    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._runs = Runs(shell)

    def close(self) -> None:
        self._runs.close()

    @magic_arguments()  # type: ignore[untyped-decorator]
    @argument("exercise", nargs="?", default="", help="Which exercise, if it is not this notebook's: 02.")  # type: ignore[untyped-decorator]
    @argument("--saved", action="store_true", help="Grade the file as it is, and don't ask to save first.")  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    def grade(self, line: str) -> None:
        """Grade the notebook as it is saved."""
        options = parse_argstring(self.grade, line)
        self._ask("grade", options.exercise, careful=not options.saved)

    @magic_arguments()  # type: ignore[untyped-decorator]
    @argument("exercise", nargs="?", default="", help="Which exercise, if it is not this notebook's: 02.")  # type: ignore[untyped-decorator]
    @argument("--again", action="store_true", help="Show the hints that you have seen so far.")  # type: ignore[untyped-decorator]
    @argument("--solution", action="store_true", help="Show the solution: after passing, or when you are stuck.")  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    def hint(self, line: str) -> None:
        """Show the next hint for the check that fails now."""
        options = parse_argstring(self.hint, line)
        self._ask("hint", options.exercise, *(f"--{one}" for one in ("again", "solution") if getattr(options, one)))

    @magic_arguments()  # type: ignore[untyped-decorator]
    @argument("exercise", nargs="?", default="", help="Which exercise, if it is not this notebook's: 02.")  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    def report(self, line: str) -> None:
        """Show a link to the last report."""
        self._ask("report", parse_argstring(self.report, line).exercise)

    def _ask(self, command: str, exercise: str, *options: str, careful: bool = False) -> None:
        """Run a command for an exercise. `careful`: not on a file that is older than the cells that ran.

        Whatever goes wrong is a sentence under the cell: a notebook that is run as a whole goes on.
        """
        # `%load_ext grader` in a cell that is run again would print that it is loaded; loading twice is harmless
        self.shell.extension_manager.loaded.discard("grader")
        with Shown() as shown:
            if not is_attended(self.shell):
                shown.say(UNATTENDED)
                return
            try:
                place = look(exercise, self.shell)
                if careful and place.own and not self._wait_for_a_save(place.notebook, shown):
                    return
            except GraderError as error:
                shown.say(error.message, error.next_step)
                return
            arguments = [command, str(place.exercise.folder), *options]
            if command == "grade" and place.notebook != place.exercise.notebook:
                arguments += ["--notebook", str(place.notebook)]
            if is_in_terminal(self.shell):
                run_in_terminal(arguments, place.folder)
            else:
                shown.say(f"{place.exercise.number} {place.exercise.title} …")
                run(arguments, place.folder, shown)

    def _wait_for_a_save(self, file: Path, shown: Shown) -> bool:
        """Whether the file has all that ran, now or within some seconds."""
        if not self._runs.unsaved(file):
            return True
        shown.say(f"Save first (Ctrl+S). Waiting {SAVE_SECONDS} s for {file.name} to be saved …")
        end = time.monotonic() + SAVE_SECONDS
        while time.monotonic() < end:
            time.sleep(0.1)
            if not self._runs.unsaved(file):
                return True
        shown.say(
            f"Not graded: cells have run that are not in {file.name} as it is saved.",
            "Save (Ctrl+S), then run %grade again. %grade --saved grades the file as it is.",
        )
        return False

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
