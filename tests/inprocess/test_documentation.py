"""What docs/own-code.md tells people to copy works as it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "own-code.md").read_text("utf-8")
pytestmark = pytest.mark.kernel


def example(heading: str) -> str:
    """The code below a heading."""
    found = re.search(rf"^## {re.escape(heading)}\n+```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def run(folder: Path, name: str, text: str, *command: str) -> subprocess.CompletedProcess[str]:
    (folder / name).write_text(text)
    command = (sys.executable, *command, name)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200)


@pytest.mark.parametrize(
    ("heading", "culprit"),
    [("A training loop", "prediction = tf.round(model(x))"), ("`model.fit`", "tf.cast(prediction > y")],
)
def test_an_example_names_the_line(tmp_path: Path, heading: str, culprit: str) -> None:
    text = example(heading)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if culprit in line)
    done = run(tmp_path, "example.py", text)
    assert done.returncode == 0, done.stderr
    assert "No gradients provided" in done.stdout and "1 error" in done.stdout
    underlined = re.search(rf"│ {line}  .*{re.escape(culprit)}.*\n.*\^\^", done.stdout)
    assert underlined, done.stdout


def test_the_fixture_passes_a_good_test_and_fails_a_bad_one(tmp_path: Path) -> None:
    good = example("A test")
    bad = good.replace("model(tf.ones((4, 3)))", "tf.round(model(tf.ones((4, 3))))")
    assert bad != good
    (tmp_path / "test_good.py").write_text(good)
    done = run(tmp_path, "test_bad.py", bad, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_good.py")
    assert "2 passed, 1 error" in done.stdout and "tf.round" in done.stdout, done.stdout
    assert "UnhealthyGradients" in done.stdout and "ERROR test_bad.py" in done.stdout
