"""The class page: what it counts, what it must not say, and how it behaves in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grader.classroom.gradebook import NOT_SUBMITTED, Row
from grader.classroom.page import class_page
from grader.classroom.page.data import anonymous, class_data
from grader.course.settings import CourseSettings
from grader.model import Finding
from tests.axe import violations
from tests.conftest import missing

from .made_class import made_page, made_rows

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--window-size=1400,1000"),
)


def page_of(rows: list[Row]) -> str:
    return class_page(rows, {}, title="A class", made=datetime(2025, 5, 3, tzinfo=UTC))


def data_in(page: str) -> dict[str, Any]:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert match
    data: dict[str, Any] = json.loads(match[1])
    return data


# --- the data ---


def test_a_line_of_code_says_nothing_about_its_author() -> None:
    line = "  y = x.numpy()  # Ada Lovelace (s42), ada@uni.example"
    assert anonymous(line, "Ada Lovelace", "s42") == "y = x.numpy()"
    assert anonymous('print("made by Ada", ada_x, "ada@uni.example")', "Ada", "ada") == 'print("made by …", …_x, "…")'
    assert anonymous("x = tf.reduce_max(y) # max", "Max Lee", "max") == "x = tf.reduce_max(y)"
    assert anonymous('label = "#1"', "Bo", "bo") == 'label = "#1"'
    assert anonymous('text = """open # and on', "Bo", "bo") == 'text = """open'
    assert len(anonymous("x" * 10_000, "a", "b")) == 160


def test_a_thousand_students_stay_small() -> None:
    assert len(made_page(1_000, 16).encode()) < 8_000_000


def test_only_attempts_that_cost_one_are_counted() -> None:
    row = made_rows(1, 1)[-1]
    rows = [
        replace(row, key="a", counts=False, sha256="1"),
        replace(row, key="b", counts=False, sha256="1"),
        replace(row, key="c", counts=False, sha256="2", status="ungradable"),
        replace(row, key="d", sha256="3"),
    ]
    assert class_data(rows, {}, CourseSettings())["students"][0]["work"][0][3] == 2


def test_checks_stand_in_the_score_sheets_order() -> None:
    rows = made_rows(3, 1)
    order = ["test_values", "test_connected", "gone"]
    listed = class_data(rows, {rows[0].exercise: order}, CourseSettings())["exercises"][0]["checks"]
    assert [check["id"] for check in listed][:3] == ["test_values", "test_connected", "test_functions_exist"]


def test_an_anonymous_page_has_nobodys_name_in_it() -> None:
    rows = made_rows(30, 3)
    rows[3] = replace(rows[3], status="ungradable", message="broken")
    made = datetime(2025, 5, 3, tzinfo=UTC)
    page = class_page(rows, {}, title="A class", made=made, anonymous=True)
    known = {row.name for row in rows} | {row.student for row in rows} | {row.source for row in rows} | {"mira"}
    assert not [word for word in known if word in page]
    assert len(data_in(page)["students"]) == len({row.student for row in rows})


def test_the_numbers_of_hidden_names_are_drawn_for_each_page() -> None:
    rows = made_rows(30, 1)
    first, second = ([one["number"] for one in data_in(page_of(rows))["students"]] for _ in "12")
    assert sorted(first) == sorted(second) == list(range(1, len(first) + 1)) and first != second


HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u2028<!--"


def hostile_rows() -> list[Row]:
    finding = Finding("GRAD002", "detached_numpy", "error", 1, 1, 0, 1, HOSTILE, "", (), "", "")
    return [
        replace(
            row, name=f"{HOSTILE} {row.student}", section=HOSTILE, status="failed", findings=(finding,), message=HOSTILE
        )
        for row in made_rows(5, 2)
    ]


def test_hostile_text_stays_inside_the_data() -> None:
    page = page_of(hostile_rows())
    assert page.count("<script") == page.count("</script") == 2
    assert data_in(page)["students"][0]["section"] == HOSTILE


def test_the_page_asks_nobody_for_anything() -> None:
    page = made_page(3, 2)
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?!#|data:)", page)
    assert "default-src 'none'" in page and not re.search(r"\b(fetch|XMLHttpRequest|import)\(|innerHTML", page)


