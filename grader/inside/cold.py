"""The first thing that a cold kernel runs: take on its limits, then become a stock ipykernel.

It is run as a script by the interpreter that becomes the kernel: `python cold.py LIMITS CONNECTION_FILE`.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

MB = 2**20  # run as a script, it can't import ours
CPU_GRACE = 5  # seconds more than the watchdog allows: it should be the first to notice


def limit_resources(limits: dict[str, float]) -> None:
    """Set the rlimits that this system has. They are inherited by everything that the notebook starts."""
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": int(limits["cpu"]) + CPU_GRACE,
        "RLIMIT_FSIZE": int(limits["file_size"]) * MB,
        "RLIMIT_NOFILE": int(limits["open_files"]),
    }
    for name, value in wanted.items():
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


if __name__ == "__main__":
    limits, connection_file = json.loads(sys.argv[1]), sys.argv[2]
    sys.path[0] = str(Path.cwd())  # not this script's folder: the notebook imports from where it runs
    limit_resources(limits)
    sys.argv = ["ipykernel_launcher", "-f", connection_file, "--HistoryManager.hist_file=:memory:"]
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
