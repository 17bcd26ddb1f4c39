"""`python -m grader doctor` on files that no course knows: real kernels, the command as a shell sees it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import nbformat.v4
import numpy as np
import psutil
import pytest

from grader.commands.doctor import exit_code
from grader.doctor.extent import Examined
from grader.doctor.file import Diagnosis

from ..command_line import grader
from ..conftest import alone, left_of

pytestmark = pytest.mark.kernel

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "doctor.schema.json").read_text())

TRAINING = """\
import tensorflow as tf

w = tf.Variable([[1.0], [2.0]], name="w")
b = tf.Variable([0.0], name="b")
optimizer = tf.keras.optimizers.SGD(0.05)
x = tf.constant([[1.0, 2.0], [3.0, 1.0], [0.5, 0.5]])
y = tf.constant([[1.0], [0.0], [2.0]])


def train(steps):
    for step in range(steps):
{body}
        gradients = tape.gradient(loss, [w, b])
        optimizer.apply_gradients([(g, v) for g, v in zip(gradients, [w, b]) if g is not None])


if __name__ == "__main__":
    train({steps})
"""
RIGHT = """\
        with tf.GradientTape() as tape:
            prediction = tf.matmul(x, w) + b
            loss = tf.reduce_mean((prediction - y) ** 2)"""
NUMPY = RIGHT.replace("(prediction - y)", "(prediction.numpy() - y + 0.0 * b)")
ROUNDED = RIGHT.replace("tf.matmul(x, w)", "tf.round(tf.matmul(x, w))")
EARLY = """\
        prediction = tf.matmul(x, w) + b
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((prediction - y) ** 2) + tf.reduce_sum(b**2)"""

FILES = {
    "healthy.py": TRAINING.format(body=RIGHT, steps=5),
    "percent.py": "# %% the data\n" + TRAINING.format(body=NUMPY, steps=5).replace("\ndef train", "\n# %%\ndef train"),
    "rounded.py": TRAINING.format(body=ROUNDED, steps=5),
    "early.py": TRAINING.format(body=EARLY, steps=5),
    "crash_with_findings.py": TRAINING.format(body=ROUNDED, steps=5).replace(" if g is not None", " if g + 1.0 is g"),
    "crash.py": "def rows(text):\n    return [int(word) for word in text.split()]\n\n\nrows('1 two')\n",
    "own_steps.py": "class StepLimit(Exception):\n    pass\n\n\nraise StepLimit('after 3')\n",
    "own_time.py": "class TimeLimit(Exception):\n    pass\n\n\nraise TimeLimit('after 3')\n",
    "syntax.py": "x = 1\ny = = 2\n",
    "package.py": "import tensorflow as tf\nimport sklearn_of_tomorrow.datasets\n",
    "submodule.py": "from tensorflow.contrib import slim\n",
    "data.py": "import numpy as np\nx = np.load('sets/train.npz')\n",
    "download.py": "import tensorflow as tf\ntf.keras.utils.get_file('x.npz', 'https://example.invalid/x.npz')\n",
    "keyboard.py": "steps = int(input('how many? '))\n",
    "arguments.py": "import argparse\np = argparse.ArgumentParser()\np.add_argument('file')\np.parse_args()\n",
    "exits.py": TRAINING.format(body=RIGHT, steps=2) + "    raise SystemExit(0)\n",
    "nothing.py": "import tensorflow as tf\nprint(tf.constant(1.0) + 1.0)\n",
    "dies.py": "import os\nos._exit(1)\n",
    "empty.py": "",
    "model.txt": "x = 1\n",
    "broken.ipynb": "{",
}
LOCAL = """\
import os, sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from scaling import SCALE
from package.inner import POWER

assert sys.argv == ["local.py"] and Path(__file__).name == "local.py" and "loss.png" in os.listdir()
x = np.load("sub/x.npy") * float(open("data.csv").read()) + np.load(Path(__file__).parent / "sub" / "x.npy")

