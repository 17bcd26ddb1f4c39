"""`python -m tests.classroom.run_batch SUBMISSIONS OUTPUT JOBS`: a batch with the stand-in grader, to be killed."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from grader.classroom.batch import alone_in, grade_rows, read_submissions, take_submissions, to_grade
from grader.classroom.workers import LocalProcesses

from .graders import grade
from .making import course


class Silent:
    def finished(self, status: str) -> None:
        print(status, flush=True)

    def look(self, running: object) -> None:
        pass


def main(source: str, output: str, jobs: str) -> None:
    with (
        alone_in(Path(output)),
        take_submissions(read_submissions(Path(source), Path(output), course()), Path(output), course()) as gradebook,
    ):
        rows = to_grade(gradebook.rows(), course())
        grade_rows(gradebook, rows, course(), grade, partial(LocalProcesses, int(jobs)), Silent())


if __name__ == "__main__":
    main(*sys.argv[1:])
