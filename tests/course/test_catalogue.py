"""Finding exercises by whatever a person types, and saying what is wrong with an exercise's folder."""

from pathlib import Path

import pytest

from grader.course.catalogue import exercises, find, load
from grader.model.errors import GraderError


@pytest.mark.parametrize(
    "name", ["01", "1", "01_line", "line", "exercises/01", "exercises/01_line", "exercises/01_line/"]
)
def test_an_exercise_is_found_by_number_name_or_path(course: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(course)
    assert find(name).id == "01_line"


def test_an_exercise_is_found_from_inside_its_folder(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course / "exercises" / "01_line")
    assert find(".").id == "01_line"


def test_the_notebook_of_an_exercise_names_it(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course)
    assert find("exercises/01_line/notebook.ipynb").id == "01_line"


def test_a_wrong_name_says_which_there_are(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course)
    with pytest.raises(GraderError, match=r"There is no exercise 07; there are: 01_line\.") as refusal:
        find("07")
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize("name", ["lien", "exercises/lime"])
def test_a_name_that_is_nearly_right_is_suggested(course: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(course)
    with pytest.raises(GraderError, match=r"\(did you mean `line`\?\); there are: 01_line\.") as refusal:
        find(name)
    assert name in refusal.value.message


def test_outside_a_course_the_answer_is_to_go_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GraderError) as refusal:
        find("no_such_thing")
    assert refusal.value.message


def test_exercises_come_in_order_with_their_solutions(course: Path) -> None:
    (only,) = exercises(course / "exercises")
    assert only.solution == course / "solutions" / "01_line.ipynb"
    assert only.max_score == 10


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('title = "A line"', "", "lacks title"),
        ('title = "A line"', 'title = "A line"\ncolour = "red"', "does not know colour"),
        ("points = 5", 'points = "many"', "checks.2.points"),
        ('needs = "test_connected"', 'needs = "test_nothing"', "test_values needs test_nothing"),
        ('code = "GRAD002"', 'code = "GRAD999"', "has code GRAD999"),
        ("wall = 30", "wal = 30", "limits has no wal (did you mean `wall`?)."),
        ("minutes = 10", "minute = 10", "does not know minute (did you mean `minutes`?)."),
        ("minutes = 10", "", "lacks minutes."),
        ("minutes = 10", "minutes = 0", "minutes: Input should be greater than 0."),
        ("minutes = 10", 'minutes = "ten"', "minutes: Input should be a valid integer."),
        ('topic = "gradient tapes"', 'topic = ""', "topic: String should have at least 1 character."),
        ('title = "A line"', "title = ", "can't be read"),
    ],
)
def test_a_mistake_in_exercise_toml_is_named_with_its_file(course: Path, old: str, new: str, complaint: str) -> None:
    path = course / "exercises" / "01_line" / "exercise.toml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(GraderError) as refusal:
        load(path.parent)
    assert complaint in refusal.value.message
    assert str(path) in refusal.value.message


def test_an_exercise_knows_its_places(course: Path) -> None:
    exercise = load(course / "exercises" / "01_line")
    assert (exercise.number, exercise.course, exercise.root) == ("01", course / "exercises", course)
    assert exercise.table.is_file() and exercise.original.is_file()
    assert exercise.spec.inputs.is_file() and exercise.spec.probe.is_file() and exercise.spec.basics.is_file()
    assert exercise.solution is not None
    copies = [exercise.spec.probe, exercise.solution, exercise.repairs / "accept" / "a.py"]
    assert [exercise.place_of(path) for path in copies] == [
        "exercises/01_line/.spec/probe.py",
        "solutions/01_line.ipynb",
        "tests/repairs/01_line/accept/a.py",
    ]