def test_a_class_without_any_verdict_has_a_page() -> None:
    assert data_in(page_of([]))["students"] == []


# --- in a browser ---


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        missing("needs chromium and chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Callable[[str], Any]:
    def to(page: str) -> Any:
        file = tmp_path / "class.html"
        file.write_text(page, "utf-8")
        browser.get(file.as_uri())
        ready(browser)
        assert browser.get_log("browser") == []
        return browser

    return to


def ready(browser: Any) -> float:
    """Milliseconds from the start of the visit until every row of the table was there."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if shown := browser.execute_script("return document.documentElement.dataset.ready"):
            return float(shown)
        time.sleep(0.02)
    raise AssertionError("the page never finished")


def choose(browser: Any, what: str, value: str) -> None:
    script = "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
    browser.execute_script(f"{script} for (const t of ['input', 'change']) e.dispatchEvent(new Event(t))", what, value)
    ready(browser)


def cells(browser: Any, number: int) -> list[str]:
    script = "return [...document.querySelectorAll('#heat tbody tr')].map(r => r.cells[arguments[0]].innerText.trim())"
    texts: list[str] = browser.execute_script(script, number)
    return texts


@pytest.mark.timing
@pytest.mark.browser
def test_a_thousand_students_open_in_less_than_two_seconds(browser: Any, visit: Callable[[str], Any]) -> None:
    page = made_page(1_000, 13)
    assert len(page.encode()) < 5_000_000
    took = []
    for _ in range(3):  # the best of three: other work on the machine only ever adds
        visit(page)
        took.append(ready(browser))
    assert browser.execute_script("return document.querySelectorAll('#heat tbody tr').length") == 1_000
    assert min(took) < 2_000, took


@pytest.mark.browser
def test_the_table_sorts_and_filters(visit: Callable[[str], Any]) -> None:
    browser = visit(made_page(60, 6))
    names = cells(browser, 0)
    assert len(names) == 60
    browser.execute_script("document.querySelectorAll('#heat thead button')[2].click()")
    ready(browser)
    scores = [float(text.split("/")[0]) for text in cells(browser, 2)]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) > 10
    head = browser.execute_script("return document.querySelectorAll('#heat thead th')[2].getAttribute('aria-sort')")
    assert head == "descending"
    choose(browser, "search", "lovelace")
    assert cells(browser, 0) and all("Lovelace" in name for name in cells(browser, 0))
    choose(browser, "search", "")
    choose(browser, "pick-section", "Friday")
    assert set(cells(browser, 1)) == {"Friday"}
    choose(browser, "pick-exercise", "1")
    choose(browser, "pick-state", "crashed")
    assert set(cells(browser, 3)) <= {"crashed", "timed out", "killed", "crashed late", "timed out late", "killed late"}
    browser.execute_script("document.getElementById('reset').click()")
    time.sleep(0.1)
    ready(browser)
    assert len(cells(browser, 0)) == 60


@pytest.mark.browser
def test_choosing_where_students_are_stuck_shows_who(visit: Callable[[str], Any]) -> None:
    browser = visit(made_page(60, 6))
    count = browser.execute_script("return document.querySelector('#places .n').innerText")
    browser.execute_script("document.querySelector('#places button').click()")
    ready(browser)
    assert len(cells(browser, 0)) == int(count) > 1
    assert browser.execute_script("return document.getElementById('shown').innerText").startswith(f"{count} students")


@pytest.mark.browser
def test_a_click_on_a_cell_shows_the_details_with_links(visit: Callable[[str], Any]) -> None:
    browser = visit(made_page(10, 3))
    browser.execute_script("document.querySelector('#heat tbody td.w:not(.quiet)').click()")
    links = browser.execute_script(
        "return [...document.querySelectorAll('.detail a')].map(a => a.getAttribute('href'))"
    )
    assert re.fullmatch(r"feedback/students/s\d{4}/\d\d_\w+\.html", links[0]) and links[1].startswith("notebooks/")


@pytest.mark.browser
def test_who_has_submitted_nothing_is_shown_alone(visit: Callable[[str], Any]) -> None:
    rows = made_rows(10, 3)
    absent = replace(rows[0], student="fay", name="Fay Wu", status=NOT_SUBMITTED, counts=True, override=None)
    browser = visit(page_of([*rows, absent]))
    choose(browser, "pick-state", "missing")
    assert cells(browser, 0) == ["Fay Wu"]


@pytest.mark.browser
def test_names_can_be_hidden_everywhere(visit: Callable[[str], Any]) -> None:
    rows = made_rows(30, 3)
    rows[3] = replace(rows[3], status="ungradable", message="broken")
    browser = visit(page_of(rows))
    names = set(cells(browser, 0))
    browser.execute_script("document.getElementById('hide-names').click()")
    ready(browser)
    browser.execute_script("document.querySelectorAll('#heat tbody th button').forEach(b => b.click())")
    text = browser.execute_script("return document.body.innerText") + browser.execute_script(
        "return [...document.querySelectorAll('[aria-label], [title]')].map(e => e.ariaLabel + e.title).join()"
    )
    assert not [name for name in names if name in text] and "mira" not in text
    assert re.fullmatch(r"Student \d+", cells(browser, 0)[0])
    browser.execute_script("document.getElementById('reset').click()")
    time.sleep(0.1)
    ready(browser)
    assert re.fullmatch(r"Student \d+", cells(browser, 0)[0])
    browser.refresh()
    ready(browser)
    assert re.fullmatch(r"Student \d+", cells(browser, 0)[0])


@pytest.mark.browser
def test_hostile_text_is_only_ever_text(visit: Callable[[str], Any]) -> None:
    browser = visit(page_of(hostile_rows()))
    assert browser.title == "A class: class page"
    assert browser.execute_script("return document.images.length") == 0
    assert HOSTILE.split("\u2028")[0] in cells(browser, 0)[0]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(visit: Callable[[str], Any], browser: Any, scheme: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    visit(made_page(20, 3))
    worst = browser.execute_script(CONTRAST)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert worst[0] >= 4.5, worst


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_axe_finds_no_violation(visit: Callable[[str], Any], browser: Any, scheme: str, width: int) -> None:
    rows = made_rows(20, 3)
    rows[3] = replace(rows[3], status="ungradable", message="broken")
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    visit(page_of(rows))
    browser.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    everybody = violations(browser)
    choose(browser, "pick-exercise", "1")
    one_exercise = violations(browser)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert everybody == one_exercise == []


@pytest.mark.browser
def test_every_control_has_a_name_and_the_keyboard_reaches_it(visit: Callable[[str], Any]) -> None:
    browser = visit(made_page(20, 3))
    nameless = browser.execute_script(
        "return [...document.querySelectorAll('button, select, input, summary, [role=img], [role=region]')]"
        ".filter(e => !(e.innerText || e.ariaLabel || e.labels?.length || e.getAttribute('aria-labelledby')))"
        ".map(e => e.outerHTML)"
    )
    assert nameless == []
    assert browser.execute_script("return [...document.querySelectorAll('#heat td.w')].every(c => c.ariaLabel)")
    levels = browser.execute_script("return [...document.querySelectorAll('h1, h2, h3')].map(h => h.tagName)")
    assert levels[0] == "H1" and set(levels[1:]) == {"H2"}


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 1400])
def test_nothing_sticks_out_at_any_width(visit: Callable[[str], Any], browser: Any, width: int) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    visit(made_page(20, 13))
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide <= width


CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgb = (colour, under) => {
  canvas.fillStyle = `rgb(${under})`; canvas.fillRect(0, 0, 1, 1);
  canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const light = (colour) => {
  const [r, g, b] = colour.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  const chain = [];
  for (let e = element; e; e = e.parentElement) chain.unshift(getComputedStyle(e).backgroundColor);
  return chain.reduce((under, colour) => rgb(colour, under), [255, 255, 255]);
};
let worst = [99, ""];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
  if (element.closest("script, .unseen, option")) continue;
  const under = ground(element), a = light(rgb(getComputedStyle(element).color, under)), b = light(under);
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < worst[0]) worst = [ratio, element.outerHTML.slice(0, 120)];
}
return worst;
"""
