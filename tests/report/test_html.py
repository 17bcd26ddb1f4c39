"""The HTML report as a document: its order, its text equivalents, its structure for assistive technology."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from grader.model import Comparison, GradientRecord, Notes
from grader.report import charts, render, words

from . import factories

VOID = {"meta", "link", "line", "path", "circle", "polyline", "br"}


class Outline(HTMLParser):
    """Checks that elements nest, and collects what the tests ask about."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def values(self, attribute: str) -> list[str]:
        return [value for _, attrs in self.tags if (value := attrs.get(attribute)) is not None]


def page(status: str) -> str:
    return render(factories.VERDICTS[status](), factories.notes(status), "html")


def read(html: str) -> str:
    """What a reader reads, in one line."""
    text = re.sub(r"<style>.*?</style>|</?(?:a|b|code|mark|span|strong)\b[^>]*>", "", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", text)
    return " ".join(text.replace("&#39;", "'").replace("&#34;", '"').split())


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_the_document_is_sound(status: str) -> None:
    outline = Outline(page(status))
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    for reference in outline.values("aria-labelledby"):
        assert reference in ids
    for target in outline.values("href"):
        assert target.startswith("data:") or target.removeprefix("#") in ids
    tags = [tag for tag, _ in outline.tags]
    for landmark in ("header", "main", "footer", "h1"):
        assert tags.count(landmark) == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert not {"script", "img", "iframe", "object", "form"} & set(tags)
    assert all(attrs.get("aria-hidden") == "true" or "aria-hidden" not in attrs for _, attrs in outline.tags)


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_nothing_on_the_page_points_to_a_network(status: str) -> None:
    html = page(status)
    addresses = set(re.findall(r"\b(?:https?:)?//[^\s\"'<)]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, inside the icon
    assert "default-src 'none'" in html and "@import" not in html and "url(" not in html


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_each_status_says_itself_its_message_and_the_next_step(status: str) -> None:
    verdict, text = factories.VERDICTS[status](), read(page(status))
    assert words.STATUS[verdict.status] in text
    assert verdict.message in text
    assert verdict.next_step.replace("`", "") in text
    assert ("10 points" in text) == (status not in ("ungradable", "error"))


def test_the_score_sheet_and_the_checks_are_one_list() -> None:
    html = page("failed")
    for check in factories.failed().checks:
        assert read(html).count(check.title) == 1 + read(html).count(f"“{check.title}”") + (
            factories.failed().message.count(check.title)
        )
    assert len(re.findall(r"<li>\s*<article", html)) == len(factories.failed().checks)


def test_the_first_failure_is_the_first_check() -> None:
    text = read(page("failed").split('id="checks"')[1])
    order = [text.index(t) for t in ("every trainable", "the loss is", "gradients match", "the notebook defines")]
    assert order == sorted(order)


def test_a_finding_is_drawn_and_told() -> None:
    html = page("failed")
    assert "<mark>hidden.numpy()</mark>" in html
    assert "the path is cut here" in html
    assert "From the loss backwards: loss, mean, square, sub, head. The path is cut here. Not reached: mul" in read(
        html
    )
    assert "python -m grader explain GRAD002" in read(html)


def test_the_loss_curves_have_words_and_numbers() -> None:
    text = read(page("failed"))
    assert "Your loss goes from 1.4 to 1.38 in 60 steps: it hardly changes." in text
    assert "The solution's loss goes from 1.4 to 0.0437 in 60 steps: it falls by 97 %." in text
    assert "Step Your loss The solution's 1 1.4 1.4" in text


def test_the_recorded_gradients_are_counted() -> None:
    text = read(page("failed"))
    assert "Gradients from tape.gradient in cell 4, line 10 60 calls" in text
    assert "dense/kernel 12 × 8 0 live 60 0 0 None" in text
    assert "head/bias 1 60 live 0 0 0 0.05" in text


def test_a_crash_shows_the_line_and_where_it_was_called_from() -> None:
    html = page("crashed")
    assert "<mark>head(scaled)</mark>" in html
    assert "It was raised in cell 4 while cell 5 was running." in read(html)


def test_a_cell_that_was_stopped_is_shown() -> None:
    assert "Cell 5 was running" in read(page("timed_out")) and "history.append(float(loss))" in read(page("timed_out"))
    assert "60 s for one cell, 60.2 s used" in read(page("timed_out"))


def test_the_debrief_comes_with_the_solution_beside_the_repair() -> None:
    html = page("passed")
    assert "How it shows" not in read(page("failed"))
    assert "In real projects this hides in metric code" in read(html)
    differing = re.findall(r'class="line differs"><span[^>]*>([^<]*)<', html)
    assert [line.strip() for line in differing] == ["scaled = hidden * scale", "scaled = scale * hidden"]


def test_a_repair_like_the_solutions_is_said_to_be_the_same() -> None:
    notes = replace(factories.notes("passed"), solution=("a = 1",), repaired=("a = 1",))
    text = read(render(factories.passed(), notes, "html"))
    assert "Both are the same." in text and "Lines with a bar" not in text


def test_hints_versions_and_timing_are_there() -> None:
    text = read(page("failed"))
    assert "Hints seen: 2" in text and factories.HINTS[0] in text
    for word in (
        "TensorFlow 2.21.0",
        "Keras 3.15.1",
        "NumPy 2.4.0",
        "Python 3.11.2",
        "Device cpu",
        "Total 0.61 s",
    ):
        assert word in text


def test_hints_and_debriefs_are_marked_up_and_a_learners_words_are_not() -> None:
    assert "Print the type of <em>every</em> value between the call of <code>model</code>" in page("failed")
    assert "<em>Quantised</em> models" in page("passed")
    assert "a *b* c" in render(replace(factories.failed(), message="a *b* c"), Notes(), "html")


def test_hints_not_seen_and_array_values_never_appear() -> None:
    verdict = factories.failed()
    call = verdict.training[0]
    secret = GradientRecord("w", (2,), "float32", np.array([123456.7, 1]), np.array([765432.1, 1]))
    html = render(replace(verdict, training=(replace(call, sources=(secret,)),)), Notes(), "html")
    assert "123456" not in html and "765432.1" not in html
    assert "Hints seen" not in html


@pytest.mark.parametrize(
    ("mine", "reference"), [((), (1.0, 0.5)), ((1.0,), ()), ((1.0,), (0.9,)), ((float("nan"),) * 5, ())]
)
def test_too_little_to_draw_is_not_drawn(mine: tuple[float, ...], reference: tuple[float, ...]) -> None:
    assert charts.loss_chart(mine, reference) is None
    verdict = replace(factories.failed(), losses=mine, reference_losses=reference)
    assert "<polyline" not in render(verdict, Notes(), "html")


def test_a_loss_that_is_never_a_number_is_said_beside_the_solutions_curve() -> None:
    html = render(replace(factories.failed(), losses=(float("nan"),) * 60), Notes(), "html")
    assert "Your loss is never a finite number." in html
    assert html.count("<polyline") == 1


@pytest.mark.parametrize(
    "values",
    [
        (1.0, 0.5, float("nan"), float("inf"), 0.2, 0.1),
        (0.0, 0.0, 0.0),
        (5.0, 5.0),
        (-3.0, 4.0, -5.0),
        (1e-12, 1e12),
        (1e300, 2.0, 1.0),
        (1e-300, 1e-301),
        (2.303, 2.302, 2.301),
    ],
)
def test_every_curve_stays_inside_its_plot(values: tuple[float, ...]) -> None:
    chart = charts.loss_chart(values, ())
    assert chart is not None
    points = [tuple(map(float, pair.split(","))) for piece in chart.mine for pair in piece.split()]
    assert points and all(0 <= x <= 100 and -0.01 <= y <= 100.01 for x, y in points)
    assert 2 <= len(chart.ticks) <= 12 and len({tick.label for tick in chart.ticks}) == len(chart.ticks)


def test_a_curve_breaks_where_the_loss_is_not_a_number() -> None:
    chart = charts.loss_chart((1.0, 0.5, float("nan"), 0.2, 0.1), ())
    assert chart is not None and len(chart.mine) == 2
    assert words.losses((1.0, float("nan"), 0.2), "Your").endswith("at step 2 it is not a finite number.")


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    chart = charts.loss_chart(tuple(np.linspace(9, 1, 50_000)), ())
    assert chart is not None
    points = chart.mine[0].split()
    assert len(points) == charts.MOST_POINTS and points[0].startswith("0.00,") and points[-1].startswith("100.00,")
    assert chart.samples[0][0] == 1 and chart.samples[-1][0] == 50_000


@pytest.mark.parametrize(
    ("row", "percent"),
    [
        (Comparison("w", "ok", "1", "1", 0.3), 0),
        (Comparison("w", "wrong", "1", "2", 1e-3), 50),
        (Comparison("w", "wrong", "1", "2", 1e-9), 2),
        (Comparison("w", "wrong", "1", "2", 40.0), 100),
        (Comparison("w", "nan", "NaN", "2", float("nan")), 100),
        (Comparison("w", "none", "None", "2"), 100),
    ],
)
def test_bars_are_logarithmic(row: Comparison, percent: int) -> None:
    assert charts.bar(row) == percent


def test_a_long_path_keeps_its_ends_and_the_break() -> None:
    path = ("loss", *(f"op{n}" for n in range(40)), "╳", *(f"gone{n}" for n in range(40)), "w")
    drawing = charts.path_drawing(path)
    labels = [node.label for node in drawing.nodes]
    assert len(labels) <= charts.MOST_NODES
    assert labels[0] == "loss" and labels[-1] == "w" and {"op39", "gone0"} <= set(labels)
    assert [node.label for node in drawing.nodes if node.broken_above] == ["gone0"]
    assert all(
        node.reached == (not node.label.startswith(("gone", "w"))) for node in drawing.nodes if "…" not in node.label
    )
    assert charts.path_drawing(()).nodes == () == charts.path_drawing(("╳",)).nodes


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (lambda: words.off_by(None), "–"),
        (lambda: words.off_by(0.0), "exact"),
        (lambda: words.off_by(0.00002), "under 0.01 %"),
        (lambda: words.off_by(0.0123), "1.2 %"),
        (lambda: words.off_by(9.99), "1,000 %"),
        (lambda: words.off_by(12.3), "12×"),
        (lambda: words.off_by(float("inf")), "not comparable"),
    ],
)
def test_numbers_as_people_read_them(say: Callable[[], str], expected: str) -> None:
    assert say() == expected
