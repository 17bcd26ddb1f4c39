"""A course -> the kit, the zip that its learners get: the broken notebooks, the grader, the checks that need no
reference, and a README. The hard part is what must not be in it, so files are never taken just because they are there:
of an exercise only a few by name, the notebook as it was at first, and exercise.toml written anew without comments and
debriefs, with the bugs and their hints packed. The same course gives the same bytes.
"""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import tomli_w

import grader
from grader.authoring.release.readme import readme
from grader.course.catalogue import exercises, find
from grader.course.files import make_zip, write_whole
from grader.course.packed import pack
from grader.model import Exercise, Reveal
from grader.model.errors import GraderError

FOLDER = "gradient-clinic"  # into which a kit unpacks
PROJECT = (
    "pyproject.toml",
    "setup.py",
    "constraints.txt",
    "bootstrap.py",
    "LICENSE",
)  # what installing needs
PAPERS = (".vscode/settings.json", "docs/results.md", "docs/results.schema.json")  # useful beside it
SUFFIXES = (".py", ".typed", ".j2", ".ini", ".css", ".js", ".mako", ".md", ".json")  # of the grader's own files
HIDDEN_FIXTURES = {"reference", "draws"}

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Kit:
    exercises: int
    files: int
    size: int  # bytes of the zip


def release(
    course: Path,
    output: Path,
    with_spec: bool = False,
    submit: str = "",
    reveal: Reveal | None = None,
    names: Collection[str] = (),
) -> Kit:
    """Write the kit of the exercises named, or of all of `course`, to `output`. `with_spec`: with solutions and all
    checks; `submit`: where learners submit, for the README; `reveal`: in place of what each exercise says.
    """
    named = {find(name, course).id for name in names}
    chosen = [exercise for exercise in exercises(course) if not named or exercise.id in named]
    if not chosen:
        raise GraderError(f"There is no exercise in {course}.", "Name the folder of exercises with --exercises FOLDER.")
    files = {**_project(with_spec), "README.md": readme(chosen, "whole kit" if with_spec else "kit", submit)}
    for exercise in chosen:
        files |= _whole(exercise) if with_spec else _without_answers(exercise)
        if reveal is not None:
            table = exercise.place_of(exercise.table)
            files[table] = _revealing(files[table], reveal)
    write_whole(output, make_zip({f"{FOLDER}/{name}": content for name, content in files.items()}))
    return Kit(len(chosen), len(files), output.stat().st_size)


# --- the grader -------------------------------------------------------------------------------------------------------


def _project(with_spec: bool) -> Files:
    package = Path(grader.__file__).parent
    home = package.parent
    sources = [path for path in package.rglob("*") if path.suffix in SUFFIXES and path.is_file()]
    pages = [page for pattern in ("codes/*.md", "*.md")[: 1 + with_spec] for page in (home / "docs").glob(pattern)]
    papers = [home / name for name in PAPERS if (home / name).is_file()]
    chosen = [home / name for name in PROJECT] + papers + pages + sources
    return {path.relative_to(home).as_posix(): _read(path) for path in chosen}


# --- the exercises ----------------------------------------------------------------------------------------------------


def _without_answers(exercise: Exercise) -> Files:
    """What a learner may see of an exercise."""
    _require_open(exercise)
    original = _read(exercise.original)  # the notebook beside it may be somebody's work
    spec = exercise.spec
    files = {exercise.table: _open_table(exercise), exercise.notebook: original, exercise.original: original}
    files |= {path: _read(path) for path in (spec.inputs, spec.probe, spec.basics, *exercise.data_files.values())}
    return {exercise.place_of(path): content for path, content in files.items()}


def _whole(exercise: Exercise) -> Files:
    """Everything that there is for an exercise."""
    paths = [exercise.table, *sorted(exercise.spec.folder.glob("*.py")), *exercise.repairs.rglob("*.py")]
    paths += [exercise.solution] if exercise.solution is not None else []
    return _without_answers(exercise) | {exercise.place_of(path): _read(path) for path in paths}


def _require_open(exercise: Exercise) -> None:
    """Raise GraderError where a check of test_basics.py can't be judged without the hidden part."""
    path = exercise.spec.basics
    tests = {node.name: node for node in ast.walk(ast.parse(_read(path))) if isinstance(node, ast.FunctionDef)}
    for name, test in tests.items():
        for fixture in HIDDEN_FIXTURES & {argument.arg for argument in test.args.args}:
            raise GraderError(f"{path}: {name} asks for `{fixture}`, which a kit does not have.", _MOVE)


_MOVE = "Move the check to test_gradients.py."


def _open_table(exercise: Exercise) -> bytes:
    """exercise.toml without its comments and debriefs. The bugs, which `hint` needs, tell what and where they are: they
    are packed, so that nobody reads them by accident."""
    table = tomllib.loads(_read(exercise.table).decode())
    bugs = [{**bug, "debrief": ""} for bug in table.get("bugs", [])]
    table["bugs"] = pack(json.dumps(bugs, ensure_ascii=False).encode())
    return tomli_w.dumps(table).encode()


def _revealing(table: bytes, reveal: Reveal) -> bytes:
    """exercise.toml with another `reveal`."""
    return tomli_w.dumps({**tomllib.loads(table.decode()), "reveal": reveal}).encode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GraderError(f"{path} can't be read: {error.strerror}.", "Make a kit from a whole clone.") from None
