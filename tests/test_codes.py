"""The pages of the diagnostic codes: complete, shown by `explain`, and true: every example runs, prints what it says,
and gives its code under the doctor; every repair gives no error.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from grader.model.codes import CAUSE_OF
from tests.doctor.workbench import Workbench

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "codes"
CODE_NAMES = list(CAUSE_OF)
MEANS, EXAMPLE, FIND, REPAIR, NOT = (
    "What it means",
    "Minimal example",
    "How to find it",
    "How it is usually repaired",
    'How not to "repair" it',
)
SAID = "What is often said"  # only where it is wrong
SYMPTOMS = {"None", "zeros", "NaN", "wrong value", "exception", "no update"}
CAPTURE = "import io, sys; sys.stdout = _shown = io.StringIO(); "  # on a program's first line: all keep their numbers

# The doctor gives no finding for these examples. Whoever teaches it one takes it out of here, and the comment
# `# the doctor cannot see this` out of its page.
BY_NATURE = {
    "GRAD012": "nothing in a program says that the target was meant as a constant",
    "GRAD043": "the gradient is right for this loss; only the formula says that another was meant",
}
# Of these it names what is behind them, which is what one repairs.
BEHIND = {
    "GRAD028": "GRAD003",  # that a surrogate was planned is not in the program
    "GRAD045": "GRAD002",  # the cause of the None that was replaced
}


@dataclass(frozen=True)
class Page:
    title: str
    cause: str
    symptom: str
    sections: dict[str, str]

    def program(self, section: str) -> str:
        blocks: list[str] = re.findall(r"```python\n(.*?)```", self.sections[section], re.DOTALL)
        assert len(blocks) == 1, f"one program under {section!r}, not {len(blocks)}"
        return blocks[0]


@cache
def page(code: str) -> Page:
    head, *parts = re.split(r"^## ", (PAGES / f"{code}.md").read_text("utf-8"), flags=re.MULTILINE)
    first = re.fullmatch(rf"# {code}: (.+)\n\n`(\w+)` · you see: (.+)\n\n", head)
    assert first, head
    sections = dict(part.split("\n\n", 1) for part in parts)
    assert len(sections) == len(parts)
    return Page(first[1], first[2], first[3], sections)


# --- the pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODE_NAMES)
def test_a_code_has_a_page_with_all_sections(code: str) -> None:
    found = page(code)
    assert found.cause == CAUSE_OF[code]
    assert set(re.split(" or ", found.symptom)) <= SYMPTOMS
    assert [name for name in found.sections if name != SAID] == [MEANS, EXAMPLE, FIND, REPAIR, NOT]
    assert list(found.sections)[-1] in (NOT, SAID)
    assert all(text.strip() for text in found.sections.values())
    assert 6 <= len(found.program(EXAMPLE).splitlines()) <= 20
    for other in re.findall(r"\]\((.*?)\)", "".join(found.sections.values())):
        assert (PAGES / other).is_file(), f"{code} links to {other}"


def test_the_index_lists_every_page_and_nothing_else(update_goldens: bool) -> None:
    index = PAGES / "README.md"
    rows = [f"| [{code}]({code}.md) | {page(code).title} | {page(code).symptom} |" for code in CODE_NAMES]
    head = re.match(r".*?\|---\|---\|---\|\n", index.read_text("utf-8"), re.DOTALL)
    assert head
    wanted = head[0] + "\n".join(rows) + "\n"
    if update_goldens:
        index.write_text(wanted, "utf-8")
    assert index.read_text("utf-8") == wanted, "`make goldens` writes the rows"
    assert {path.name for path in PAGES.iterdir()} == {"README.md"} | {f"{code}.md" for code in CODE_NAMES}


# --- the programs on them -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    with Workbench() as bench:
        yield bench


def does_what_it_says(bench: Workbench, source: str) -> None:
    """Each `print(...)  # text` prints just this text; `# raises Name` ends the program."""
    answer = bench.run(CAPTURE + source, None, extra="_shown.getvalue()")
    printed = re.findall(r"^print\(.*\)  # (.+)$", source, re.MULTILINE)
    raised = re.findall(r"  # raises (\w+)$", source, re.MULTILINE)
    assert printed or raised, "a program that shows nothing"
    shown = re.sub(r"-(0\.(?!\d))", r"\1", answer["extra"])  # the sign of a zero depends on the processor
    assert shown.splitlines() == printed
    assert (answer["trace"]["error"] or "").partition(":")[0] == "".join(raised)


@pytest.mark.kernel
@pytest.mark.parametrize("code", CODE_NAMES)
def test_an_example_shows_its_symptom_and_gives_its_code(code: str, bench: Workbench) -> None:
    source = page(code).program(EXAMPLE)
    does_what_it_says(bench, source)
    first = next(iter(bench.examine(source)), None)
    if code in BY_NATURE:
        assert first is None, f"{code} is found now: take it out of BY_NATURE"
    else:
        assert first is not None
        assert first.code == BEHIND.get(code, code), f"{first.code}: {first.message}"
    assert source.startswith("# the doctor cannot see this: ") == (code in BY_NATURE)


@pytest.mark.kernel
@pytest.mark.parametrize("code", CODE_NAMES)
def test_a_repair_runs_and_gives_no_error(code: str, bench: Workbench) -> None:
    source = page(code).program(REPAIR)
    assert "raises" not in source
    does_what_it_says(bench, source)
    assert bench.examine(source) == ()


# --- the command --------------------------------------------------------------------------------------------------


def explain(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", "explain", *arguments]
    env = {**os.environ, "COLUMNS": "80", **environment}
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)


@pytest.mark.parametrize("name", ["GRAD002", "grad2", "2", "002", "detached_numpy", "Detached-NumPy"])
def test_a_page_is_found_by_its_code_its_number_or_its_cause(name: str) -> None:
    shown = explain(name)
    assert shown.returncode == 0 and shown.stderr == ""
    assert shown.stdout.startswith(f"GRAD002: {page('GRAD002').title}\n")


@pytest.mark.parametrize("code", ["GRAD002", "GRAD006", "GRAD029"])
def test_a_page_is_drawn_for_80_columns_without_colour_where_none_is_wanted(code: str) -> None:
    shown = explain(code)
    assert "\x1b" not in shown.stdout and max(map(len, shown.stdout.splitlines())) <= 80
    for markdown in ("```", "## ", ".md", "\n- "):
        assert markdown not in shown.stdout
    for line in filter(None, (page(code).program(EXAMPLE) + page(code).program(REPAIR)).splitlines()):
        assert f"\n    {line}\n" in shown.stdout
    for name in page(code).sections:
        assert f"\n\n{name}\n\n" in shown.stdout


def test_a_terminal_gets_the_same_with_emphasis() -> None:
    shown = explain("2", FORCE_COLOR="1")
    assert f"\x1b[1mGRAD002: {page('GRAD002').title}" in shown.stdout
    assert re.sub(r"\x1b\[[\d;]*m", "", shown.stdout) == explain("2").stdout


def test_without_a_code_all_are_listed() -> None:
    shown = explain()
    assert shown.returncode == 0
    for code, line in zip(CODE_NAMES, shown.stdout.splitlines(), strict=False):
        assert re.split(r" {2,}", line) == [code, page(code).title, page(code).symptom]
    assert max(map(len, shown.stdout.splitlines())) <= 80


@pytest.mark.parametrize("name", ["GRAD999", "0", "numpy", "../README"])
def test_an_unknown_code_is_one_sentence(name: str) -> None:
    shown = explain(name)
    assert shown.returncode == 2 and shown.stdout == ""
    assert len(shown.stderr.splitlines()) == 1 and name in shown.stderr and "Traceback" not in shown.stderr
