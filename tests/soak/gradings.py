"""`python -m tests.soak.gradings [COUNT]`: many gradings in a row through one fork server. What grows, what is left?

Prints memory, descriptors and files of the grader and of its processes as it goes, and exits with 1 when, after the
first hundred, either grows by 20 KB or more a grading, or a descriptor, process or file is left.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil

from grader.course.catalogue import load
from grader.course.notebook import read
from grader.grading.grader import Grader
from grader.kernels.choice import warm
from grader.kernels.warm import WarmSource

SETTLED = 100  # gradings after which caches are full
ALLOWED = 20 * 1024  # bytes a grading
EXERCISE = Path(__file__).parent.parent / "small_course" / "exercises" / "01_line"


def server_processes() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if p.name() not in ("sh",)]


def anonymous(process: psutil.Process) -> int:
    """Bytes of memory that no file backs: what others map of TensorFlow's libraries does not change it."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon:"))


def measure(folder: Path) -> dict[str, int]:
    gc.collect()
    own = psutil.Process()
    servers = server_processes()
    return {
        "client memory": anonymous(own),
        "server memory": sum(map(anonymous, servers)),
        "client descriptors": own.num_fds(),
        "server descriptors": sum(p.num_fds() for p in servers),
        "client threads": own.num_threads(),
        "processes": len(servers),
        "files": len(list(folder.iterdir())),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=500)
    return soak(parser.parse_args().count)


def soak(count: int) -> int:
    exercise = load(EXERCISE)
    assert exercise.solution is not None
    notebooks = [(read(exercise.original), "failed"), (read(exercise.solution), "passed")]
    with closing(warm("auto")) as source, Grader(source, "cpu") as grader:
        assert isinstance(source, WarmSource), source.notice
        print(source.notice or "behind walls")
        base: dict[str, int] = {}
        folder = source._scratch.path
        begun = time.monotonic()
        for number in range(1, count + 1):
            notebook, status = notebooks[number % 2]
            assert grader.judge(exercise, notebook).status == status
            if number == min(SETTLED, count // 2):
                base = measure(folder)
            if number % 50 == 0:
                print(number, f"{(time.monotonic() - begun) / number:.3f} s each", measure(folder), flush=True)
        final = measure(folder)
    growth = {name: final[name] - base[name] for name in final}
    each = (count - min(SETTLED, count // 2)) or 1
    print("growth", growth, "bytes a grading:", growth["client memory"] // each, growth["server memory"] // each)
    leaked = [name for name, grown in growth.items() if grown > (ALLOWED * each if "memory" in name else 0)]
    print("LEAKED: " + ", ".join(leaked) if leaked else "nothing leaked")
    return bool(leaked)


if __name__ == "__main__":
    sys.exit(main())
