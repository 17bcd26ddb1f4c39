"""A made class: every way in which a notebook can end, in every layout in which it can arrive, and its right verdict.

Built from the shipped exercises, their solutions and their repairs, so that it grows with the course. The same seed
makes the same class.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.authoring.repairs import Repair, repairs
from grader.classroom.gradebook import Row
from grader.course.catalogue import exercises
from grader.model import Exercise

ROOT = Path(__file__).parents[2]
LIMITS = "\n[limits]\nwall = 40\ncell = {cell}\ncpu = 60\nmemory = 1500\noutput = 2\n"
HEALTHY = ("right", "accepted", "renamed", "duplicated", "wrong", "rejected")
# How many there are of each among forty.
WEIGHTS = {
    "right": 9,
    "accepted": 7,
    "renamed": 2,
    "duplicated": 2,
    "wrong": 4,
    "rejected": 8,
    "crashed": 2,
    "broken": 3,
    "killed": 1,
    "hostile": 1,
    "hanging": 1,
}
CRASHES = ("1 / 0", "import nothing_of_this_name", "raise SystemExit(3)", "def f(:\n    pass", "undefined_name")
HANGS = ("while True: pass", "import time; time.sleep(3600)", "import threading; threading.Event().wait()")
KILLS = (
    "import os; os._exit(3)",
    "import os; os.abort()",
    "kept = []\nwhile True: kept.append(bytearray(2**26))",
    "while True: print('x' * 10_000)",
)
SEARCH = """import pathlib
found = [p for top in ('/', '/home', '/root', '/tmp', '.', '..') for p in (pathlib.Path(top).rglob('test_gradients.py')
         if top in ('.', '..', '/tmp', '/home') else pathlib.Path(top).glob('*/*/solutions'))]
assert not found, found"""
HOSTILE = {
    "import os\ntry: os.kill(-1, 9)\nfinally: os.kill(os.getpid(), 9)": "killed",
    "import os\nfor fd in range(3, 256):\n    try: os.close(fd)\n    except OSError: pass\nos._exit(0)": "killed",
    "raise ValueError('<script>alert(1)</script>\\x1b[2J=cmd|calc')": "crashed",
    SEARCH: "passed",
    "import socket\ntry: socket.create_connection(('1.1.1.1', 53), 1)\nexcept OSError: pass\nelse: 1 / 0": "passed",
    "import json; open('results.json', 'w').write(json.dumps({'score': 10})); print('10 / 10 passed')": "passed",
}
BY_CHANCE = ("finite", "noise")  # repairs whose wrong gradients are not the same each time: rounding decides
BROKEN = (b"", b"{", b"%PDF-1.4 no notebook", b"[" * 100_000, b'{"cells": 7, "nbformat": 4}', b"\x00" * 2000)

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody handed in, and what must become of it."""

    number: int  # platforms number what they are given
    student: str  # as the gradebook knows them
    exercise: str
    kind: str
    content: bytes
    status: str
    fails: frozenset[str] | None = None  # the checks that fail; None where nothing is judged, or it does not matter

    def complaint(self, row: Row) -> str | None:
        """What is wrong with its row; None where it is right."""
        failed = {check.id for check in row.checks if check.status == "failed"}
        full = row.max_score > 0 and row.score == row.max_score
        if row.status != self.status:
            return f"{row.status}, not {self.status}: {row.message}"
        if self.fails is not None and failed != self.fails:
            return f"failed {sorted(failed)}, not {sorted(self.fails)}"
        if full != (self.status == "passed"):
            return f"{row.score:g} of {row.max_score:g} points"
        return None


def make_course(folder: Path, cell: int = 12) -> Path:
    """A copy of the shipped course with limits that a hanging notebook reaches soon."""
    shutil.copytree(ROOT / "exercises", folder / "exercises")
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    for file in (folder / "exercises").glob("*/exercise.toml"):
        text = file.read_text("utf-8")
        assert "[limits]" not in text, f"{file} has limits of its own now: merge them here"
        file.write_text(text + LIMITS.format(cell=cell), "utf-8")
    return folder / "exercises"


def make_class(course: Path, students: int, number_of_exercises: int = 3, seed: int = 11) -> list[Work]:
    """Works of all kinds; each kind at least once."""
    chance = random.Random(seed)
    chosen = exercises(course)[:number_of_exercises]
    kinds = list(WEIGHTS)
    weighted = [kind for kind, weight in WEIGHTS.items() for _ in range(weight)]
    while len(kinds) < students * len(chosen):
        kinds += chance.sample(weighted, len(weighted))
    del kinds[students * len(chosen) :]
    chance.shuffle(kinds)
    makers = {exercise.id: _Maker(exercise, chance) for exercise in chosen}
    waiting = enumerate(kinds)
    return [
        makers[exercise.id].make(LAYOUTS[number % len(LAYOUTS)].student(number), *next(waiting))
        for number in range(students)
        for exercise in chosen
    ]


