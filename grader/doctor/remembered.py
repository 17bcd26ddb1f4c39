"""What the doctor found in which code, remembered: by one process for itself, or in a file for several.

`same_run` makes the key; that nothing was found is remembered too. A file that can't be read or written is as if
nothing had been remembered: it only saves time.
"""

from __future__ import annotations

import ast
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter

from grader.course.notebook import Notebook
from grader.kernels import KernelRequest
from grader.model import Exercise, Finding
from grader.resident import borrowing

Findings = tuple[Finding, ...]
JSON = TypeAdapter(Findings)
FILE = "findings.sqlite"
MOST = 500  # notebooks that a process remembers
WRITING_SECONDS = 2.0  # that another process is waited for


class Memory(Protocol):
    def recall(self, key: str) -> Findings | None:
        """What was found in this code; None: it has not been examined."""

    def keep(self, key: str, findings: Findings) -> None:
        """Remember it."""


class InProcess:
    """For as long as the process lives."""

    def __init__(self) -> None:
        self._findings: dict[str, Findings] = {}

    def recall(self, key: str) -> Findings | None:
        return self._findings.get(key)

    def keep(self, key: str, findings: Findings) -> None:
        if len(self._findings) < MOST:
            self._findings[key] = findings


class InFile:
    """In a file that several processes of one machine share, and that the next batch finds again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self, key: str) -> Findings | None:
        with suppress(sqlite3.Error, ValueError), self._open() as database:
            row = database.execute("SELECT found FROM findings WHERE code = ?", [key]).fetchone()
            return JSON.validate_json(row[0]) if row else None
        return None

    def keep(self, key: str, findings: Findings) -> None:
        with suppress(sqlite3.Error), self._open() as database:
            database.execute("INSERT OR REPLACE INTO findings VALUES (?, ?)", [key, JSON.dump_json(findings).decode()])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=WRITING_SECONDS)) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS findings (code TEXT PRIMARY KEY, found TEXT NOT NULL)")
            yield database


def lent() -> Memory | None:
    """What the commands before this one have found, where there is a resident grader."""
    folder = borrowing.folder()
    return InFile(folder / FILE) if folder is not None else None


def same_run(exercise: Exercise, notebook: Notebook, request: KernelRequest, sandboxed: bool) -> str:
    """The same for two runs of notebooks that differ in nothing but comments: neither in what runs nor in where it
    stands. Nor do the data differ that lie beside them, the limits, the device, and whether there are walls."""
    stamps = [f"{path} {path.stat().st_mtime_ns}" for path in exercise.data_files.values() if path.exists()]
    code = "\0".join([exercise.id, repr(request), str(sandboxed), *stamps, *map(_without_comments, notebook.cells)])
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()


def _without_comments(cell: str) -> str:
    try:
        return ast.dump(ast.parse(cell), include_attributes=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a magic, or what is no Python
        return cell
