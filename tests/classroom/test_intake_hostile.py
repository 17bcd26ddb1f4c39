"""Nothing handed in can harm the intake, or anybody else's row: each hostile file is one row with the reason."""

from __future__ import annotations

import io
import json
import os
import socket
import stat
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.classroom.intake import IntakeLimits, Submission, take_in
from grader.classroom.intake.names import guess
from grader.classroom.intake.text import clean

from .making import EXERCISES, folder, notebook, zipped

GOOD = {"ada/02/notebook.ipynb": notebook()}
SMALL = IntakeLimits(
    notebook=100_000, nested_zip=1_000_000, unpacked=300_000, entries=50, depth=3, files=1_000, total=10_000_000
)


def taken(source: Path, limits: IntakeLimits = SMALL) -> list[Submission]:
    return take_in(source, source.parent / "private", EXERCISES, limits=limits).submissions


def refused(rows: list[Submission], student: str) -> str:
    """The reason of the student's one row, with ada's row being untouched by it."""
    (good,) = [row for row in rows if row.student == "ada"]
    assert good.reason == "" and good.notebook is not None and good.notebook.read_bytes() == notebook()
    (row,) = [row for row in rows if row.student == student]
    assert row.notebook is None and row.sha256 == ""
    return row.reason


def entry(name: str, content: bytes, **fields: object) -> bytes:
    """A zip with one entry whose header says whatever a stranger likes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        info = zipfile.ZipInfo("x", (2025, 1, 1, 0, 0, 0))
        for field, value in fields.items():
            setattr(info, field, value)
        info.filename = name
        archive.writestr(info, content)
        archive.writestr("ada/02/notebook.ipynb", notebook())
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    {
        "empty": (b"  \n", "the file is empty"),
        "latin-1": ("# é".encode("latin-1"), "it is not a notebook: byte 3 is not UTF-8 text"),
        "html": (b"<html>", "it is not a notebook: it stops being JSON at line 1, column 1"),
        "cut off": (notebook()[:60], "it is not a notebook: it stops being JSON at line 1, column 61"),
        "a list": (b"[1, 2]", "it is not a notebook: it is JSON without cells"),
        "cells is text": (b'{"cells": "none"}', "it is not a notebook: it is JSON without cells"),
        "nested too deep": (
            b"[" * 90_000,
            "it is not a notebook: it is nested too deep, or holds impossible numbers",
        ),
        "a number of 90,000 digits": (
            b'{"cells": [' + b"9" * 90_000 + b"]}",
            "it is not a notebook: it is nested too deep, or holds impossible numbers",
        ),
        "huge": (b" " * 200_000, "it is larger than 0 MB"),
        "a zip by another name": (zipped(GOOD), "it is not a notebook: byte"),
    }.values(),
    ids=["empty", "latin-1", "html", "cut off", "list", "no cells", "deep", "digits", "huge", "zip"],
)
def test_a_file_that_is_no_notebook(tmp_path: Path, content: bytes, reason: str) -> None:
    rows = taken(folder(tmp_path / "in", {**GOOD, "eve/02/notebook.ipynb": content}))
    assert refused(rows, "eve").startswith(reason)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_windows_encodings_are_understood(tmp_path: Path, encoding: str) -> None:
    text = notebook(text="π = 3.14").decode()
    (row,) = taken(folder(tmp_path / "in", {"ada/02.ipynb.txt": text.encode(encoding)}))
    assert row.notebook is not None and row.reason == ""
    assert json.loads(row.notebook.read_bytes())["cells"][0]["source"] == "π = 3.14"


def test_links_devices_pipes_and_sockets_are_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(notebook(text="secret"))
    root = folder(tmp_path / "in", GOOD)
    for student in ("link", "loop", "pipe", "socket"):
        (root / student / "02").mkdir(parents=True)
    (root / "link/02/notebook.ipynb").symlink_to(secret)
    (root / "loop/02/again").symlink_to(root)
    os.mkfifo(root / "pipe/02/notebook.ipynb")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "socket/02/notebook.ipynb"))
        rows = taken(root)
    assert refused(rows, "link") == "it is a link, and links are not followed"
    assert refused(rows, "loop") == "it is a link, and links are not followed"
    assert refused(rows, "pipe") == "it is a device, a pipe or a socket, and not a file"
    assert refused(rows, "socket") == "it is a device, a pipe or a socket, and not a file"
    assert len(rows) == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_and_folder(tmp_path: Path) -> None:
    root = folder(tmp_path / "in", {**GOOD, "eve/02/notebook.ipynb": notebook(), "mallory/02/notebook.ipynb": b""})
    (root / "eve/02/notebook.ipynb").chmod(0)
    (root / "mallory/02").chmod(0)
    rows = taken(root)
    assert refused(rows, "eve") == "it cannot be read (Permission denied)"
    assert refused(rows, "mallory") == "the folder cannot be read (Permission denied)"


@pytest.mark.parametrize(
    "name", ["../../../eve/02/notebook.ipynb", "/eve/02/notebook.ipynb", "eve/02/../../../notebook.ipynb"]
)
def test_a_path_that_climbs_out_of_a_zip(tmp_path: Path, name: str) -> None:
    source = tmp_path / "in" / "class.zip"
    folder(tmp_path, {"in/class.zip": entry(name, notebook())})
    before = {path for path in tmp_path.rglob("*") if "private" not in path.parts}
    assert refused(taken(source), "eve") == "its path climbs out of the zip"
    assert {path for path in tmp_path.rglob("*") if "private" not in path.parts} == before


def test_windows_paths_that_climb_out_of_a_zip(tmp_path: Path) -> None:
    for number, name in enumerate(["..\\..\\eve\\02\\notebook.ipynb", "C:\\eve\\02\\notebook.ipynb"]):
        source = tmp_path / f"{number}.zip"
        source.write_bytes(entry(name, notebook()))
        assert "its path climbs out of the zip" in {row.reason for row in taken(source)}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (stat.S_IFLNK, "it is a link, and links are not followed"),
        (stat.S_IFCHR, "it is a device, a pipe or a socket, and not a file"),
        (stat.S_IFIFO, "it is a device, a pipe or a socket, and not a file"),
    ],
)
def test_links_and_devices_in_a_zip(tmp_path: Path, kind: int, reason: str) -> None:
    source = tmp_path / "class.zip"
    source.write_bytes(
        entry("eve/02/notebook.ipynb", b"/etc/passwd", external_attr=(kind | 0o777) << 16, create_system=3)
    )
    assert refused(taken(source), "eve") == reason


def test_a_password(tmp_path: Path) -> None:
    data = bytearray(entry("eve/02/notebook.ipynb", notebook()))
    central = data.index(b"PK\1\2")
    data[central + 8] |= 1
    source = tmp_path / "class.zip"
    source.write_bytes(data)
    assert refused(taken(source), "eve") == "it is protected by a password"


def test_one_name_twice_in_a_zip_is_refused_twice(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("ada/02/notebook.ipynb", notebook())
        archive.writestr("eve/02/notebook.ipynb", notebook(text="one"))
        archive.writestr("eve/02/notebook.ipynb", notebook(text="two"))
    source = tmp_path / "class.zip"
    source.write_bytes(data.getvalue())
    rows = taken(source)
    reasons = [row.reason for row in rows if row.student == "eve"]
    assert reasons == ["the zip holds notebook.ipynb more than once, so which one is meant is not clear"] * 2
    assert len({row.key for row in rows}) == 3


def test_a_zip_bomb_costs_its_own_row_and_no_memory(tmp_path: Path) -> None:
    bomb = zipped({"notebook.ipynb": b" " * 64_000_000})
    many = zipped({f"{n:02}/notebook.ipynb": notebook(text=" " * 90_000) for n in range(40)})
    flood = zipped({f"{n}.ipynb": b"{}" for n in range(51)})
    for _ in range(5):
        deep = bomb = zipped({"inner.zip": bomb})
    rows = taken(
        folder(
            tmp_path / "in",
            {**GOOD, "deep.zip": deep, "flood.zip": flood, "eve/02.zip": zipped({"x.ipynb": b" " * 9_000_000})},
        )
    )
    assert refused(rows, "deep") == "it lies too deep, in zips within zips"
    assert refused(rows, "flood") == "it holds 51 files; at most 50 are read"
    assert refused(rows, "eve").startswith("it is larger than")
    rows = taken(folder(tmp_path / "more", {"many.zip": many}))
    assert {row.reason for row in rows} >= {"it unpacks to more than 0 MB"}


@pytest.mark.skipif(os.name != "posix", reason="folders by descriptor")
def test_nineteen_hundred_folders_within_folders_cost_one_row(tmp_path: Path) -> None:
    root = folder(tmp_path / "in", GOOD)
    depth = 1_900
    here = os.open(root, os.O_RDONLY)
    for name in ("eve", *["a"] * depth):  # too long a path to be made at once
        os.mkdir(name, dir_fd=here)
        there = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(here)
    try:
        assert refused(taken(root), "eve") == "it lies too deep, in folders within folders"
    finally:
        subprocess.run(["rm", "-rf", root / "eve"], check=True)  # shutil.rmtree is recursive, and pytest would use it


def test_a_deep_path_in_a_zip_costs_one_row(tmp_path: Path) -> None:
    deep = zipped({**GOOD, f"eve/{'submissions/' * 3_000}02.ipynb": notebook()})
    source = tmp_path / "class.zip"
    source.write_bytes(deep)
    assert refused(taken(source), "eve") == "it lies too deep, in folders within folders"


def test_a_lying_header_does_not_get_past_the_limit(tmp_path: Path) -> None:
    data = bytearray(zipped({"eve/02/notebook.ipynb": b" " * 9_000_000, **GOOD}))
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<L", data, data.index(signature) + offset, 100)  # "unpacks to 100 bytes"
    source = tmp_path / "class.zip"
    source.write_bytes(data)
    assert refused(taken(source), "eve") in ("it is damaged and cannot be read", "the file is empty")


def test_a_table_of_contents_with_millions_of_entries_is_not_built(tmp_path: Path) -> None:
    data = bytearray(zipped(GOOD))
    struct.pack_into("<L", data, data.rindex(b"PK\5\6") + 12, 900_000)
    rows = taken(folder(tmp_path / "in", {**GOOD, "eve.zip": bytes(data)}))
    assert refused(rows, "eve") == "it holds too many files; at most 50 are read"


@pytest.mark.parametrize("damage", [b"PK\3\4 and then nothing", b"", b"not a zip at all"])
def test_a_broken_zip(tmp_path: Path, damage: bytes) -> None:
    rows = taken(folder(tmp_path / "in", {**GOOD, "eve.zip": damage}))
    assert refused(rows, "eve") == "it is damaged and cannot be read"


def test_a_flipped_bit_in_a_zip(tmp_path: Path) -> None:
    data = bytearray(zipped({"02/notebook.ipynb": notebook(text="x" * 5_000)}))
    data[80] ^= 0xFF
    rows = taken(folder(tmp_path / "in", {**GOOD, "eve.zip": bytes(data)}))
    assert refused(rows, "eve") == "it is damaged and cannot be read"


def test_names_cannot_reach_the_terminal_or_the_database(tmp_path: Path) -> None:
    root = folder(tmp_path / "in", GOOD)
    folder(root / os.fsdecode(b"\x1b[31meve\xff\n"), {"02/notebook.ipynb": notebook()})
    names = {row.student for row in taken(root)}
    assert names == {"ada", "[31meve\N{REPLACEMENT CHARACTER}"}
    assert clean("a\u202eb\u200f\x00c\ud800") == "abc\N{REPLACEMENT CHARACTER}"


def test_a_flood_of_attempts_grades_the_newest_only(tmp_path: Path) -> None:
    files = {f"eve/02/{n:03}.ipynb": notebook(text=f"n = {n}") for n in range(60)}
    rows = taken(folder(tmp_path / "in", files))
    assert [row.reason for row in rows[:10]] == ["only the newest 50 of 60 attempts are graded"] * 10
    assert not any(row.reason for row in rows[10:])


def test_identical_files_are_a_row_each(tmp_path: Path) -> None:
    rows = taken(folder(tmp_path / "in", {"ada/02/a.ipynb": notebook(), "ada/02/b.ipynb": notebook()}))
    assert len({row.key for row in rows}) == 2 and {row.reason for row in rows} == {""}


def test_the_output_folder_among_the_submissions_is_left_out(tmp_path: Path) -> None:
    root = folder(tmp_path / "in", {**GOOD, "out/notebooks/abc.ipynb": notebook(text="x")})
    rows = take_in(root, root / "out" / "notebooks", EXERCISES, exclude=[root / "out"]).submissions
    assert [row.student for row in rows] == ["ada"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_two_thousand_notebooks_are_taken_in_with_flat_memory(tmp_path: Path) -> None:
    """In a process of its own, so that the peak is its own."""
    root = folder(
        tmp_path / "in", {f"s{n}/02/nb.ipynb": notebook(text=f"n = {n}" + "x" * 20_000) for n in range(2_000)}
    )
    script = (
        "import re, sys; from pathlib import Path; from grader.classroom.intake import take_in\n"
        "rows = take_in(Path(sys.argv[1]), Path(sys.argv[2]), ['02_detached_tensors']).submissions\n"
        "print(len(rows), re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, root, tmp_path / "private"], capture_output=True, text=True, check=True
    )
    rows, kilobytes = map(int, ran.stdout.split())
    assert rows == 2_000
    assert kilobytes < 150_000, f"{kilobytes / 1000:.0f} MB for 42 MB of notebooks"


PART = st.text(max_size=30) | st.sampled_from(["02", "submitted", "..", "a_LATE_1_234_b.ipynb", "x.zip", "submissions"])


@settings(max_examples=300, deadline=None)
@given(st.lists(PART.map(clean).filter(bool), min_size=1, max_size=5))
def test_any_path_is_understood_somehow(parts: list[str]) -> None:
    assert guess(parts).platform in ("plain", "canvas", "moodle", "nbgrader")


NAMES = st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
CONTENTS = st.binary(max_size=50) | st.sampled_from([notebook(), notebook(None), zipped(GOOD)])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(st.builds("{}/{}{}".format, NAMES, NAMES, st.sampled_from([".ipynb", ".zip"])), CONTENTS))
def test_any_zip_gives_each_file_a_row_and_never_an_exception(tmp_path: Path, files: dict[str, bytes]) -> None:
    source = tmp_path / "fuzz.zip"
    source.write_bytes(zipped({**files, **GOOD}))
    rows = taken(source)
    assert [row.reason for row in rows if row.student == "ada" and row.source == "ada/02/notebook.ipynb"] == [""]
    assert len({row.key for row in rows}) == len(rows)
