"""Reads a folder or zip that nobody vouches for: a list of Found files, with the notebooks copied to a private place.

The hard part is that every byte and every name may be hostile. So nothing is ever unpacked under its own name: a
notebook is read into memory up to a limit that does not believe any header, checked, and stored under its hash. Links
and devices are never opened. One bad file costs only its own row, which gives the reason.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from grader.classroom.intake.notebook import Found, is_notebook, recognise
from grader.classroom.intake.text import clean
from grader.inside.measure import MB
from grader.model.errors import GraderError

HIDDEN = frozenset({"__macosx", "__pycache__", "node_modules", "thumbs.db", "desktop.ini", "icon"})
STUDENTS = "students.csv"
WRITTEN_BY_PLATFORMS = {"timestamp.txt": 200, "submission_metadata.yml": 32 * MB}  # and how long they may be
TOO_DEEP = "it lies too deep, in folders within folders"
OTHER_ARCHIVES = (".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz")


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """What a submission may weigh. A course's notebooks are tens of kB, a few MB with pictures."""

    notebook: int = 32 * MB
    nested_zip: int = 256 * MB  # one zip inside SUBMISSIONS, packed
    unpacked: int = 512 * MB  # everything read out of one nested zip
    entries: int = 2_000  # files in one nested zip
    depth: int = 4  # zips within zips
    folders: int = 32  # folders within folders
    files: int = 200_000  # in all of SUBMISSIONS
    total: int = 16_384 * MB  # read out of all of SUBMISSIONS


class RefusedError(Exception):
    """Why one file cannot be read, in a sentence that a row can show."""


def read(
    source: Path, private: Path, limits: IntakeLimits, exclude: Collection[Path]
) -> tuple[list[Found], bytes | None]:
    """Every file that may be somebody's work, and the bytes of students.csv where there is one."""
    private.mkdir(parents=True, exist_ok=True, mode=0o700)
    reader = _Reader(private, limits, {path.resolve() for path in exclude})
    if source.is_dir():
        reader.folder(source, ())
    elif source.is_file() and zipfile.is_zipfile(source):
        with source.open("rb") as file:
            reader.archive(file, (), depth=1, entries=limits.files, budget=limits.total)
    else:
        raise GraderError(
            f"{source} is neither a folder nor a zip file.",
            "Give the folder with the submissions, or the zip as it was downloaded.",
        )
    return reader.found, reader.students


