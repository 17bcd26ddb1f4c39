"""Every error that a person may read: one plain sentence that names the thing, and the next step."""

from __future__ import annotations

import os
import traceback

DEBUG = "GRADER_DEBUG"


class GraderError(Exception):
    """The grader cannot go on. `exit_code` 2: the input is at fault; 3: we are."""

    exit_code = 2

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class UngradableError(GraderError):
    """The submission is not a notebook, or not this exercise's; it costs no attempt."""


class InternalError(GraderError):
    """Our own machinery failed; it costs no attempt."""

    exit_code = 3


class LostError(InternalError):
    """A process of ours was ended from outside; the same once more will probably do."""


def print_traceback_if_debugging() -> None:
    """Of the exception that is being handled, on stderr, where GRADER_DEBUG asks for it."""
    if os.environ.get(DEBUG):
        traceback.print_exc()
