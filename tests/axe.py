"""axe-core, the checker of accessible pages, on the page that a browser shows. Its script comes from a package of which
nothing else is used: the browser is selenium's."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = "axe_playwright_python"
RUN = """
const done = arguments[arguments.length - 1];
const told = (rule) => `${rule.id}: ${rule.help}: ${rule.nodes.map((node) => node.html).join(" | ")}`;
axe.run(document, { resultTypes: ["violations"] }).then(
  (results) => done(results.violations.map(told)),
  (error) => done([String(error)]),
);
"""


def violations(browser: Any) -> list[str]:
    """A line for each rule that the page breaks: the rule, and the elements that break it."""
    spec = find_spec(PACKAGE)
    assert spec is not None and spec.submodule_search_locations, f"{PACKAGE} is not installed"
    browser.execute_script((Path(spec.submodule_search_locations[0]) / "axe.min.js").read_text("utf-8"))
    browser.set_script_timeout(60)
    found: list[str] = browser.execute_async_script(RUN)
    return found
