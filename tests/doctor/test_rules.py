"""The rules: all in one list, each of their words in the table, and nothing in the table that no rule needs."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from grader.doctor import rules
from grader.doctor.suspect import Suspect
from grader.doctor.wording import SENTENCES

FOLDER = Path(rules.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
RULE = {"case": "Case", "return": "Iterator[Suspect]"}  # the annotations by which a rule is known


def test_every_rule_is_in_the_list_once() -> None:
    written = {
        function
        for name in MODULES
        for function in vars(importlib.import_module(f"{rules.__name__}.{name}")).values()
        if inspect.isfunction(function) and function.__annotations__ == RULE
    }
    assert set(rules.RULES) == written
    assert len(rules.RULES) == len(written)


def test_a_suspect_without_a_sentence_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="no sentence for the cause 'stop_gradient' with the detail 'lop'"):
        Suspect(cause="stop_gradient", detail="lop", severity="error", symptom="none", place=0)


def test_no_sentence_is_there_in_vain() -> None:
    files = [*(FOLDER / f"{name}.py" for name in MODULES), FOLDER.parent / "oracles" / "__init__.py"]
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    words = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {word for sentence in SENTENCES for word in sentence if word and word not in words} == set()
