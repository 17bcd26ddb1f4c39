"""Whose code a file is."""

from __future__ import annotations

import json
import linecache
from pathlib import Path

import pytest

import grader.model
from grader.inprocess.own_code import HIDDEN, LONGEST, OwnCode


@pytest.fixture
def code() -> OwnCode:
    return OwnCode("/home/a/train.py")


def test_the_block_s_file_comes_first_and_others_follow_as_they_are_met(code: OwnCode) -> None:
    assert [code.locate(name) for name in ("/home/a/model.py", "/home/a/train.py", "/home/a/model.py")] == [2, 1, 2]


@pytest.mark.parametrize(
    "name",
    [
        json.__file__,
        pytest.__file__,
        grader.model.__file__,
        "/tmp/__autograph_generated_filexyz.py",
        "/x/dist-packages/y.py",
        "<string>",
        "<frozen importlib._bootstrap>",
        "<attrs generated init here>",
    ],
)
def test_libraries_are_nobodys(code: OwnCode, name: str) -> None:
    assert code.locate(name) is None


def test_a_block_in_a_library_is_about_that_library_too() -> None:
    assert OwnCode(json.__file__).locate(json.__file__) == 1


def test_what_somebody_typed_has_lines_though_no_file(code: OwnCode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(linecache.cache, "<typed>", (4, None, ["x\n", "y\n"], "<typed>"))
    assert code.locate("<typed>") == 2
    assert code.read()[0][2] == "x\ny\n"


def test_lines_that_nobody_has_can_still_be_named(tmp_path: Path) -> None:
    code = OwnCode(str(tmp_path / ("long" * 20 + ".py")))
    texts, labels = code.read()
    assert texts[1].splitlines()[700] == HIDDEN and len(labels[1]) == LONGEST
