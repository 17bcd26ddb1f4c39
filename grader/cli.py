"""The command line: which commands there are, and their exit codes. Each command is a module of its own.

Exit codes: 0 all passed; 1 graded and not passed; 2 cannot grade; 3 internal error; 130 Ctrl-C; 141 the output is
no longer read.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from grader.commands.exits import CANNOT_GRADE, INTERRUPTED, NOBODY_READS, OK, OUR_FAULT, complain
from grader.commands.machine import disk_problem, orderly_end, require_machine
from grader.model.errors import DEBUG, GraderError, print_traceback_if_debugging

COMMANDS = (
    "grade",
    "watch",
    "check-all",
    "list",
    "hint",
    "reset",
    "report",
    "doctor",
    "explain",
    "env",
    "start",
    "server",
    "batch",
    "gradebook",
    "release",
    "verify",
    "new",
)


class Commands(click.Group):
    """The modules of grader.commands, imported when they are asked for; anything else is an exercise to grade."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _leaving_with_the_reader():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _leaving_with_the_reader():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [name for name in COMMANDS if importlib.util.find_spec(f"grader.commands.{_module(name)}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"grader.commands.{_module(cmd_name)}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            _refuse_misspelt_command(args[0], self.list_commands(ctx))
            args = ["grade", *args]
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`python -m grader exercises/02` is short for `python -m grader grade exercises/02`.",
)
@click.version_option(package_name="gradient-clinic", prog_name="grader")
@click.option("--no-server", is_flag=True, expose_value=False, help="Do without the resident grader: see `server`.")
def grader() -> None:
    """Grade training notebooks by their gradients, and find the line that lost one."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and leave with its exit code; whatever goes wrong ends in one sentence and the next step."""
    try:
        code = _run(sys.argv[1:] if arguments is None else list(arguments))
    except BrokenPipeError:  # nor does anybody read what went wrong
        code = NOBODY_READS
    if code == NOBODY_READS:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered would raise at the interpreter's exit
    sys.exit(code)


@contextmanager
def _leaving_with_the_reader() -> Iterator[None]:
    """Where the reader of our output leaves, as `head` does, end with a code of its own. Click and Rich would exit
    with 1, which means here that a notebook did not pass."""
    try:
        yield
    except (BrokenPipeError, SystemExit) as end:
        if isinstance(end, BrokenPipeError) or isinstance(end.__context__, BrokenPipeError):
            raise click.exceptions.Exit(NOBODY_READS) from None
        raise


def _run(arguments: list[str]) -> int:
    try:
        with orderly_end():
            require_machine()
            code = grader.main(arguments, prog_name="python -m grader", standalone_mode=False)
        return code if isinstance(code, int) else OK
    except click.exceptions.NoArgsIsHelpError as help_page:
        help_page.show()
        return CANNOT_GRADE
    except click.ClickException as error:
        error.show()
        return CANNOT_GRADE
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped.", err=True)
        return INTERRUPTED
    except GraderError as error:
        complain(error)
        return error.exit_code
    except Exception as error:
        if problem := disk_problem(error):
            complain(problem)
            return problem.exit_code
        print_traceback_if_debugging()
        click.echo(f"The grader itself failed ({type(error).__name__}: {error}).", err=True)
        click.echo(f"Nothing of yours is lost. Set {DEBUG}=1 to see the traceback, and please report it.", err=True)
        return OUR_FAULT


def _refuse_misspelt_command(name: str, commands: Sequence[str]) -> None:
    """What is close to a command, and no exercise, is not taken for an exercise."""
    from grader.course.catalogue import find
    from grader.words import did_you_mean

    if close := did_you_mean(name, commands):
        try:
            find(name)
        except GraderError:
            raise click.UsageError(f"There is no command and no exercise {name}{close}.") from None


def _module(name: str) -> str:
    return name + "_" if name in ("list", "new") else name.replace("-", "_")
