"""gradebook: show, override, export."""

from grader.classroom.commands import gradebook as command

__all__ = ["command"]
