"""What `expect.close`, `from_tape` and `trained` let pass, and the sentences that they say otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.report.words import COMPARISON
from grader.spec import expect
from grader.spec.expect import CheckFailed

RNG = np.random.default_rng(5)
KERNEL = RNG.normal(size=(4, 3))


def complaint(got: Any, expected: Any, **options: Any) -> str:
    with pytest.raises(CheckFailed) as failure:
        expect.close(got, expected, **options)
    return failure.value.message


def changed(array: np.ndarray, index: tuple[int, ...], value: float) -> np.ndarray:
    copy = np.array(array)
    copy[index] = value
    return copy


@pytest.mark.parametrize(
    ("got", "expected", "said"),
    [
        (2 * KERNEL, KERNEL, "The gradient is 2 times too large."),
        (KERNEL / 5, KERNEL, "The gradient is 5 times too small."),
        (-KERNEL, KERNEL, "The gradient has the opposite sign."),
        (-3 * KERNEL, KERNEL, "The gradient has the opposite sign and is 3 times too large."),
        (0 * KERNEL, KERNEL, "The gradient is zero everywhere."),
        (
            KERNEL * [5, 12, 1],
            KERNEL,
            "The gradient is wrong by whole columns: column 1 is 5 times too large and column 2",
        ),
        (KERNEL * [1, 0, 0], KERNEL, "The gradient is wrong in columns 2 and 3, which are zero."),
        (KERNEL * [[1], [1], [-1], [1]], KERNEL, "The gradient is wrong in row 3, which has the opposite sign."),
        (KERNEL.T, KERNEL, "The gradient has shape (3, 4), not (4, 3)."),
        (None, KERNEL, "The gradient is None."),
        (changed(KERNEL, (0, 0), np.nan), KERNEL, "The gradient holds NaN or infinity."),
        (0.31, 0.62, "The gradient is 2 times too small."),
        (0.31, 0.5, "The gradient is 0.31, expected 0.5."),
    ],
)
def test_a_factor_is_named_for_all_or_for_rows_or_columns(got: Any, expected: Any, said: str) -> None:
    assert complaint(got, expected).startswith(said)


def test_otherwise_the_worst_entry_is_shown_and_how_many_differ() -> None:
    wrong = changed(changed(KERNEL, (1, 2), 7.0), (0, 0), KERNEL[0, 0] + 0.5)
    said = complaint(wrong, KERNEL, what="slope")
    assert said == (
        f"The slope does not match the reference: at [1, 2] you return 7, expected {KERNEL[1, 2]:.4g}; "
        "2 of 12 entries differ."
    )


def test_the_place_can_be_named_by_the_values_that_belong_to_it() -> None:
    z = np.array([-0.4, 0.2, 2.3])
    said = complaint(np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0]), at={"z": z})
    assert (
        said
        == "The gradient does not match the reference: at z = 2.3 you return 1, expected 0; 1 of 3 entries differs."
    )


def test_a_known_mistake_has_its_own_sentence_and_only_then() -> None:
    mistakes = {"This is a sum; the contract asks for the mean.": 4 * KERNEL}
    assert complaint(4 * KERNEL, KERNEL, mistakes=mistakes) == "This is a sum; the contract asks for the mean."
    assert complaint(3 * KERNEL, KERNEL, mistakes=mistakes) == "The gradient is 3 times too large."


def test_what_is_wrong_in_the_same_way_is_said_once_for_all_names() -> None:
    expected = {"a": KERNEL, "b": KERNEL[0], "c": KERNEL}
    said = complaint({"a": 2 * KERNEL, "b": 2 * KERNEL[0], "c": KERNEL}, expected)
    assert said == "a, b: the gradient is 2 times too large."
    said = complaint({"a": 2 * KERNEL, "b": None, "c": KERNEL}, expected)
    assert said == "a, b: the gradient does not match the reference. a: is 2 times too large."


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4])
def test_a_wrong_entry_cannot_hide_among_large_ones(size: float) -> None:
    expected = size * np.array([[1000.0, 2000.0, 1500.0], [1.0, 2.0, 1.5]])
    complaint(changed(expected, (1, 1), expected[1, 1] * 1.05), expected)
    complaint(changed(expected, (0, 0), expected[0, 0] * 1.001), expected)


def test_rounding_in_float32_is_no_mistake() -> None:
    """Sums of a thousand terms of which most cancel, in another order."""
    for seed in range(50):
        rng = np.random.default_rng(seed)
        left, right = rng.normal(size=(1000, 6)).astype(np.float32), rng.normal(size=(1000, 4)).astype(np.float32)
        exact = left.astype(np.float64).T @ right
        expect.close(left.T @ right, exact)
        expect.close(left[::-1].T @ right[::-1], exact)


def test_an_empty_array_is_equal_to_another() -> None:
    expect.close(np.zeros((0, 3)), np.zeros((0, 3)))


# --- from a tape --------------------------------------------------------------------------------------------------

GRADIENTS = {"w": KERNEL, "b": KERNEL[0]}


def replay(**gradients: Any) -> dict[str, Any]:
    return {"loss": 1.0, "gradients": {**GRADIENTS, **gradients}}


def test_what_stays_while_the_tapes_results_change_did_not_come_from_them() -> None:
    expect.from_tape(GRADIENTS, 1.0, [replay(w=0.5 * KERNEL, b=0.4 * KERNEL[0])])
    with pytest.raises(CheckFailed, match=r"^b: the gradient that your function returned does not come from a tape"):
        expect.from_tape(GRADIENTS, 1.0, [replay(w=0.5 * KERNEL)])


def test_what_cannot_be_decided_is_not_held_against_anybody() -> None:
    expect.from_tape(GRADIENTS, 1.0, [])
    expect.from_tape(GRADIENTS, 1.0, [None, {"loss": 1.0}])
    expect.from_tape(GRADIENTS, 1.0, [{**replay(), "loss": 0.7}])  # a tape's result went into the loss
    expect.from_tape({"w": 0 * KERNEL, "b": None}, 1.0, [replay(w=0 * KERNEL)])
    half = changed(changed(KERNEL, (0, 0), 9.0), (1, 1), 9.0) * [1.0, 0.5, 0.5]
    expect.from_tape({"w": KERNEL}, 1.0, [replay(w=half)])


# --- trained ------------------------------------------------------------------------------------------------------


def loss(variables: Any) -> float:
    return float(np.square(variables["w"] - 3.0))


def test_the_best_of_what_the_notebook_ended_with_counts() -> None:
    ends: list[dict[str, Any]] = [{"w": 0.0}, {"other": 1.0}, {"w": 2.9}, {"w": np.nan}, {"w": "text"}]
    expect.trained(ends, {"w": 0.0}, loss, below=0.5)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([], "ends with no model"),
        ([{"v": 1.0}], "ends with no model"),
        ([{"w": 1.0}], r"the loss is 4\. Training should bring it below 0\.5; with a new model's variables it is 9\."),
    ],
)
def test_a_training_without_a_result_is_none(ends: list[dict[str, float]], said: str) -> None:
    with pytest.raises(CheckFailed, match=said):
        expect.trained(ends, {"w": 0.0}, loss, below=0.5)


@pytest.mark.parametrize(
    ("demand", "bad", "word"),
    [
        (expect.connected, None, "present"),
        (expect.nonzero, np.zeros(3), "present"),
        (expect.finite, np.full(3, np.nan), "finite"),
        (lambda gradients: expect.shapes(gradients, {"a": (3,), "b": (3,)}), np.ones(2), "of the right shape"),
    ],
)
def test_a_row_of_which_no_value_was_asked_is_not_called_right(demand: Any, bad: Any, word: str) -> None:
    with pytest.raises(CheckFailed) as failure:
        demand({"a": bad, "b": np.ones(3)})
    assert [row.fits for row in failure.value.comparisons] == [False, True]
    assert COMPARISON[failure.value.comparisons[1].verdict] == word


def test_a_gradient_that_follows_the_tapes_is_said_to_come_from_one() -> None:
    kernel, other = np.ones(3), np.full(3, 2.0)
    replay = {"loss": 1.0, "gradients": {"a": kernel, "b": 3 * other}}
    with pytest.raises(CheckFailed) as failure:
        expect.from_tape({"a": kernel, "b": other}, 1.0, [replay])
    assert [(row.got, COMPARISON[row.verdict]) for row in failure.value.comparisons] == [
        ("not from a tape", "missing"),
        ("from a tape", "from a tape"),
    ]


def test_an_absolute_margin_can_be_given_by_name() -> None:
    got, right = {"start": 1.001, "decay": 2.001}, {"start": 1.0, "decay": 2.0}
    expect.close(got, right, atol={"start": 1e-2, "decay": 1e-2})
    with pytest.raises(CheckFailed, match="decay: the gradient"):
        expect.close(got, right, atol={"start": 1e-2, "decay": 1e-7})


def test_whether_values_are_close_can_be_asked_of_any_answer() -> None:
    assert expect.is_close(1.00001, 1.0)
    assert not expect.is_close(1.1, 1.0)
    assert not expect.is_close(None, 1.0)
    assert not expect.is_close({"a": "text"}, {"a": 1.0})
