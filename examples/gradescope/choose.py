"""Which of the submitted notebooks is graded: `choose.py SUBMISSION EXERCISE` prints its path.

The one that names the exercise in its metadata; of several, or of none, the one with the exercise's own file name; then
the first in the alphabet. `choose.py --say RESULTS NOTEBOOK` writes into the results which one it was.
"""

import json
import sys
from pathlib import Path

from grader.course.notebook import read
from grader.model.errors import GraderError

IGNORED = {".ipynb_checkpoints", "__MACOSX"}


def choose(submission: Path, exercise: str) -> Path:
    found = sorted(path for path in submission.rglob("*.ipynb") if not IGNORED & set(path.parts))
    named = [path for path in found if names(path) == exercise]
    candidates = named or [path for path in found if names(path) is None] or found
    usual = [path for path in candidates if path.name == "notebook.ipynb"]
    return next(iter(usual or candidates), submission / "notebook.ipynb")


def names(notebook: Path) -> str | None:
    try:
        return read(notebook).exercise
    except GraderError:
        return None


def say(results: Path, notebook: str) -> None:
    content = json.loads(results.read_text("utf-8"))
    content["output"] = f"Graded notebook: {notebook}\n\n{content.get('output', '')}".strip()
    results.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")


if sys.argv[1] == "--say":
    say(Path(sys.argv[2]), sys.argv[3])
else:
    print(choose(Path(sys.argv[1]), sys.argv[2]))
