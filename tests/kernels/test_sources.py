"""What every kernel source promises, tried on all of them with real kernels."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader import kernels
from grader.kernels import KernelRequest, KernelSource
from grader.kernels.provisioner import SourcedKernelManager
from grader.model import Device, Limits

from .notebooks import run

pytestmark = pytest.mark.kernel
EVERY = ("cold", "open_warm", *(pytest.param(name, marks=pytest.mark.sandbox) for name in ("warm", "walled")))
SHOW_CARDS = f"import os; print(os.environ.get({kernels.CARDS!r}))"
ENDS = ("import os; os.abort()", "import os; os._exit(3)", "import ctypes; ctypes.string_at(0)")


@pytest.fixture(params=EVERY)
def source(request: pytest.FixtureRequest) -> KernelSource:
    found: KernelSource = request.getfixturevalue(request.param)
    return found


def test_cells_share_one_kernel_and_the_next_notebook_gets_another(source: KernelSource) -> None:
    assert run(source, "x = 40", "print(x + 2)").text == "42\n"
    assert run(source, "print('x' in globals())").text == "False\n"


def test_the_work_folder_holds_the_data_files_and_nothing_else(source: KernelSource, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("1,2\n")
    data = {"points.csv": tmp_path / "points.csv", "more/points.csv": tmp_path / "points.csv"}
    outcome = run(source, "import os; print(sorted(os.listdir())); print(open('more/points.csv').read())", data=data)
    assert outcome.text == "['more', 'points.csv']\n1,2\n\n"


def test_a_notebook_can_write_and_run_programs_in_its_work_folder(source: KernelSource) -> None:
    show = "import subprocess; print(subprocess.getoutput('cat a.txt'))"
    outcome = run(source, "open('a.txt', 'w').write('hello')", show)
    assert outcome.text == "hello\n"


def test_the_environment_names_nothing_of_ours(source: KernelSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "abracadabra")
    assert "abracadabra" not in run(source, "import os; print(dict(os.environ))").text


def test_the_gpu_is_hidden_from_a_notebook_that_runs_on_the_cpu(source: KernelSource) -> None:
    assert run(source, SHOW_CARDS).text == "-1\n"


@pytest.mark.parametrize(
    ("device", "there", "shown"), [("auto", True, True), ("auto", False, False), ("gpu", False, True)]
)
def test_auto_shows_a_gpu_where_there_is_one(
    source: KernelSource, device: Device, there: bool, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "gpus", lambda: [Path("/dev/nvidia0")] if there else [])
    assert run(source, SHOW_CARDS, device=device).text == f"{os.environ.get(kernels.CARDS) if shown else -1}\n"


def test_two_kernels_draw_different_random_numbers(source: KernelSource) -> None:
    draw = "import random, numpy; print(random.random(), numpy.random.rand())"
    first, second = run(source, draw).text.split(), run(source, draw).text.split()
    assert first[0] != second[0]
    assert first[1] != second[1]


@pytest.mark.timing
@pytest.mark.parametrize("end", ENDS)
def test_a_death_is_noticed_when_it_happens(source: KernelSource, end: str) -> None:
    outcome = run(source, end, "import time; time.sleep(10)")
    assert outcome.ending == "died"
    assert outcome.limit is None
    assert outcome.seconds < 5


@pytest.mark.timing
def test_a_kernel_can_be_killed_from_another_thread(source: KernelSource) -> None:
    with source.kernel(KernelRequest()) as kernel:
        assert isinstance(kernel.manager, SourcedKernelManager)
        client = kernel.manager.client()
        client.start_channels()
        threading.Timer(0.5, kernel.kill).start()
        begun = time.monotonic()
        from jupyter_core.utils import run_sync

        run_sync(kernel.manager.died)()
        assert time.monotonic() - begun < 3
        kernel.kill()  # twice does no harm
        client.stop_channels()


def test_several_kernels_run_at_once(source: KernelSource) -> None:
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda n: run(source, f"import time; time.sleep(.3); print({n})").text, range(3)))
    assert outcomes == ["0\n", "1\n", "2\n"]


def test_memory_has_a_limit(source: KernelSource) -> None:
    outcome = run(source, "kept = []\nwhile True: kept.append(bytearray(2**24))", memory=900)
    assert outcome.limit is not None
    assert outcome.limit.name == "memory"
    assert outcome.limit.allowed == 900
    assert 900 < (outcome.limit.used or 0) < 2000
    assert outcome.ending == "died"


def test_processor_time_has_a_limit(source: KernelSource) -> None:
    outcome = run(source, "while True: pass", cpu=3, cell=50, wall=50)
    assert outcome.limit is not None
    assert (outcome.limit.name, outcome.limit.allowed) == ("cpu", 3)


@pytest.mark.timing
def test_output_has_a_limit(source: KernelSource) -> None:
    outcome = run(source, "for i in range(10**7): print('x' * 1000)", output=2)
    assert outcome.limit is not None
    assert outcome.limit.name == "output"
    assert len(outcome.text) < 3 * 2**20
    assert outcome.seconds < 10


def test_a_file_has_a_limit(source: KernelSource) -> None:
    outcome = run(source, "f = open('big', 'wb')\nfor i in range(40): f.write(bytes(2**20)); f.flush()", file_size=20)
    assert outcome.error.startswith("OSError: [Errno 27] File too large")


def test_open_files_have_a_limit(source: KernelSource) -> None:
    outcome = run(source, "import os\nkept = [os.open('/dev/null', 0) for i in range(500)]", open_files=300)
    assert "Too many open files" in outcome.error


def test_tensorflow_trains_a_model(source: KernelSource) -> None:
    train = (
        "import tensorflow as tf\n"
        "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse', jit_compile=True)\n"
        "data = tf.data.Dataset.range(64).map(lambda i: (tf.ones((3,)), 1.0), num_parallel_calls=4).batch(8)\n"
        "print(len(model.fit(data, verbose=0, shuffle=False).history['loss']))"
    )
    assert run(source, train, limits=Limits(), wall=90).text.endswith("1\n")
