"""Which of a user's folders a sandbox shows, and what of them it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.inside.folders import lay_out
from grader.kernels import visible
from grader.kernels.visible import views


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


def test_dot_folders_are_hidden_at_any_depth(tmp_path: Path) -> None:
    (view,) = views([make(tmp_path, "a.py", ".git/x", "sub/.ssh/key", "sub/data.csv")])
    assert (view.whole, sorted(view.parts)) == (True, [".git", "sub/.ssh"])
    assert "--ro-bind" in list(view.flags()) and "/shown/0/sub/.ssh" in list(view.flags())


def test_of_a_course_the_answers_are_hidden(tmp_path: Path) -> None:
    course = make(
        tmp_path, "exercises/01_a/.spec/probe.py", "exercises/01_a/n.ipynb", "solutions/x", "tests/repairs/x", "tests/y"
    )
    (view,) = views([course])
    assert sorted(view.parts) == ["exercises/01_a/.spec", "solutions", "tests/repairs"]
    secrets = [course / "solutions", course / "tests" / "repairs", course / "exercises" / "01_a" / ".spec"]
    assert views(secrets) == ()
    assert views([course / "tests" / "repairs" / "01_a"]) == ()


def test_folders_called_solutions_elsewhere_are_shown(tmp_path: Path) -> None:
    (view,) = views([make(tmp_path, "solutions/x", "tests/repairs/y")])
    assert view.parts == ()


def test_a_folder_with_too_much_below_it_shows_its_own_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visible, "MOST_FOLDERS", 3)
    (view,) = views([make(tmp_path, "a.py", "b.csv", ".netrc", *(f"{number}/x" for number in range(5)))])
    assert (view.whole, view.parts) == (False, ("a.py", "b.csv"))
    assert str(tmp_path) not in list(view.flags())


def test_each_folder_has_one_place(tmp_path: Path) -> None:
    shown = views([tmp_path / "a", tmp_path / "b", tmp_path / "a"])
    assert [(view.folder.name, view.place) for view in shown] == [("a", "/shown/0"), ("b", "/shown/1")]


def test_a_layout_copies_what_is_small_and_links_what_is_large(tmp_path: Path) -> None:
    source, room = make(tmp_path / "source", "small", "sub/deep/small", ".hidden", "__pycache__/x"), tmp_path / "room"
    (source / "large").write_bytes(bytes(5000))
    data = make(tmp_path / "data", "small", "more")
    room.mkdir()
    work = lay_out([("code", str(source)), ("data", str(data))], room, 10_000)
    assert work == room / "code"
    assert sorted(path.name for path in work.iterdir()) == ["data", "large", "more", "small", "sub"]
    assert (work / "large").is_symlink() and not (work / "small").is_symlink()
    assert (work / "small").read_text() == "small" and (room / "data" / "more").read_text() == "more"
    (work / "sub" / "deep" / "small").write_text("new")
    assert (source / "sub" / "deep" / "small").read_text() == "sub/deep/small"
