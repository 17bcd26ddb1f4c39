"""Why a program could not run here although nothing is wrong with it: a package, a file, a network that is not there.

`find_obstacle` reads the exception that stopped it; one that is the program's own affair is no obstacle. Libraries say
the same in many words; what they have in common is matched.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.model import CellError

# The package to install, where it is called otherwise than the module that is imported.
PACKAGES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "tensorflow_datasets": "tensorflow-datasets",
    "tensorflow_hub": "tensorflow-hub",
    "tensorflow_probability": "tensorflow-probability",
    "tf_keras": "tf-keras",
    "umap": "umap-learn",
    "yaml": "pyyaml",
}
_MODULE = re.compile(r"No module named '([^']+)'")
_MISSING = [
    re.compile(r"No such file or directory: b?'([^']*)'"),
    re.compile(r"([^\s;:]+); No such file or directory"),
    re.compile(r"No such file or directory: ([^\s']+)"),
    re.compile(r"[Cc]ould not find directory (\S+)"),
    re.compile(r"[Ff]ile not found: (?:filepath=)?(\S+?)\.?(?:\s|$)"),
    re.compile(r"unable to open file: name = '([^']+)', errno = 2"),
]
_READ_ONLY = re.compile(r"(?:Read-only file system|errno = 30)(?:: '([^']+)')?")
_NOT_ALLOWED = re.compile(r"Permission denied(?:: '([^']+)')?")
_URL = re.compile(r"https?://[^\s'\"<>)]+")
_NETWORK = re.compile(
    r"URL fetch failure|[Nn]ame resolution|Name or service not known|Network is unreachable|urlopen error"
    r"|Max retries exceeded|getaddrinfo failed|No address associated with hostname"
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a program ran."""

    noun: str  # "The program" | "The notebook"
    folders: tuple[Path, ...]  # its own, and those of --data
    sandboxed: bool


Sentences = tuple[str, str]


def find_obstacle(error: CellError, around: Surroundings) -> Sentences | None:
    """What was in the way, and the next step."""
    return next((words for rule in RULES if (words := rule(error, around))), None)


def _package(error: CellError, around: Surroundings) -> Sentences | None:
    named = _MODULE.search(error.message) if error.type in ("ModuleNotFoundError", "ImportError") else None
    if named is None:
        return None
    name = named[1]
    top = name.partition(".")[0]
    own = _own_module(top, around.folders)
    if own is not None and "." not in name:
        return f"{around.noun} imports {top}, which could not be read from {own}.", _readable(own)
    installed = importlib.metadata.packages_distributions().get(top)
    if installed and "." in name:
        return (
            f"{around.noun} imports {name}, which {top} {importlib.metadata.version(installed[0])} does not have.",
            "It was written for another version: look up where that part is now.",
        )
    package = PACKAGES.get(top, top)
    called = "" if package == top else f" (the package is called {package})"
    return (
        f"{around.noun} imports {top}, which is not installed here{called}.",
        f"`{Path(sys.executable)} -m pip install {package}` installs it. If it is a file or folder of yours, "
        "`--data DIR` adds the folder that holds it.",
    )


def _own_module(top: str, folders: Sequence[Path]) -> Path | None:
    candidates = [folder / name for folder in folders for name in (f"{top}.py", top)]
    return next((path for path in candidates if path.exists()), None)


def _readable(path: Path) -> str:
    if os.name == "posix" and os.geteuid() == 0:
        return f"As root, programs are run as another user: `chmod -R o+rX {path.parent}` lets it read there."
    return f"Move it into a folder of its own, or add it with `--data {path.parent}`."


def _network(error: CellError, around: Surroundings) -> Sentences | None:
    if not _NETWORK.search(error.message):
        return None
    url = _URL.search(error.message)
    what = f" {url[0].rstrip('.:,')}" if url else " something"
    if not around.sandboxed:
        return f"{around.noun} wants to download{what}, and that failed.", "Is there a network?"
    return (
        f"{around.noun} wants to download{what}, and the sandbox has no network.",
        "Download it once outside. What Keras keeps in ~/.keras is found again; for anything else, `--data DIR` adds "
        "a folder.",
    )


def _file(error: CellError, around: Surroundings) -> Sentences | None:
    named = next((match for pattern in _MISSING if (match := pattern.search(error.message))), None)
    if named is None:
        return None
    name = named[1].rstrip(".")
    if Path(name).is_absolute() and around.sandboxed:
        return (
            f"{around.noun} asks for {name}, and the sandbox shows nothing but the file's own folder.",
            f"`--data {Path(name).parent}` adds that folder; ask for {Path(name).name} then, without the path.",
        )
    here = next((folder for folder in around.folders if (folder / name).exists()), None)
    if here is not None:
        return f"{around.noun} asks for {name}, which could not be read from {here}.", _readable(here / name)
    return (
        f"{around.noun} asks for {name}, which is not there.",
        "`--data DIR` adds a folder: what is in DIR is then found beside the file, and DIR itself by its name.",
    )


def _rights(error: CellError, around: Surroundings) -> Sentences | None:
    if match := _READ_ONLY.search(error.message):
        return (
            f"{around.noun} writes over {match[1] or 'a file'}, which it may only read here.",
            "Have it write to a new name, or move the old file away: new files may be written anywhere beside it.",
        )
    if match := _NOT_ALLOWED.search(error.message):
        name = match[1] or "a file"
        own = next((folder / name for folder in around.folders if (folder / name).exists()), None)
        return f"{around.noun} may not read or write {name} here.", _readable(own) if own else "Use a path beside it."
    return None


def _keyboard(error: CellError, around: Surroundings) -> Sentences | None:
    if error.type not in ("StdinNotImplementedError", "EOFError"):
        return None
    return (
        f"{around.noun} waits for the keyboard.",
        "Nobody is there to type: write the value into the code.",
    )


def _exit(error: CellError, around: Surroundings) -> Sentences | None:
    if error.type != "SystemExit":
        return None
    code = error.message.strip()
    if code == "2":
        return (
            f"{around.noun} ended itself with exit code 2, as one does that misses arguments.",
            "It is started without any: give its arguments default values.",
        )
    words = f"exit code {code}" if code.lstrip("-").isdigit() else f"the words “{code}”"
    return f"{around.noun} ended itself with {words}.", "Look for the condition that makes it give up."


RULES: tuple[Callable[[CellError, Surroundings], Sentences | None], ...] = (
    _package,
    _network,
    _file,
    _rights,
    _keyboard,
    _exit,
)
