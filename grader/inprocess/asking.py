"""A command of the grader, asked for in a notebook: it runs in a process of its own, so that nothing of the learner's
kernel is touched, and what it has to show is shown under the cell.

The command prints lines of JSON: what it is doing, and in the end a MIME bundle. Any other line is a sentence for the
learner. In a terminal the command has the terminal, as if it had been typed there.
"""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from IPython.display import display

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

COLOURS = ("FORCE_COLOR", "CLICOLOR_FORCE")  # which ipykernel sets, and which are no part of a sentence


class Stopped(KeyboardInterrupt):
    """The learner interrupted the kernel; IPython shows this in a line."""

    def _render_traceback_(self) -> list[str]:
        return ["Stopped."]


class Shown:
    """What stands under the cell: it changes while a command works. An interrupt within ends in a line."""

    def __init__(self) -> None:
        self._handle = None

    def __enter__(self) -> Shown:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is KeyboardInterrupt:
            if self._handle is not None:
                self.say("Stopped.")
            raise Stopped from None

    def say(self, *sentences: str) -> None:
        pages = (f"<p>{html.escape(sentence)}</p>" for sentence in sentences)
        self.show({"text/plain": "\n".join(sentences), "text/html": "".join(pages)})

    def show(self, bundle: dict[str, str]) -> None:
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def run(arguments: Sequence[str], folder: Path, shown: Shown) -> None:
    """Run a command of the grader in a folder, and show what it says."""
    command = [sys.executable, "-m", "grader", *arguments, "--format", "notebook"]
    environment = {name: value for name, value in os.environ.items() if name not in COLOURS}
    sentences: list[str] = []
    bundle = None
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # an interrupt goes to the kernel's processes, and is to reach the command once
    ) as process:
        try:
            for line in process.stdout or ():
                told = _parse(line)
                if "working" in told:
                    shown.say(f"{told['working']} …")
                elif told:
                    bundle = told
                elif line.strip():
                    sentences.append(line.strip())
        except BaseException:
            process.terminate()
            raise
    if bundle:
        shown.show(bundle)
        print("\n".join(sentences), end="\n" if sentences else "", file=sys.stderr)
    else:
        shown.say(*(sentences or [f"The grader ended without an answer (exit code {process.returncode})."]))


def run_in_terminal(arguments: Sequence[str], folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-m", "grader", *arguments], cwd=folder) as process:
        process.wait()


def is_in_terminal(shell: InteractiveShell) -> bool:
    return not hasattr(shell, "kernel")


def is_attended(shell: InteractiveShell) -> bool:
    """Whether a person runs this cell: a program that runs a notebook (nbconvert) says that nobody answers input()."""
    asked = is_in_terminal(shell) or shell.kernel.get_parent("shell").get("content", {}).get("allow_stdin", True)
    return bool(asked)


def _parse(line: str) -> dict[str, str]:
    try:
        told = json.loads(line) if line.startswith("{") else {}
    except ValueError:
        return {}
    return dict(told)
