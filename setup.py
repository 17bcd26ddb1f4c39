"""Puts the course and the pages of the codes, whose place is at the top of this repository, into a wheel, at the same
paths below grader/shipped. An editable installation finds them here. Everything else is said in pyproject.toml.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
SHIPPED = Path("grader", "shipped")
PATTERNS = (
    "docs/codes/GRAD*.md",
    "exercises/*/exercise.toml",
    "exercises/*/.original.ipynb",  # the notebook beside it may be somebody's work
    "exercises/*/.spec/*.py",
    "solutions/*.ipynb",
)


class BuildWithCourse(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source in shipped():
                target = self._target(source)
                self.mkpath(str(target.parent))
                self.copy_file(str(source), str(target))

    def get_source_files(self) -> list[str]:
        """What a source distribution holds."""
        return [*super().get_source_files(), *map(str, shipped())]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        more = [] if self.editable_mode else [str(self._target(source)) for source in shipped()]
        return [*super().get_outputs(include_bytecode), *more]

    def _target(self, source: Path) -> Path:
        return Path(self.build_lib) / SHIPPED / source


def shipped() -> Iterator[Path]:
    """By their paths below this folder."""
    files = {path for pattern in PATTERNS for path in HERE.glob(pattern)}
    for table in HERE.glob("exercises/*/exercise.toml"):
        data = tomllib.loads(table.read_text("utf-8")).get("data", [])
        files |= {table.parent / name for name in data}
    return (path.relative_to(HERE) for path in sorted(files))


setup(cmdclass={"build_py": BuildWithCourse})
