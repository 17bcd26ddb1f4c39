"""`python -m grader` as a shell runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def grader(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COLUMNS": "80", **environment}
    command = [sys.executable, "-m", "grader", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL
    )
