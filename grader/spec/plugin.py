"""The pytest plugin that runs inside the judging process: fixtures for specs, and one result for each check.

Checks run in the order of the score sheet; one that needs another is skipped, with the reason, where that one did not
pass. An exception that is no assertion also fails the check: `verify` proves that specs are sound on right answers, so
what they choke on is the learner's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import pytest

from grader.model import Array, CheckSpec, Evidence, Probe, Tree
from grader.spec.expect import CheckFailed

NO_ANSWER = "The grader called your functions and got no answer."


T = TypeVar("T")
Pair = tuple[Evidence, Evidence | None]  # the learner's, and the solution's where there is one


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of hidden inputs: what the learner's functions gave, and what they should give."""

    inputs: dict[str, Array]
    got: Tree
    expected: Tree


class Draws(Sequence[T]):
    """What there is for each draw. One that the learner's code failed raises CheckFailed only when it is looked at, and
    the name of the draw that was looked at last is noted: a check that fails then says for which one."""

    def __init__(self, probes: Sequence[Probe], make: Callable[[int], T]) -> None:
        self._probes, self._make = probes, make
        self.current = ""

    def __len__(self) -> int:
        return len(self._probes)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return (self[number] for number in range(*index.indices(len(self))))
        probe = self._probes[index]
        self.current = probe.name if probe is not self._probes[0] else ""
        if probe.error is not None:
            raise CheckFailed(_sentence(probe.error.message))
        return self._make(index)

    def __iter__(self) -> Iterator[T]:
        yield from (self[number] for number in range(len(self)))
        self.current = ""


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
        self._looked_at: Draws[Any] | None = None

    # --- fixtures -----------------------------------------------------------------------------------------------

    @pytest.fixture
    def learner(self) -> Evidence:
        return self._learner

    @pytest.fixture
    def reference(self) -> Evidence:
        assert self._reference is not None, "this check needs the reference solution"
        return self._reference

    @pytest.fixture
    def trusted(self) -> Evidence:
        """The solution's evidence, or the learner's own where there is no solution: in a kit, which decides nothing."""
        return self._reference or self._learner

    @pytest.fixture
    def answers(self) -> Draws[Tree]:
        """What the probe returned for each draw."""
        return self._each(lambda number: self._learner.probes[number].result)

    @pytest.fixture
    def tries(self) -> Draws[Draw]:
        """Each draw without what the reference returned, for what needs no reference."""
        return self._each(lambda number: self._draw(number, None))

    @pytest.fixture
    def draws(self, reference: Evidence) -> Draws[Draw]:
        return self._each(lambda number: self._draw(number, reference.probes[number].result))

    def _draw(self, number: int, expected: Tree) -> Draw:
        probe = self._learner.probes[number]
        return Draw(probe.inputs, probe.result, expected)

    def _each(self, make: Callable[[int], T]) -> Draws[T]:
        if not self._learner.probes:
            raise CheckFailed(NO_ANSWER)
        self._looked_at = Draws(self._learner.probes, make)
        return self._looked_at

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
        self._looked_at = None
        here = {other.name for other in item.session.items}
        needs = self.checks[item.name].needs
        while needs and needs not in here:  # in a kit a hidden check can't hold back an open one, but what it needs can
            needs = self.checks[needs].needs
        if needs and self.results.get(needs, {}).get("status") != "passed":
            pytest.skip(f"needs “{self.checks[needs].title}”")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when != "teardown" and item.name not in self.results:
            if call.excinfo is not None:
                name = self._looked_at.current if self._looked_at else ""
                self.results[item.name] = _result(call.excinfo.value, name)
            elif call.when == "call":
                self.results[item.name] = {"status": "passed"}
        return report


def _result(error: BaseException, draw: str) -> dict[str, Any]:
    """Of a check that did not pass, while it looked at a draw of this name."""
    if isinstance(error, pytest.skip.Exception):
        return {"status": "skipped", "message": str(error)}
    if isinstance(error, CheckFailed):
        rows = [asdict(comparison) for comparison in error.comparisons]
        return {"status": "failed", "message": _about(draw, error.message), "comparisons": rows}
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return {"status": "failed", "message": _about(draw, _sentence(str(error) or "This did not hold."))}
    kind = type(error).__name__
    message = f"What your functions return is not what the contract says ({kind})."
    return {"status": "failed", "message": _about(draw, message)}


def _about(draw: str, message: str) -> str:
    return f"{message} This was with {draw}." if draw else message


def _sentence(text: str) -> str:
    text = text.strip().splitlines()[0][:500]
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
