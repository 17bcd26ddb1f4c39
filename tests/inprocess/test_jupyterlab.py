"""A learner's first ten minutes in JupyterLab: run, grade, repair, save, grade, a hint, the doctor, the report."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from ..chromium import CONTRAST, open_browser
from ..conftest import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.soak, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
EXERCISE = "01_tape_scope"
NOTEBOOK = Path("exercises") / EXERCISE / "notebook.ipynb"
THEMES = "@jupyterlab/apputils-extension:themes"
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},  # or it may be saved before it is asked for
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # every cell is in the page
}
DOCTOR = """\
%%doctor
v = tf.Variable(3.0)
with tf.GradientTape() as tape:
    loss = tf.round(v) ** 2
tape.gradient(loss, v)"""
LEGIBLE = CONTRAST.replace("(document.body,", '([...document.querySelectorAll(".gradient-clinic")].at(-1),')


@contextmanager
def jupyter_lab(course: Path, home: Path) -> Iterator[str]:
    """The address of a JupyterLab of its own."""
    assert (ROOT / NOTEBOOK).is_file()
    home.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    command += [f"--LabApp.user_settings_dir={home / 'user'}", f"--LabApp.workspaces_dir={home / 'workspaces'}"]
    command += ["--ServerApp.disable_check_xsrf=True"]
    log = home / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=course, env={**os.environ, **folders}, stdout=output, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert server.poll() is None, log.read_text()
        try:
            return bool(urlopen(f"{address}/api", timeout=5).status == 200)
        except OSError:
            return False

    try:
        wait_until(answers, 60)
        yield address
    finally:
        server.terminate()
        server.wait(30)


class Lab:
    """JupyterLab, by what a learner sees and does."""

    def __init__(self, browser: Any, address: str, shots: Path) -> None:
        self.browser, self.address, self.shots = browser, address, shots

    def open(self, theme: str) -> None:
        for name, wanted in {**SETTINGS, THEMES: {"theme": f"JupyterLab {theme}"}}.items():
            body = json.dumps({"raw": json.dumps(wanted)}).encode()
            urlopen(Request(f"{self.address}/lab/api/settings/{name}", body, method="PUT"), timeout=10)
        size = {"width": 1300, "height": 1400, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.browser.get(f"{self.address}/lab/tree/{NOTEBOOK.as_posix()}?reset")
        wait_until(lambda: len(self.find(".jp-Notebook .jp-Cell")) > 10, 60)
        wait_until(lambda: self.find(".jp-Notebook-ExecutionIndicator[data-status=idle]"), 60)

    def find(self, selector: str) -> list[Any]:
        found: list[Any] = self.browser.find_elements("css selector", selector)
        return found

    def choose(self, menu: str, item: str) -> None:
        self.browser.find_element(
            "xpath", f"//div[text()='{menu}' and contains(@class, 'lm-MenuBar-itemLabel')]"
        ).click()
        entry = f"//div[text()='{item}' and contains(@class, 'lm-Menu-itemLabel')]"
        wait_until(lambda: self.browser.find_elements("xpath", entry))
        self.browser.find_element("xpath", entry).click()

    def press(self, *keys: str) -> None:
        """Keys at the same time: modifiers first."""
        from selenium.webdriver import ActionChains

        chain = ActionChains(self.browser)
        for key in keys[:-1]:
            chain.key_down(key)
        chain.send_keys(keys[-1])
        for key in keys[:-1]:
            chain.key_up(key)
        chain.perform()

    def write(self, cell: Any, text: str) -> None:
        """Replace what is in a cell."""
        from selenium.webdriver import Keys

        editor = cell.find_element("css selector", ".cm-content")
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", editor)
        editor.click()
        self.press(Keys.CONTROL, "a")
        self.browser.execute_cdp_cmd("Input.insertText", {"text": text})

    def run(self) -> None:
        from selenium.webdriver import Keys

        self.press(Keys.CONTROL, Keys.ENTER)

    def add_cell(self, text: str) -> Any:
        """A new cell at the end, which is run."""
        from selenium.webdriver import Keys

        cell = self.find(".jp-Notebook .jp-CodeCell")[-1]
        cell.find_element("css selector", ".cm-content").click()
        self.press(Keys.ESCAPE)
        before = len(self.find(".jp-Notebook .jp-CodeCell"))
        self.press("b")
        wait_until(lambda: len(self.find(".jp-Notebook .jp-CodeCell")) > before)
        added = self.find(".jp-Notebook .jp-CodeCell")[-1]
        self.write(added, text)
        self.run()
        return added

    def wait_for(self, cell: Any, text: str) -> str:
        """What stands under a cell, once this text is in it."""

        def under() -> str:
            return " ".join(one.text for one in cell.find_elements("css selector", ".jp-OutputArea-output"))

        try:
            wait_until(lambda: text in under(), 200)  # a busy machine
        except AssertionError:
            raise AssertionError(f"{text!r} is not in {under()!r}") from None
        return under()

    def shoot(self, cell: Any, name: str) -> None:
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'start'})", cell)
        self.browser.save_screenshot(str(self.shots / f"{name}.png"))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    course = tmp_path / "course"
    for folder in ("exercises", "solutions"):
        shutil.copytree(ROOT / folder, course / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(course / "exercises" / EXERCISE / ".original.ipynb", course / NOTEBOOK)
    with jupyter_lab(course, tmp_path / "home") as address, open_browser(tmp_path / "profile") as browser:
        yield Lab(browser, address, tmp_path)


def score(under: str) -> float:
    """The points of a verdict that stands under a cell."""
    return float(under.partition(" / 10 points")[0].split()[-1])


def repair() -> str:
    """The first of the solution's repairs."""
    cells = json.loads((ROOT / "solutions" / f"{EXERCISE}.ipynb").read_text("utf-8"))["cells"]
    return next("".join(cell["source"]) for cell in cells if "repair" in cell["metadata"].get("tags", []))


