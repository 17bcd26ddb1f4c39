"""A verdict that any renderer may show as it is. Texts from a notebook can carry terminal escapes, control
characters, right-to-left overrides, lone surrogates, or 200 MB of anything; `presentable` gives back the same verdict
without them, with long texts and long lists shortened and a note where that happened. What is hard is that a finding
points into the learner's code by line and column: code therefore keeps its lines and its columns, each odd character
replaced by one."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any, TypeVar

from grader.model import Cell, Notes, Verdict
from grader.words import without_noise

Anything = TypeVar("Anything")

# Control characters but tab and newline, bidirectional overrides (they reorder code on the screen), line separators,
# surrogates (no UTF-8 for them) and what XML 1.0 forbids.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)

LONGEST_LINE = 1_000  # characters of one line of code
SHORTENED = "Long texts or lists were shortened in this report."

_CODE = {"source", "repaired", "solution"}
_LONGEST = {"title": 200, "name": 160, "got": 120, "expected": 120, "operation": 160, "variables": 160, "path": 160}
_LONGEST |= {"traceback": 6_000} | dict.fromkeys(_CODE, 20_000)
_LONGEST_OTHER = 2_000
_PROSE = 200  # a shortened text of at least this length says by how much
_MOST = {
    "checks": 200,
    "comparisons": 200,
    "findings": 50,
    "variables": 20,
    "path": 60,
    "paths": 60,  # and as many nodes in each
    "training": 40,
    "sources": 100,
    "cells": 1_000,
    "hints": 30,
    "debrief": 10,
    "repaired": 10,
    "solution": 10,
}
_NUMBERS = {"losses", "reference_losses", "shape"}
_NEVER_FEWER = {"checks", "cells"}  # at any scale


def text(value: str) -> str:
    """`value` without terminal escapes, characters that cannot be shown and TensorFlow's names for its own nodes."""
    return _UNSHOWABLE.sub("", without_noise(value.replace("\r\n", "\n")).replace("\r", "\n"))


def code(value: str) -> str:
    """`value` with every character in its line and column; very long lines end early."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    short = (line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in lines)
    return _UNSHOWABLE.sub("\ufffd", "\n".join(short))


def presentable(verdict: Verdict, notes: Notes, scale: float = 1.0) -> tuple[Verdict, Notes]:
    """The same verdict and notes, safe to show; `scale` below 1 shortens more."""
    shortener = _Shortener(scale)
    verdict, notes = shortener.tidy(verdict), shortener.tidy(notes)
    kept = range(len(verdict.findings))
    checks = tuple(replace(check, findings=tuple(i for i in check.findings if i in kept)) for check in verdict.checks)
    message = f"{verdict.message} {SHORTENED}" if shortener.dropped else verdict.message
    return replace(verdict, checks=checks, message=message), notes


def tidy(value: Anything, scale: float = 1.0) -> Anything:
    """The same for any other dataclass that is to be shown."""
    shown: Anything = _Shortener(scale).tidy(value)
    return shown


@dataclass
class _Shortener:
    scale: float
    dropped: bool = False

    def tidy(self, value: Any, name: str = "") -> Any:
        if isinstance(value, str) and not isinstance(value, Enum):
            return self._string(value, name)
        if isinstance(value, tuple) and name not in _NUMBERS:
            return tuple(self.tidy(item, name) for item in self._few(value, name))
        if isinstance(value, Cell):  # kept whole, because findings point into it: only excerpts are shown
            return replace(value, source=code(value.source), error=self.tidy(value.error))
        if hasattr(value, "__dataclass_fields__"):
            parts = {part.name: self.tidy(getattr(value, part.name), part.name) for part in fields(value)}
            return replace(value, **parts)
        return value

    def _string(self, value: str, name: str) -> str:
        longest = max(24, round(_LONGEST.get(name, _LONGEST_OTHER) * self.scale))
        if name == "traceback":  # its end says most
            tail = text(value[-2 * longest :])
            return tail if len(tail) == len(value) <= longest else f"…{tail[-longest:]}"
        head = value[: 4 * longest]  # cleaning takes its time: it needs only see what may be kept
        clean = code(head) if name in _CODE else text(head)
        return clean if len(clean) <= longest and len(head) == len(value) else _shorten(clean, longest, len(value))

    def _few(self, items: tuple[Any, ...], name: str) -> tuple[Any, ...]:
        if name not in _MOST:
            return items
        most = max(1, round(_MOST[name] * (1.0 if name in _NEVER_FEWER else self.scale)))
        self.dropped |= len(items) > most
        return items[:most]


def _shorten(value: str, longest: int, whole: int) -> str:
    note = f"… ({whole - longest:,} more characters)" if longest >= _PROSE else "…"
    return value[:longest].rstrip() + note
