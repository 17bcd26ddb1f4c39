"""What libraries say when something is not there, and what a person is told instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.doctor.obstacles import Surroundings, find_obstacle
from grader.model import CellError

CASES = [
    ("ModuleNotFoundError", "No module named 'cv2'", "imports cv2, which is not installed", "opencv-python-headless"),
    ("ModuleNotFoundError", "No module named 'keras.wrappers'", "which keras 3.", "another version"),
    ("FileNotFoundError", "[Errno 2] No such file or directory: 'a b/x.csv'", "asks for a b/x.csv,", "--data DIR"),
    ("FileNotFoundError", "[Errno 2] No such file or directory: '/srv/x.csv'", "asks for /srv/x.csv,", "--data /srv"),
    ("NotFoundError", "x.tfrecord; No such file or directory [Op:Read]", "asks for x.tfrecord,", "--data DIR"),
    ("NotFoundError", "Could not find directory photos", "asks for photos,", "--data DIR"),
    ("ValueError", "File not found: filepath=m.keras. Please ensure", "asks for m.keras,", "--data DIR"),
    ("OSError", "[Errno 30] Read-only file system: 'big.h5'", "writes over big.h5,", "a new name"),
    ("PermissionError", "[Errno 13] Permission denied: '/etc/x'", "may not read or write /etc/x", "beside it"),
    ("URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>", "download something", "~/.keras"),
    ("Exception", "URL fetch failure on https://a.b/c.npz: None -- x", "download https://a.b/c.npz, and", "~/.keras"),
    ("StdinNotImplementedError", "raw_input was called", "waits for the keyboard", "into the code"),
    ("SystemExit", "2", "exit code 2, as one does that misses arguments", "default values"),
    ("SystemExit", "no GPU", "ended itself with the words “no GPU”", "condition"),
]


@pytest.mark.parametrize(("kind", "said", "message", "step"), CASES, ids=[case[1][:30] for case in CASES])
def test_what_is_not_there_is_named_with_the_next_step(
    tmp_path: Path, kind: str, said: str, message: str, step: str
) -> None:
    found = find_obstacle(CellError(kind, said), Surroundings("The program", (tmp_path,), True))
    assert found is not None
    assert found[0].startswith("The program ") and message in found[0] and step in found[1]


def test_a_module_of_ones_own_that_may_not_be_read_is_told_apart_from_a_missing_package(tmp_path: Path) -> None:
    (tmp_path / "layers.py").touch()
    error = CellError("ModuleNotFoundError", "No module named 'layers'")
    message, step = find_obstacle(error, Surroundings("The program", (tmp_path,), True)) or ("", "")
    assert f"could not be read from {tmp_path / 'layers.py'}" in message
    assert "pip install" not in step


@pytest.mark.parametrize("said", ["Shapes (3, 2) and (4, 1) are incompatible", "", "division by zero"])
def test_the_programs_own_affairs_are_left_to_it(tmp_path: Path, said: str) -> None:
    assert find_obstacle(CellError("ValueError", said), Surroundings("The program", (tmp_path,), True)) is None
