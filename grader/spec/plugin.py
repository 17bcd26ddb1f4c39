"""The pytest plugin that runs inside the judging process: fixtures for specs, and one result for each check.

Checks run in the order of the score sheet; one that needs another is skipped, with the reason, where that one did not
pass. An exception that is no assertion also fails the check: `verify` proves that specs are sound on right answers, so
what they choke on is the learner's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from grader.model import Array, CheckSpec, Evidence, GradientCall, Probe, Tree
from grader.spec.expect import CheckFailed

NO_ANSWER = "The grader called your functions and got no answer."


Pair = tuple[Evidence, Evidence | None]  # the learner's, and the solution's where there is one


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of hidden inputs: what the learner's functions gave, and what they should give."""

    inputs: dict[str, Array]
    got: Tree
    expected: Tree
    calls: tuple[GradientCall, ...]


class SpecPlugin:
    """Gives the spec its fixtures and collects `results`: a dict of plain data for each check that ran.

    `evidence` is called when the spec has been collected, and may take as long as it likes.
    """

    def __init__(self, checks: Sequence[CheckSpec], evidence: Callable[[], Pair]) -> None:
        self.checks = {check.id: check for check in checks}
        self.results: dict[str, dict[str, Any]] = {}
        self.problems: list[str] = []
        self._evidence = evidence
        self._learner: Evidence
        self._reference: Evidence | None = None

    # --- fixtures -----------------------------------------------------------------------------------------------

    @pytest.fixture
    def learner(self) -> Evidence:
        return self._learner

    @pytest.fixture
    def reference(self) -> Evidence:
        assert self._reference is not None, "this check needs the reference solution"
        return self._reference

    @pytest.fixture
    def answers(self) -> list[Tree]:
        if not self._learner.probes:
            raise CheckFailed(NO_ANSWER)
        return [_answer(probe) for probe in self._learner.probes]

    @pytest.fixture
    def draws(self, reference: Evidence, answers: list[Tree]) -> list[Draw]:
        pairs = zip(self._learner.probes, answers, reference.probes, strict=True)
        return [Draw(probe.inputs, answer, right.result, probe.calls) for probe, answer, right in pairs]

    # --- pytest's hooks -----------------------------------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "native"  # nobody reads the tracebacks; pytest's own take as long as the checks

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        order = list(self.checks)
        self.problems += [f"{item.name} is not in [[checks]]" for item in items if item.name not in self.checks]
        items[:] = sorted((i for i in items if i.name in self.checks), key=lambda item: order.index(item.name))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr)[-2000:])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Everything is collected, and pytest's own loop comes next."""
        self._learner, self._reference = self._evidence()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        needs = self.checks[item.name].needs
        if needs and self.results.get(needs, {}).get("status") != "passed":
            pytest.skip(f"needs “{self.checks[needs].title}”")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when != "teardown" and item.name not in self.results:
            if call.excinfo is not None:
                self.results[item.name] = _result(call.excinfo.value)
            elif call.when == "call":
                self.results[item.name] = {"status": "passed"}
        return report


def _answer(probe: Probe) -> Tree:
    if probe.error is not None:
        raise CheckFailed(_sentence(probe.error.message))
    return probe.result


def _result(error: BaseException) -> dict[str, Any]:
    if isinstance(error, pytest.skip.Exception):
        return {"status": "skipped", "message": str(error)}
    if isinstance(error, CheckFailed):
        rows = [asdict(comparison) for comparison in error.comparisons]
        return {"status": "failed", "message": error.message, "comparisons": rows}
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return {"status": "failed", "message": _sentence(str(error) or "This did not hold.")}
    kind = type(error).__name__
    return {"status": "failed", "message": f"What your functions return is not what the contract says ({kind})."}


def _sentence(text: str) -> str:
    text = text.strip().splitlines()[0][:500]
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
