"""Headless Chromium, driven by selenium, and what a page is measured by."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .conftest import missing

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# The contrast of every visible text with what lies behind it (WCAG 2: 4.5, or 3 for large text).
CONTRAST = """
const luminance = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                         return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const numbers = css => css.match(/[\\d.]+/g).map(Number);
const opaque = css => css.startsWith("rgb(") || numbers(css)[3] === 1;
const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
                      if (opaque(c)) return numbers(c).slice(0, 3); } return [255, 255, 255]; };
const poor = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let n; (n = walker.nextNode()); ) {
  const e = n.parentElement;
  if (!n.data.trim() || !e.checkVisibility() || e.closest("style")) continue;
  const style = getComputedStyle(e), size = parseFloat(style.fontSize);
  const [a, b] = [numbers(e.closest("svg") ? style.fill : style.color).slice(0, 3), behind(e)].map(luminance);
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 600);
  if (ratio < (large ? 3 : 4.5)) poor.push([n.data.trim().slice(0, 40), ratio.toFixed(2)]);
}
return poor;
"""


@contextmanager
def open_browser(profile: Path) -> Iterator[Any]:
    """A browser with a profile of its own; the test that asks is skipped where there is none."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        missing("needs Chromium and chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield started
    finally:
        started.quit()
