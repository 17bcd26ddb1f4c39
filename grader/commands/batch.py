"""batch: a class's submissions in, one row for each out."""

from grader.classroom.commands import batch as command

__all__ = ["command"]
