"""What a machine gets that lacks something: safety never goes without a word, and speed goes first.

The machines are made here: a `bwrap` that comes first on the path fails, is missing, or forbids forked kernels to make
namespaces, with the same error as Ubuntu's AppArmor.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from grader.inside import seccomp
from grader.kernels import open_source, sandbox
from grader.kernels.capabilities import TRIALS, Capability, isolation, walls
from grader.kernels.cold import ColdSource
from grader.kernels.walled import WalledSource
from grader.kernels.warm import WarmSource
from grader.model.errors import GraderError

from .conftest import need_walls
from .notebooks import run

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]
Machine = Callable[[str], None]


@pytest.fixture
def bwrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Puts a script in bubblewrap's place."""

    def install(script: str) -> None:
        program = tmp_path / "bwrap"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return install


@pytest.fixture
def ubuntu(bwrap: Machine, tmp_path: Path) -> None:
    """Bubblewrap works, but what it runs may not make namespaces."""
    need_walls()
    lines = seccomp.program(os.uname().machine)
    (tmp_path / "filter").write_bytes(b"".join(struct.pack("=HBBI", *line) for line in lines))
    bwrap(f'exec 9<"{tmp_path}/filter"\nexec {shutil.which("bwrap")} --seccomp 9 "$@"')


@pytest.fixture
def broken(bwrap: Machine) -> None:
    bwrap("echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1")


@pytest.fixture
def missing_bwrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(sandbox, "_packaged", lambda: None)


@pytest.mark.usefixtures("ubuntu")
def test_where_forks_cannot_be_isolated_each_notebook_gets_its_own_sandbox() -> None:
    with closing(open_source("warm", "auto")) as source:
        assert isinstance(source, WalledSource)
        assert source.sandboxed
        assert "sandbox of its own" in source.notice
        outcome = run(source, "import os; print(os.getpid() > 1, os.path.exists('/root'), os.listdir())")
        assert outcome.text == f"True {os.geteuid() == 0 and _python_in_root_home()} []\n"


def _python_in_root_home() -> bool:
    """The folders above the interpreter exist inside; there is nothing else in them."""
    import sys

    return sys.base_prefix.startswith("/root/")


@pytest.mark.usefixtures("ubuntu")
def test_env_says_that_forks_cannot_be_isolated() -> None:
    assert walls().works
    found = isolation()
    assert not found.works
    assert found.consequence


@pytest.mark.usefixtures("broken")
def test_where_bubblewrap_fails_it_goes_on_in_the_open_with_a_notice() -> None:
    with closing(open_source("auto", "auto")) as source:
        assert isinstance(source, WarmSource)
        assert not source.sandboxed
        assert source.notice.startswith("No sandbox here")
        assert "\n" not in source.notice
        assert run(source, "print(1)").text == "1\n"


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("name", ["auto", "warm", "cold"])
def test_who_insists_on_a_sandbox_is_told_why_there_is_none(name: str) -> None:
    with pytest.raises(GraderError, match="does not work: bwrap: setting up uid map"):
        open_source(name, "bwrap")


@pytest.mark.usefixtures("missing_bwrap")
def test_without_bubblewrap() -> None:
    with pytest.raises(GraderError, match="bubblewrap is not installed"):
        open_source("warm", "bwrap")
    with closing(open_source("cold", "auto")) as source:
        assert isinstance(source, ColdSource)
        assert "bubblewrap is not installed" in source.notice


def test_elsewhere_than_on_linux_kernels_are_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.kernels.choice.sys.platform", "darwin")
    source = open_source("auto", "auto")
    source.close()
    assert isinstance(source, ColdSource)
    assert "wait" in source.notice


@pytest.mark.usefixtures("broken")
def test_env_says_what_bubblewrap_said() -> None:
    rows = {row.name: row for row in (attempt() for attempt in TRIALS.values())}
    assert "setting up uid map" in rows["sandbox"].detail
    assert not rows["isolated forks"].works


def test_env_on_this_machine() -> None:
    need_walls()
    rows = [attempt() for attempt in TRIALS.values()]
    assert all(isinstance(row, Capability) and row.detail.endswith(".") for row in rows)
    assert {row.name for row in rows if row.works} >= {"warm kernels", "bubblewrap", "sandbox", "TensorFlow"}
