"""A process that has TensorFlow imported and runs cells in an IPython shell, forked for each test (drive.py)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.inside import wire


class Shells:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("drive.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, *cells: str, recording: bool = True) -> dict[str, Any]:
        """What a new shell recorded, its global `answer`, and the seconds that each cell took."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"recording": recording, "cells": cells}) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            assert not line.startswith("@!"), json.loads(line[2:])
            if line.startswith("@@"):
                told: dict[str, Any] = wire.decode(line[2:])
                return told
        raise AssertionError("the process that runs the shells has ended")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="session")
def shells() -> Iterator[Shells]:
    shells = Shells()
    yield shells
    shells.close()