class _Reader:
    def __init__(self, private: Path, limits: IntakeLimits, exclude: Collection[Path]) -> None:
        self.private = private
        self.limits = limits
        self.exclude = exclude
        self.found: list[Found] = []
        self.students: bytes | None = None
        self.budget = limits.total
        self.hidden: set[tuple[str, ...]] = set()

    # --- folders ---

    def folder(self, folder: Path, parts: tuple[str, ...]) -> None:
        if len(parts) > self.limits.folders:
            self.refuse(parts, TOO_DEEP)
            return
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            self.refuse(parts, f"the folder cannot be read ({error.strerror})")
            return
        for entry in entries:
            name = clean(os.fsencode(entry.name).decode("utf-8", "replace"))
            path = (*parts, name)
            if self.full(path) or self.hide(path):
                continue
            if entry.is_symlink():
                self.refuse(path, "it is a link, and links are not followed")
            elif entry.is_dir(follow_symlinks=False):
                if Path(entry.path).resolve() not in self.exclude:
                    self.folder(Path(entry.path), path)
            else:
                self.guarded(path, partial(self.file, Path(entry.path), path))

    def file(self, file: Path, parts: tuple[str, ...]) -> None:
        # O_NONBLOCK: opening a named pipe would wait forever; O_NOFOLLOW: it may have become a link since it was listed
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        if not stat.S_ISREG(file.lstat().st_mode):
            raise RefusedError("it is a device, a pipe or a socket, and not a file")
        with os.fdopen(os.open(file, flags), "rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise RefusedError("it is a device, a pipe or a socket, and not a file")
            self.content(parts, opened, status.st_mtime, depth=0)

    # --- archives ---

    def archive(self, file: IO[bytes], parts: tuple[str, ...], *, depth: int, entries: int, budget: int) -> None:
        # Python builds an object for every entry before anybody can count them; each takes 46 bytes and a name
        if _directory_size(file) > entries * 1_000:
            raise RefusedError(f"it holds too many files; at most {entries:,} are read")
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            if len(infos) > entries:
                raise RefusedError(f"it holds {len(infos):,} files; at most {entries:,} are read")
            names = [_entry_name(info) for info in infos]
            often = Counter(names)
            before = self.budget
            for info, name in zip(infos, names, strict=True):
                if before - self.budget > budget:
                    raise RefusedError(f"it unpacks to more than {budget // MB} MB")
                self.entry(archive, info, (*parts, *_entry_parts(name)), name, often[name] > 1, depth)

    def entry(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: tuple[str, ...], name: str, twice: bool, depth: int
    ) -> None:
        if info.is_dir() or not path or self.full(path) or self.hide(path):
            return
        if len(path) > self.limits.folders + 1:
            self.refuse(path[: self.limits.folders + 1], TOO_DEEP)
            return

        def read_entry() -> None:
            _check_entry(info, name, twice)
            with archive.open(info) as opened:
                self.content(path, opened, _entry_time(info), depth=depth)

        self.guarded(path, read_entry)

    # --- one file, wherever it lay ---

    def content(self, parts: tuple[str, ...], opened: IO[bytes], modified: float, *, depth: int) -> None:
        name = parts[-1].lower()
        if name == STUDENTS and self.students is None:
            self.students = self.bounded(opened, self.limits.notebook)
            self.found.append(Found(parts, modified, text=""))
        elif name.endswith(".zip"):
            self.nested(parts, opened, depth)
        elif name in WRITTEN_BY_PLATFORMS:
            data = self.bounded(opened, WRITTEN_BY_PLATFORMS[name])
            self.found.append(Found(parts, modified, text=data.decode("utf-8", "replace")))
        elif is_notebook(name):
            data = self.bounded(opened, self.limits.notebook)
            self.found.append(recognise(parts, modified, data, self.private))
        else:
            self.found.append(Found(parts, modified, stray=True, archive=name.endswith(OTHER_ARCHIVES)))

    def nested(self, parts: tuple[str, ...], opened: IO[bytes], depth: int) -> None:
        if depth + 1 > self.limits.depth:
            raise RefusedError("it lies too deep, in zips within zips")
        inside = (*parts[:-1], parts[-1][: -len(".zip")].strip() + ".zip")
        with TemporaryFile(dir=self.private) as copy:
            left = self.limits.nested_zip
            while chunk := opened.read(MB):
                left -= len(chunk)
                if left < 0:
                    raise RefusedError(f"the zip is larger than {self.limits.nested_zip // MB} MB")
                copy.write(chunk)
            before = len(self.found)
            self.archive(copy, inside, depth=depth + 1, entries=self.limits.entries, budget=self.limits.unpacked)
            if all(one.hidden for one in self.found[before:]):
                self.refuse(parts, "the zip is empty")

    def bounded(self, opened: IO[bytes], limit: int) -> bytes:
        data = opened.read(limit + 1)
        self.budget -= len(data)
        if len(data) > limit:
            raise RefusedError(f"it is larger than {limit // MB} MB")
        return data

    def guarded(self, parts: tuple[str, ...], step: Callable[[], None]) -> None:
        """One file's failure becomes that file's row, whatever the decompressors make of it."""
        try:
            step()
        except GraderError:
            raise
        except RefusedError as refused:
            self.refuse(parts, str(refused))
        except OSError as error:
            self.refuse(parts, f"it cannot be read ({error.strerror or 'damaged'})")
        except Exception:
            self.refuse(parts, "it is damaged and cannot be read")

    def full(self, parts: tuple[str, ...]) -> bool:
        if len(self.found) >= self.limits.files:
            raise GraderError(f"There are more than {self.limits.files:,} files.", "Give fewer of them at a time.")
        if self.budget < 0:
            self.refuse(parts, "the submissions before it were already too large together")
            return True
        return False

    def hide(self, parts: tuple[str, ...]) -> bool:
        """Whether this is hidden, or lies in something that is; what is hidden is noted once, as a whole."""
        hidden = next((index for index, part in enumerate(parts, start=1) if _is_hidden(part)), 0)
        whole = parts[:hidden]
        if hidden and whole not in self.hidden:
            self.hidden.add(whole)
            self.found.append(Found(whole, 0.0, hidden=True))
        return bool(hidden)

    def refuse(self, parts: tuple[str, ...], reason: str) -> None:
        self.found.append(Found(parts, 0.0, reason=reason))


def _is_hidden(name: str) -> bool:
    """Hidden files, what macOS and Windows leave behind, and the lock files of office programs."""
    return name.startswith((".", "~$")) or name.lower() in HIDDEN


def _entry_name(info: zipfile.ZipInfo) -> str:
    """The name as its author meant it: without the UTF-8 flag Python assumes cp437, but macOS writes UTF-8."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return name


def _entry_parts(name: str) -> tuple[str, ...]:
    parts = (clean(part) for part in name.replace("\\", "/").split("/"))
    return tuple(part for part in parts if part not in ("", ".", ".."))


def _check_entry(info: zipfile.ZipInfo, name: str, twice: bool) -> None:
    path = info.orig_filename.replace("\\", "/")
    if path.startswith("/") or path[1:2] == ":" or ".." in path.split("/") or "\0" in path:
        raise RefusedError("its path climbs out of the zip")
    kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
    if kind == stat.S_IFLNK:
        raise RefusedError("it is a link, and links are not followed")
    if kind not in (0, stat.S_IFREG):
        raise RefusedError("it is a device, a pipe or a socket, and not a file")
    if info.flag_bits & 0x1:
        raise RefusedError("it is protected by a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError("it is packed in a way that is not read; an ordinary zip will do")
    if twice:
        raise RefusedError(f"the zip holds {clean(Path(name).name)} more than once, so which one is meant is not clear")


def _entry_time(info: zipfile.ZipInfo) -> float:
    try:
        return datetime(*info.date_time).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _directory_size(file: IO[bytes]) -> int:
    """What the zip's end record says about the size of its table of contents; 0 where there is no such record."""
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - 65_557))
    tail = file.read()
    end = tail.rfind(b"PK\5\6")
    file.seek(0)
    if end < 0 or len(tail) < end + 16:
        return 0
    size: int = struct.unpack_from("<L", tail, end + 12)[0]
    return size