def test_a_learner_grades_repairs_and_asks_without_leaving_the_notebook(lab: Lab) -> None:
    from selenium.webdriver import Keys

    lab.open("Light")
    lab.choose("Run", "Run All Cells")
    grading = lab.find(".jp-Notebook .jp-CodeCell")[-1]
    first = score(lab.wait_for(grading, "points, failed"))
    assert lab.browser.execute_script(LEGIBLE) == []
    lab.shoot(grading, "failed-light")

    broken = next(cell for cell in lab.find(".jp-CodeCell") if "def loss_and_gradients" in cell.text)
    lab.write(broken, repair())
    lab.run()
    grading.find_element("css selector", ".cm-content").click()
    lab.run()
    lab.wait_for(grading, "Save first (Ctrl+S).")
    lab.press(Keys.CONTROL, "s")
    assert score(lab.wait_for(grading, "points, failed")) > first
    lab.shoot(grading, "better-light")

    hint = lab.add_cell("%hint")
    assert "hint 1 of" in lab.wait_for(hint, "shows the next one")
    scratch = lab.add_cell(DOCTOR)
    lab.wait_for(scratch, "GRAD003")
    assert [mark.text for mark in scratch.find_elements("css selector", "mark")] == ["tf.round(v)"]
    assert "In [" in scratch.text and "line 4" in scratch.text
    lab.shoot(hint, "hint-and-doctor-light")
    lab.press(Keys.CONTROL, "s")
    wait_until(lambda: "tf.round(v)" in (lab.shots / "course" / NOTEBOOK).read_text())

    lab.open("Dark")
    grading = next(cell for cell in lab.find(".jp-CodeCell") if "%load_ext grader" in cell.text)
    lab.wait_for(grading, "points, failed")
    assert lab.browser.execute_script(LEGIBLE) == []
    lab.shoot(grading, "dark")
    lab.shoot(lab.find(".jp-Notebook .jp-CodeCell")[-1], "doctor-dark")
    grading.find_element("css selector", ".gradient-clinic a").click()
    wait_until(lambda: any(tab.text == f"{EXERCISE}.html" for tab in lab.find(".lm-TabBar-tabLabel")), 30)
    lab.browser.save_screenshot(str(lab.shots / "report-dark.png"))
