"""The HTML report in a real browser: it fits a phone and a desk, is legible in light and dark, and asks no network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.model import Notes, Verdict
from grader.report import render

from ..axe import violations
from ..chromium import CONTRAST, open_browser
from . import factories

pytestmark = pytest.mark.browser

WIDTHS = (360, 768, 1440)
# What sticks out of the page to the right, or has more in it than its width.
OVERFLOW = """
return [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && !e.closest(".unseen, thead, svg")
  && e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).map(e => e.outerHTML.slice(0, 90));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def opened(browser: Any, folder: Path, verdict: Verdict, notes: Notes, width: int = 1440, scheme: str = "light") -> Any:
    path = folder / "report.html"
    path.write_text(render(verdict, notes, "html"), encoding="utf-8")
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"media": "", "features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(path.as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    return browser


def stretched() -> Verdict:
    """A failed verdict with names and lines that are far too long."""
    verdict = factories.failed()
    check = verdict.checks[1]
    long = "encoder/block_" + "residual_" * 20 + "/kernel"
    rows = tuple(replace(row, name=long, got="norm " + "9" * 40) for row in check.comparisons)
    finding = replace(verdict.findings[0], variables=(long,) * 3, operation=long, path=("loss", long, "╳", long))
    cells = tuple(replace(cell, source=cell.source.replace("scale", "s" * 120)) for cell in verdict.cells)
    checks = (replace(check, comparisons=rows, title=long, message=long), *verdict.checks)
    return replace(verdict, checks=checks, findings=(finding, finding), cells=cells, message=long)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("status", [*factories.VERDICTS, "stretched"])
def test_no_page_is_wider_than_its_window(browser: Any, tmp_path: Path, status: str, width: int) -> None:
    verdict = stretched() if status == "stretched" else factories.VERDICTS[status]()
    opened(browser, tmp_path, verdict, factories.notes(status), width)
    scroll, client = browser.execute_script("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]")
    assert scroll <= client <= width
    assert browser.execute_script(OVERFLOW) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("status", factories.VERDICTS)
def test_every_text_has_contrast(browser: Any, tmp_path: Path, status: str, scheme: str) -> None:
    opened(browser, tmp_path, factories.VERDICTS[status](), factories.notes(status), scheme=scheme)
    background = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(250, 249, 246)") == (scheme == "light")
    assert browser.execute_script(CONTRAST) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("status", [*factories.VERDICTS, "held_back"])
def test_axe_finds_no_violation(browser: Any, tmp_path: Path, status: str, scheme: str) -> None:
    verdict = factories.held_back() if status == "held_back" else factories.VERDICTS[status]()
    opened(browser, tmp_path, verdict, factories.notes(status), scheme=scheme)
    assert violations(browser) == []


def test_axe_finds_no_violation_on_a_phone(browser: Any, tmp_path: Path) -> None:
    opened(browser, tmp_path, factories.failed(), factories.notes("failed"), width=390)
    assert violations(browser) == []


def test_axe_would_find_one(browser: Any, tmp_path: Path) -> None:
    opened(browser, tmp_path, factories.failed(), factories.notes("failed"))
    browser.execute_script("document.querySelector('.why').style.color = '#ccc'; document.documentElement.lang = ''")
    assert {line.partition(":")[0] for line in violations(browser)} >= {"color-contrast", "html-has-lang"}


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_the_page_asks_for_nothing_but_itself(browser: Any, tmp_path: Path, status: str) -> None:
    browser.get_log("performance")
    opened(browser, tmp_path, factories.VERDICTS[status](), factories.notes(status))
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requests = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    # The browser's own start page may still be loading when the first test begins.
    asked = {each["request"]["url"] for each in requests if not each["documentURL"].startswith("chrome://")}
    own = (tmp_path / "report.html").as_uri()
    assert own in asked
    assert all(url == own or url.startswith("data:") for url in asked)
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def test_the_keyboard_reaches_the_report_and_every_detail(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    opened(browser, tmp_path, factories.passed(), factories.notes("passed"))
    browser.execute_script("document.querySelectorAll('details').forEach(each => each.open = false)")
    wanted = browser.execute_script("return document.querySelectorAll('summary').length")
    seen, tops = [], []
    for _ in range(wanted + 1):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(browser.switch_to.active_element)
        tops.append(seen[-1].rect["y"])
    assert seen[0].get_attribute("class") == "skip-link"
    assert min(tops) >= 0
    assert {element.tag_name for element in seen[1:]} == {"summary"}
    assert len({element.id for element in seen}) == wanted + 1
    seen[-1].send_keys(Keys.ENTER)
    assert browser.execute_script("return [...document.querySelectorAll('details')].at(-1).open")


def test_print_opens_the_details_and_is_black_on_white(browser: Any, tmp_path: Path) -> None:
    opened(browser, tmp_path, factories.passed(), factories.notes("passed"), scheme="dark")
    browser.execute_script("document.querySelectorAll('details').forEach(each => each.open = false)")
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    body = "const style = getComputedStyle(document.body); return [style.color, style.backgroundColor]"
    assert browser.execute_script(body) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert browser.execute_script("return document.querySelector('.about dl').getBoundingClientRect().height") > 50


@pytest.mark.parametrize("status", factories.VERDICTS)
def test_no_picture_table_or_code_is_broken_by_a_printed_page(browser: Any, tmp_path: Path, status: str) -> None:
    opened(browser, tmp_path, factories.VERDICTS[status](), factories.notes(status))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    breakable = browser.execute_script(
        "return [...document.querySelectorAll('figure, table')]"
        ".filter(e => getComputedStyle(e).breakInside !== 'avoid').map(e => e.outerHTML.slice(0, 90))"
    )
    assert breakable == []


def test_assistive_technology_gets_landmarks_tables_and_headings(browser: Any, tmp_path: Path) -> None:
    opened(browser, tmp_path, factories.failed(), factories.notes("failed"), width=360)
    tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
    for landmark in ("banner", "main", "contentinfo"):
        assert roles.count(landmark) == 1
    # the tables are laid out as blocks on a phone, and are still tables
    assert roles.count("table") == 4 and roles.count("rowheader") >= 10 and "columnheader" in roles
    names = {node.get("name", {}).get("value") for node in tree if node["role"]["value"] == "article"}
    assert any("every trainable variable receives a gradient" in (name or "") for name in names)
