"""A small class of every kind of notebook through the real `batch` command; tests/soak has the one of 200 students."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..soak import class_of_200 as soak
from ..soak.school import HEALTHY, WEIGHTS, Work, complaints, hand_in, make_class, make_course

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(sys.platform != "linux", reason="warm kernels, walls and /proc")]

STUDENTS, EXERCISES = 12, 1
KILLS = 1


@dataclass(frozen=True)
class School:
    setting: soak.Setting
    works: list[Work]
    source: Path
    outputs: tuple[Path, Path, Path]  # with one secret, so that their rows can be compared
    graded: soak.Watched  # into the first of them

    @property
    def healthy(self) -> list[Work]:
        return [work for work in self.works if work.kind in HEALTHY]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("school")
    setting = soak.Setting(make_course(folder / "course", cell=8), jobs=2)
    works = make_class(setting.course, STUDENTS, EXERCISES)
    outputs = (folder / "out", folder / "out-killed", folder / "out-calm")
    soak.same_secret(*outputs)
    source = hand_in(works, folder / "in")
    yield School(setting, works, source, outputs, soak.grade(setting, source, outputs[0]))


def test_every_row_is_right(school: School) -> None:
    assert {work.kind for work in school.works} == WEIGHTS.keys()
    assert complaints(school.works, soak.rows_of(school.outputs[0])) == []
    assert school.graded.code == 0


def test_what_is_left_for_people_is_small(school: School) -> None:
    reports = list((school.outputs[0] / "results").glob("*.html"))
    assert len(reports) == len(school.works)
    assert max(file.stat().st_size for file in reports) < soak.REPORT * 2**20
    assert (school.outputs[0] / "class.html").stat().st_size < 2**20


@pytest.mark.soak  # with kills too: test_batch.py, on a small class
def test_killed_at_any_moment_it_ends_with_the_same_gradebook(school: School) -> None:
    output = school.outputs[1]
    soak.kill_and_go_on(school.setting, school.source, output, KILLS)
    assert soak.grade(school.setting, school.source, output).code == 0
    assert soak.intact(output) == len(school.works)
    rows, undisturbed = (soak.comparable(school.works, soak.rows_of(one)) for one in (output, school.outputs[0]))
    assert soak.differing(rows, undisturbed) == []


@pytest.mark.soak
def test_those_who_hang_crash_kill_and_attack_change_nobody_elses_row(school: School, tmp_path: Path) -> None:
    assert len(school.healthy) < len(school.works)
    soak.grade(school.setting, hand_in(school.healthy, tmp_path / "calm"), school.outputs[2])
    rows, among_others = (soak.comparable(school.healthy, soak.rows_of(school.outputs[n])) for n in (2, 0))
    assert len(rows) == len(school.healthy)
    assert soak.differing(rows, among_others) == []
