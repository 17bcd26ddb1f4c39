"""verify: for authors; is the exercise sound?"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from grader.commands import options
from grader.commands.exits import NOT_PASSED, OK
from grader.commands.working import working
from grader.course.catalogue import course_folder, exercises, find
from grader.kernels import Walls, open_source
from grader.words import plural


@click.command()
@click.argument("names", nargs=-1, metavar="[EXERCISE]...")
@options.kernel
@options.sandbox
@options.course
def command(names: tuple[str, ...], kernel: str, sandbox: Walls, course: Path | None) -> int:
    """Prove that exercises are sound.

    The solution and every right repair have to pass, and every wrong repair has to fail the declared checks.
    """
    chosen = [find(name, course) for name in names] or exercises(course or course_folder())
    source = open_source(kernel, sandbox, [exercise.root for exercise in chosen])
    problems = 0
    with closing(source):
        import secrets

        from grader.authoring.verify import verify
        from grader.grading.grader import Grader

        with Grader(source, "cpu", seed=secrets.randbits(128)) as grader:
            for exercise in chosen:
                click.echo(exercise.id)
                with working() as say:
                    for finding in verify(exercise, grader, say):
                        problems += finding.problem is not None
                        mark = "✗" if finding.problem else "✓"
                        click.echo(f" {mark} {finding.what}" + (f"\n     {finding.problem}" if finding.problem else ""))
    click.echo(f"\n{plural(problems, 'problem')}." if problems else "\nAll sound.")
    return NOT_PASSED if problems else OK
