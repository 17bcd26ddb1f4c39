"""`python -m tests.soak.served [COUNT]`: many commands in a row, run by one resident grader. What grows, what is left?

Prints memory, descriptors and processes of the resident grader and of all that it keeps, and exits with 1 when, after
the first eighty commands, memory grows by 20 KB or more a command, or a descriptor or a process is left.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import psutil

from ..resident.conftest import Place, opened
from .gradings import ALLOWED, anonymous

SETTLED = 80  # commands after which caches are full, and the solution has a second kernel
COMMANDS = [
    (("grade", "01", "--brief"), 1),
    (("grade", "01", "--brief", "--notebook", "solutions/01_line.ipynb"), 0),
    (("hint", "01"), 0),
    (("grade", "01", "--notebook", "missing.ipynb"), 2),
    (("grade", "01", "--format", "json", "--notebook", "solutions/01_line.ipynb"), 0),
    (("list",), 0),
]


def measure(resident: psutil.Process) -> dict[str, int]:
    time.sleep(1)  # in which what has ended is gone
    family = [resident, *resident.children(recursive=True)]
    return {
        "memory": sum(map(anonymous, family)),
        "descriptors": sum(process.num_fds() for process in family),
        "processes": len(family),
    }


def soak(place: Place, count: int) -> int:
    assert place.run("grade", "01", "--brief")[0] == 1
    resident = place.resident()
    assert resident is not None
    base: dict[str, int] = {}
    begun = time.monotonic()
    for number in range(1, count + 1):
        command, code = COMMANDS[number % len(COMMANDS)]
        assert place.run(*command)[0] == code, command
        if number == min(SETTLED, count // 2):
            base = measure(resident)
        if number % 25 == 0:
            print(number, f"{(time.monotonic() - begun) / number:.3f} s each", measure(resident), flush=True)
    final = measure(resident)
    growth = {name: final[name] - base[name] for name in final}
    each = count - min(SETTLED, count // 2)
    print("growth", growth, "bytes a command:", growth["memory"] // each)
    leaked = [name for name, grown in growth.items() if grown > (ALLOWED * each if name == "memory" else 0)]
    print("LEAKED: " + ", ".join(leaked) if leaked else "nothing leaked")
    return bool(leaked)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=200)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="served-") as folder, opened(Path(folder)) as place:
        return soak(place, count)


if __name__ == "__main__":
    sys.exit(main())