import tensorflow as tf

w = tf.Variable(1.0)
with tf.GradientTape() as tape:
    loss = tf.reduce_sum((w * SCALE - x) ** POWER)
print(tape.gradient(loss, w))
plt.plot([1, 2])
plt.savefig("loss.png")
Path("sub/new.txt").write_text("new")
Path("notes.txt").write_text("new")
assert plt.get_backend().lower() == "agg"
assert not os.path.exists(".secret")
for folder, names, _ in os.walk("/shown"):
    assert not any(name.startswith(".") for name in names) or not os.listdir(os.path.join(folder, ".secret"))
"""

Told = dict[str, dict[str, Any]]  # by the file's name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    folder.chmod(0o755)  # as root, programs are run as another user
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "latin.py").write_bytes(b"x = 'caf\xe9'\n")
    (folder / "declared.py").write_bytes(b"# -*- coding: latin-1 -*-\nassert len('caf\xe9') == 4\n")
    (folder / "folder").mkdir()
    cells = ["import tensorflow as tf\n", "", " \t\n\n" + FILES["rounded.py"].partition("\n")[2]]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    (folder / "notebook.ipynb").write_text(nbformat.writes(notebook))
    return folder


@pytest.fixture(scope="module")
def told(folder: Path) -> Told:
    """The line of JSON for each file, all from one command."""
    names = [*sorted(path.name for path in folder.iterdir()), "gone.py"]
    done = grader("doctor", *names, "--format", "json", cwd=folder)
    assert (done.returncode, done.stderr) == (2, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == names
    for line in lines:
        jsonschema.validate(line, SCHEMA)
    return {line["file"]: line for line in lines}


def test_a_healthy_program_is_told_with_what_was_examined(told: Told) -> None:
    line = told["healthy.py"]
    assert (line["status"], line["healthy"], line["findings"]) == ("examined", True, [])
    assert line["examined"] == {"gradient_calls": 1, "variables": 2, "steps": 5}
    assert "2 variables, 1 place that asks for gradients, 5 optimizer steps" in line["message"]


def test_a_program_that_ends_itself_when_all_is_well_is_no_crash(told: Told) -> None:
    assert (told["exits.py"]["status"], told["exits.py"]["healthy"]) == ("examined", True)


@pytest.mark.parametrize(
    ("file", "cell", "culprit", "underlined"),
    [
        ("percent.py", None, "prediction.numpy()", "prediction.numpy()"),
        ("rounded.py", None, "tf.round", "tf.round(tf.matmul(x, w))"),
        ("early.py", None, "prediction = tf.matmul", ""),
        ("notebook.ipynb", 3, "tf.round", "tf.round(tf.matmul(x, w))"),
        ("crash_with_findings.py", None, "tf.round", "tf.round(tf.matmul(x, w))"),
    ],
)
def test_the_culprit_is_named_by_its_line(
    told: Told, folder: Path, file: str, cell: int | None, culprit: str, underlined: str
) -> None:
    line = told[file]
    assert line["healthy"] is False
    first = line["findings"][0]
    text = (folder / file).read_text()
    if cell is not None:
        text = [one.source for one in nbformat.reads(text, 4).cells][cell - 1]
    source = text.splitlines()[first["line"] - 1]
    assert (first["severity"], first["cell"]) == ("error", cell)
    assert culprit in source and first["source"] == source.strip()
    assert underlined in source[first["column"] : first["end_column"]]
    assert "w" in first["variables"]


def test_a_program_that_raises_still_has_its_findings(told: Told) -> None:
    line = told["crash_with_findings.py"]
    assert line["status"] == "crashed"
    assert "stopped with TypeError in line 16: unsupported operand" in line["message"]
    assert [finding["cause"] for finding in line["findings"]] == ["nondifferentiable_op"]


@pytest.mark.parametrize(
    ("file", "status", "message"),
    [
        ("crash.py", "crashed", "stopped with ValueError in line 2: invalid literal for int() with base 10: 'two'."),
        ("own_steps.py", "crashed", "stopped with StepLimit in line 5: after 3."),  # ours has the same name
        ("own_time.py", "crashed", "stopped with TimeLimit in line 5: after 3."),
        ("syntax.py", "crashed", "The program is not valid Python in line 2: invalid syntax."),
        ("package.py", "crashed", "The program imports sklearn_of_tomorrow, which is not installed here."),
        ("submodule.py", "crashed", "imports tensorflow.contrib, which tensorflow 2."),
        ("data.py", "crashed", "The program asks for sets/train.npz, which is not there."),
        ("download.py", "crashed", "wants to download https://example.invalid/x.npz, and "),
        ("keyboard.py", "crashed", "waits for the keyboard."),
        ("arguments.py", "crashed", "ended itself with exit code 2, as one does that misses arguments."),
        ("dies.py", "killed", "The program ended its kernel, so nothing could be examined."),
        ("nothing.py", "examined", "It asks for no gradient, so there was nothing to examine."),
        ("declared.py", "examined", "It asks for no gradient"),
        ("empty.py", "unreadable", "empty.py has no code in it."),
        ("latin.py", "unreadable", "latin.py is not a Python program: its text is not UTF-8."),
        ("model.txt", "unreadable", "model.txt is neither a notebook (.ipynb) nor a Python program (.py)."),
        ("broken.ipynb", "unreadable", "broken.ipynb is not a notebook: its text is not valid JSON."),
        ("folder", "unreadable", "folder is a folder."),
        ("gone.py", "unreadable", "gone.py can't be read: No such file or directory."),
    ],
)
def test_what_gives_no_conclusion_says_why(told: Told, file: str, status: str, message: str) -> None:
    line = told[file]
    assert (line["status"], line["healthy"], line["findings"]) == (status, None, [])
    assert message in line["message"]


def test_the_text_shows_the_code_and_the_next_step(folder: Path) -> None:
    done = grader("doctor", "healthy.py", "rounded.py", "package.py", cwd=folder)
    assert done.returncode == 2
    healthy, rounded, package = done.stdout.split("\n\n✗ ")
    assert healthy.splitlines()[0] == f"✓ healthy.py{'healthy':>68}"
    assert "          prediction = tf.round(tf.matmul(x, w)) + b\n" in rounded
    assert "^" * len("tf.round(tf.matmul(x, w))") in rounded and "─╳─" in rounded and "Next: " in rounded
    assert "-m pip install sklearn_of_tomorrow" in package.replace("\n        ", " ")
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_one_error_is_exit_code_1_and_none_is_0(folder: Path) -> None:
    assert grader("doctor", "early.py", "healthy.py", cwd=folder).returncode == 1
    assert grader("doctor", "healthy.py", "nothing.py", cwd=folder).returncode == 0


@pytest.mark.timing
def test_a_program_that_hangs_is_stopped_and_still_has_its_findings(folder: Path) -> None:
    (folder / "hang.py").write_text(TRAINING.format(body=ROUNDED, steps=1) + "    while True:\n        pass\n")
    (folder / "endless.py").write_text(TRAINING.format(body=RIGHT, steps=10**9))
    began = time.monotonic()
    done = grader("doctor", "hang.py", "endless.py", "--timeout", "3", "--format", "json", cwd=folder)
    hang, endless = (json.loads(line) for line in done.stdout.splitlines())
    for line in (hang, endless):
        jsonschema.validate(line, SCHEMA)
        assert line["status"] == "timed_out" and "after 3 s" in line["message"]
    assert hang["healthy"] is False and hang["findings"][0]["cause"] == "nondifferentiable_op"
    assert endless["healthy"] is None and endless["examined"]["steps"] > 0
    assert done.returncode == 2
    assert time.monotonic() - began < 60


def test_steps_end_a_compiled_fit(folder: Path) -> None:
    (folder / "fit.py").write_text(
        "import keras, numpy\n"
        "model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "model.fit(numpy.ones((64, 3)), numpy.ones((64, 1)), batch_size=1, epochs=10_000, verbose=0)\n"
    )
    done = grader("doctor", "fit.py", "--steps", "4", "--format", "json", cwd=folder)
    line = json.loads(done.stdout)
    assert (done.returncode, line["status"], line["healthy"]) == (0, "examined", True)
    assert line["examined"]["steps"] == 4


def test_steps_end_a_long_training(folder: Path) -> None:
    (folder / "long.py").write_text(TRAINING.format(body=RIGHT, steps=10**9))
    done = grader("doctor", "long.py", "--steps", "4", "--format", "json", cwd=folder)
    line = json.loads(done.stdout)
    assert (done.returncode, line["status"], line["healthy"]) == (0, "examined", True)
    assert line["examined"]["steps"] == 4


@pytest.mark.parametrize("sandbox", ["auto", "off"])
def test_a_program_finds_its_folder_and_may_write_without_changing_it(tmp_path: Path, sandbox: str) -> None:
    numbers = io.BytesIO()
    np.save(numbers, np.zeros(2, np.float32))
    here = tmp_path / "project"
    files = {
        "local.py": LOCAL.encode() if sandbox == "auto" else LOCAL.partition("for folder")[0].encode(),
        "scaling.py": b"SCALE = 2.0",
        "package/__init__.py": b"",
        "package/inner.py": b"POWER = 2",
        "data.csv": b"3.0",
        "sub/x.npy": numbers.getvalue(),
        "loss.png": b"of the last run",
        "notes.txt": b"mine",
        ".secret/key": b"secret",
    }
    for name, content in files.items():
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    done = grader("doctor", "project/local.py", "--sandbox", sandbox, cwd=tmp_path)
    assert "healthy" in done.stdout, done.stdout
    assert done.returncode == 0
    assert {str(path.relative_to(here)): path.read_bytes() for path in here.rglob("*") if path.is_file()} == files


def test_another_folder_can_be_added(tmp_path: Path) -> None:
    for name, text in {
        "code/a.py": "open('x.txt'), open('sets/x.txt'), open('../sets/x.txt')",
        "sets/x.txt": "",
    }.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    without = grader("doctor", "code/a.py", cwd=tmp_path)
    assert "asks for x.txt, which is not there" in without.stdout and "--data DIR" in without.stdout
    assert grader("doctor", "code/a.py", "--data", "sets", cwd=tmp_path).returncode == 0
    wrong = grader("doctor", "code/a.py", "--data", "nowhere", cwd=tmp_path)
    assert wrong.returncode == 2 and "'nowhere' does not exist" in wrong.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_with_130_and_leaves_no_process_behind(folder: Path) -> None:
    (folder / "hang.py").write_text("while True: pass\n")
    command, pipe = [sys.executable, "-m", "grader", "doctor", "hang.py"], subprocess.PIPE
    process = subprocess.Popen(command, cwd=folder, env=alone(), stdout=pipe, stderr=pipe, text=True)
    while not psutil.Process(process.pid).children():  # the fork server: all is imported
        time.sleep(0.1)
    time.sleep(2)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert not left_of(family)


@pytest.mark.parametrize(
    ("diagnoses", "code"),
    [
        ([("examined", True)], 0),
        ([("examined", None)], 0),
        ([("examined", True), ("examined", False)], 1),
        ([("crashed", False)], 1),
        ([("crashed", None)], 2),
        ([("timed_out", None), ("examined", False)], 2),
        ([("unreadable", None), ("examined", True)], 2),
    ],
)
def test_exit_codes(diagnoses: list[tuple[str, bool | None]], code: int) -> None:
    assert exit_code(Diagnosis("f", status, healthy, Examined(), "") for status, healthy in diagnoses) == code
