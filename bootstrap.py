"""Sets up a virtual environment in .venv and does one thing in it; needs nothing but Python itself.

python3 bootstrap.py          set up for repairing exercises: the grader and Jupyter
python3 bootstrap.py demo     the grader in two minutes: a broken notebook, a hint, its repair; then the doctor
python3 bootstrap.py test     run the tests (further arguments go to pytest)
python3 bootstrap.py lint     ruff and mypy
python3 bootstrap.py env      set up for working on this project
"""

import hashlib
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed"
DEMO = HERE / "examples" / "demo.py"
SUPPORTED = ((3, 11), (3, 13))  # for which TensorFlow 2.21 has wheels, and we need 3.11
WHEELS = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Windows", "AMD64")}


def main() -> int:
    command, *arguments = sys.argv[1:] or ["learn"]
    if command not in ("learn", "demo", "test", "lint", "env"):
        print(__doc__)
        return 2
    if problem := unsupported() or (no_demo() if command == "demo" else ""):
        print(problem, file=sys.stderr)
        return 2
    extras = {"learn": "jupyter", "demo": "jupyter", "env": "jupyter,dev"}.get(command, "dev")
    if not install(extras):
        return 1
    return {"learn": learn, "demo": demo, "test": test, "lint": lint, "env": ready}[command](arguments)


def unsupported() -> str:
    """Why this can't work here, in one sentence; empty where it can."""
    version = sys.version_info[:2]
    if not SUPPORTED[0] <= version <= SUPPORTED[1]:
        return (
            f"This is Python {version[0]}.{version[1]}; with TensorFlow 2.21 this project needs Python 3.11, 3.12 or "
            "3.13. Run this file with one of those, for example python3.12 bootstrap.py."
        )
    if (platform.system(), platform.machine()) not in WHEELS:
        return (
            f"There is no TensorFlow 2.21 for {platform.system()} on {platform.machine()}; it exists for Linux on "
            "x86_64 and aarch64, macOS on Apple silicon, and Windows on x86_64."
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return "This Python can't make virtual environments; on Debian and Ubuntu: apt-get install python3-venv."
    return ""


def no_demo() -> str:
    """Why there is no demo, in one sentence; empty where there is one."""
    return "" if DEMO.exists() else f"{DEMO} is not here: a kit has no demo. It is in a clone of the whole project."


def install(extras: str) -> bool:
    """Make .venv hold what the extras ask for, unless it does already."""
    inputs = b"".join((HERE / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    wanted = f"{hashlib.sha256(inputs).hexdigest()} {sys.version}"
    done = STAMP.read_text().split("\n") if STAMP.exists() else []
    if PYTHON.exists() and done[:1] == [wanted] and set(extras.split(",")) <= set(done[1:]):
        return True
    started = time.monotonic()
    print("Setting up .venv. TensorFlow is large, so the first time takes a few minutes.", flush=True)
    if not PYTHON.exists() or (done and done[0].split(" ", 1)[1:] != [sys.version]):
        print("1 of 2: making the virtual environment", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        done = []
    print("2 of 2: installing the packages", flush=True)
    if pip_install("-c", "constraints.txt", "-e", f".[{extras}]"):
        print("pip could not install everything; its last lines say why. Run the same command again.", file=sys.stderr)
        return False
    print(f"Set up in {time.monotonic() - started:.0f} s.", flush=True)
    kept = done[1:] if done[:1] == [wanted] else []
    STAMP.write_text("\n".join([wanted, *sorted({*kept, *extras.split(",")})]))
    return True


def pip_install(*requirement: str) -> int:
    """pip's exit code. Its own progress bars are for a terminal; elsewhere one line for what takes its time."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *requirement]
    if sys.stdout.isatty():
        return subprocess.run(command, cwd=HERE).returncode
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True, errors="replace") as pip:
        for line in pip.stdout or ():
            if line.split(" ", 1)[0] in ("Downloading", "Building", "Installing"):
                print(f"  {line.strip()[:100]}", flush=True)
    return pip.returncode


def run(*arguments: str) -> int:
    return subprocess.run([str(PYTHON), *arguments], cwd=HERE).returncode


def learn(_: list[str]) -> int:
    activate = r".venv\Scripts\Activate.ps1" if os.name == "nt" else "source .venv/bin/activate"
    first = min(HERE.glob("exercises/*/notebook.ipynb"))
    print("\nNow you:\n")
    print(f"  {activate}")
    print(f"  jupyter lab {first.relative_to(HERE).as_posix()}   # repair it, save it")
    print(f"  python -m grader {first.parent.name.split('_')[0]}   # is it right?")
    return 0


def demo(_: list[str]) -> int:
    code = run(str(DEMO))
    learn([])
    return code


def test(arguments: list[str]) -> int:
    return run("-m", "pytest", "-n", "2", "--dist", "worksteal", *arguments)


def lint(_: list[str]) -> int:
    codes = [run("-m", "ruff", "check"), run("-m", "ruff", "format", "--check"), run("-m", "mypy")]
    return max(codes)


def ready(_: list[str]) -> int:
    print(f"Ready: {PYTHON}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
