"""The grader in two minutes: a wrong verdict, a hint, the repair, the right verdict, the report; and the doctor.

`make demo` runs it. Everything happens in build/demo, a copy of the first exercise: your own notebooks and your
progress stay as they are. Each command is shown before its output.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "demo"
NAME = "00_first_steps"
NOTEBOOK = f"exercises/{NAME}/notebook.ipynb"
SCRIPT = "examples/first_script.py"


def main() -> int:
    lay_out()
    print(f"This takes about a minute, in {FOLDER.relative_to(ROOT)}, a copy of the first exercise.")

    step(1, "An exercise is a notebook that trains something, and fails to. Is this one right?")
    broken = grader("exercises/00")
    step(2, "A hint, please.")
    hinted = grader("hint", "00")
    step(3, "Somebody repairs the notebook: here, by taking the solution.")
    repair()
    step(4, "Is it right now?")
    repaired = grader("exercises/00")
    step(5, "Where is the report for the browser?")
    reported = grader("report", "00", "--print")
    step(6, "The doctor needs no exercise: it examines any training, such as this script.")
    examined = grader("doctor", SCRIPT)

    return 0 if (broken, hinted, repaired, reported, examined) == (1, 0, 0, 0, 1) else 1


def lay_out() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(ROOT / "exercises" / NAME, FOLDER / "exercises" / NAME)
    shutil.copyfile(ROOT / "exercises" / NAME / ".original.ipynb", FOLDER / NOTEBOOK)
    for path in (f"solutions/{NAME}.ipynb", SCRIPT):
        (FOLDER / path).parent.mkdir()
        shutil.copyfile(ROOT / path, FOLDER / path)


def step(number: int, sentence: str) -> None:
    print(f"\n--- {number} of 6: {sentence}\n", flush=True)


def repair() -> None:
    print(f"$ cp solutions/{NAME}.ipynb {NOTEBOOK}", flush=True)
    shutil.copyfile(FOLDER / "solutions" / f"{NAME}.ipynb", FOLDER / NOTEBOOK)


def grader(*arguments: str) -> int:
    print(f"$ python -m grader {' '.join(arguments)}\n", flush=True)
    return subprocess.run([sys.executable, "-m", "grader", *arguments], cwd=FOLDER).returncode


if __name__ == "__main__":
    sys.exit(main())