class _Maker:
    """Makes works at one exercise; the n-th of a kind is the n-th of its variants."""

    def __init__(self, exercise: Exercise, chance: random.Random) -> None:
        assert exercise.solution is not None
        self.exercise, self.chance = exercise, chance
        self.solution: Tree = json.loads(exercise.solution.read_bytes())
        self.original = exercise.original.read_bytes()
        known = repairs(exercise, ROOT / "tests" / "repairs" / exercise.id)
        known = [one for one in known if not any(word in one.name for word in BY_CHANCE)]
        self.repairs = {
            kind: [one for one in known if one.name.startswith(f"{folder}/")]
            for kind, folder in (("accepted", "accept"), ("rejected", "reject"))
        }
        self.bugs = frozenset(check for bug in exercise.bugs for check in bug.checks)
        self.made: dict[str, int] = defaultdict(int)

    def make(self, student: str, number: int, kind: str) -> Work:
        content, status, fails = self._made(kind, self.made[kind], f"\n# {student}, {number}")
        self.made[kind] += 1
        return Work(number, student, self.exercise.id, kind, content, status, fails)

    def _made(self, kind: str, number: int, note: str) -> tuple[bytes, str, frozenset[str] | None]:
        if kind in self.repairs:
            repair: Repair = self.repairs[kind][number % len(self.repairs[kind])]
            cells = [*repair.notebook.cells[:-1], repair.notebook.cells[-1] + note]
            return self._notebook(cells), repair.status, frozenset(repair.fails)
        if kind == "wrong":  # handed in as it came: half of them without a stroke of their own
            tree: Tree = json.loads(self.original)
            return self.original if number % 2 else _with(tree, f"pass{note}"), "failed", None
        if kind in ("right", "renamed"):
            return _with(self.solution, f"pass{note}"), "passed", frozenset()
        if kind == "duplicated":
            return _with({**self.solution, "cells": list(_twice(self.solution["cells"]))}, note), "passed", frozenset()
        if kind == "broken":
            return BROKEN[number % len(BROKEN)] + b" " * self.chance.randrange(9), "ungradable", None
        if kind == "hostile":
            code, status = list(HOSTILE.items())[number % len(HOSTILE)]
            return _with(self.solution, code + note), status, None
        scripts, status = {
            "crashed": (CRASHES, "crashed"),
            "hanging": (HANGS, "timed_out"),
            "killed": (KILLS, "killed"),
        }[kind]
        return _with(self.solution, scripts[number % len(scripts)] + note), status, None

    def _notebook(self, sources: Sequence[str]) -> bytes:
        return json.dumps({**self.solution, "cells": [_cell(source) for source in sources]}).encode()


def _with(tree: Tree, source: str) -> bytes:
    """The notebook with one more cell."""
    return json.dumps({**tree, "cells": [*tree["cells"], _cell(source)]}).encode()


def _cell(source: str) -> Tree:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def _twice(cells: Iterable[Tree]) -> Iterator[Tree]:
    """Cells to repair are there twice, as when somebody copied one to try something."""
    for cell in cells:
        yield cell
        if "repair" in cell["metadata"].get("tags", ()):
            yield cell


# --- how it arrives ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layout:
    student: Callable[[int], str]
    name: Callable[[Work], str]  # of the file that holds a work
    renamed: Callable[[Work], str]  # when it is only the notebook itself that says which exercise it is


LAYOUTS = (
    Layout(
        lambda n: f"plain{n:03}",
        lambda w: f"{w.student}/{w.exercise}/notebook.ipynb",
        lambda w: f"{w.student}/my work/Untitled{w.number} (1).ipynb",
    ),
    Layout(
        lambda n: f"flat{n:03}x",
        lambda w: f"{w.student}_{w.exercise}.ipynb",
        lambda w: f"{w.student}.ipynb.txt" if w.number % 2 else f"{w.student} (3).ipynb",
    ),
    Layout(
        lambda n: f"{10_000 + n}",
        lambda w: f"learner{w.student}_{w.student}_{70_000 + w.number}_{w.exercise}.ipynb",
        lambda w: f"learner{w.student}_LATE_{w.student}_{70_000 + w.number}_final-1.ipynb",
    ),
    Layout(
        lambda n: f"Ada B{'abcdefghij'[n // 100]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n % 10]}",
        lambda w: f"DL-{w.exercise}-31.zip/{w.student}_{500 + w.number}_assignsubmission_file_/notebook.ipynb",
        lambda w: (
            f"DL-{w.exercise}-31.zip/{w.student}_{500 + w.number}_assignsubmission_file_/version {w.number}.ipynb"
        ),
    ),
    Layout(
        lambda n: f"nbg{n:03}",
        lambda w: f"submitted/{w.student}/{w.exercise}/notebook.ipynb",
        lambda w: f"submitted/{w.student}/{w.exercise}/copy of a copy.ipynb",
    ),
)


def hand_in(works: Sequence[Work], folder: Path) -> Path:
    """The class as a folder that an instructor downloaded."""
    layout_of = {layout.student(number): layout for number in range(1000) for layout in [LAYOUTS[number % 5]]}
    zips: dict[str, dict[str, bytes]] = defaultdict(dict)
    for work in works:
        layout = layout_of[work.student]
        name = (layout.renamed if work.kind == "renamed" else layout.name)(work)
        archive, inside, entry = name.partition(".zip/")
        if inside:
            zips[f"{archive}.zip"][entry] = work.content
        else:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            assert not file.exists(), file
            file.write_bytes(work.content)
    for name, entries in zips.items():
        (folder / name).write_bytes(_zipped(entries))
    return folder


def _zipped(entries: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return content.getvalue()


def complaints(works: Iterable[Work], rows: Iterable[Row]) -> list[str]:
    """Everything that is not as it must be: rows lost, doubled, unknown or wrong."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row.student, row.exercise].append(row)
    said = []
    for work in works:
        own = found.pop((work.student, work.exercise), [])
        problem = work.complaint(own[0]) if len(own) == 1 else f"{len(own)} rows"
        if problem:
            said.append(f"{work.student}, {work.exercise}, {work.kind}: {problem}")
    return said + [f"{student}, {exercise}: nobody handed that in" for student, exercise in found]
