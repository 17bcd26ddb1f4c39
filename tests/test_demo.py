"""The demo does what it shows, and the README shows what the demo prints, word for word (`make goldens` writes it)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
COMMANDS = [
    "python -m grader exercises/00",
    "python -m grader hint 00",
    "cp solutions/00_first_steps.ipynb exercises/00_first_steps/notebook.ipynb",
    "python -m grader exercises/00",
    "python -m grader report 00 --print",
    "python -m grader doctor examples/first_script.py",
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo needs of a clone."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("examples", "exercises", "solutions"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def printed(clone: Path) -> list[tuple[str, str]]:
    """Each command of the demo, with what it printed."""
    done = subprocess.run(
        [sys.executable, "examples/demo.py"],
        cwd=clone,
        env={**os.environ, "COLUMNS": "80", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout.replace(f"{clone}/build/demo/", "")
    parts = re.findall(r"^\$ (.+)\n([^\$]*?)(?=\n--- |\Z)", text, re.MULTILINE)
    return [(command, output.strip("\n")) for command, output in parts]


def test_the_demo_grades_hints_repairs_and_examines(printed: list[tuple[str, str]]) -> None:
    assert [command for command, _ in printed] == COMMANDS
    broken, hint, _, repaired, report, doctor = (output for _, output in printed)
    assert "10 points   failed" in broken and "None" in broken
    assert "hint 1 of" in hint and "A tape watches" in hint
    assert "10 / 10 points   passed" in repaired
    assert report == "reports/00_first_steps.html"
    assert "GRAD026" in doctor and "sold - scoops" in doctor


def test_the_demo_leaves_the_course_as_it_is(clone: Path, printed: list[tuple[str, str]]) -> None:
    assert printed
    notebook, original = (
        clone / "exercises" / "00_first_steps" / name for name in ("notebook.ipynb", ".original.ipynb")
    )
    assert notebook.read_bytes() == original.read_bytes()
    assert not (clone / ".grader").exists() and not (clone / "reports").exists()


def test_the_readme_shows_the_first_verdict_as_it_is_printed(
    printed: list[tuple[str, str]], update_goldens: bool
) -> None:
    command, output = printed[0]
    text = README.read_text("utf-8")
    sample = re.compile(r"(?<=```\n)\$ python -m grader exercises/00\n.*?(?=\n```)", re.DOTALL)
    shown = f"$ {command}\n\n{output}"
    if update_goldens:
        README.write_text(sample.sub(lambda _: shown, text), "utf-8")
    else:
        (found,) = sample.findall(text)
        assert found == shown
