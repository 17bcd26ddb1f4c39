"""Movement: a variable that training is about gets gradients that are not zero, and moves.

The ledger says of each variable how often a gradient was asked for and what came, how often an optimizer was given one,
and whether the value changed. What is zero but for rounding is left to the rules: the bias in front of a normalisation
is, and rightly so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from grader.doctor.case import Case
from grader.doctor.oracles.sign import Sign
from grader.doctor.story import is_read
from grader.doctor.trace import Variable
from grader.doctor.wording import enumerate_names
from grader.words import plural

PASSING = ("Identity", "Cast", "Reshape")
ADDING = ("BiasAdd", "AddV2", "Sub")
FEW = 3  # gradients of zeros, one after the other, may be an accident


def find_signs(case: Case) -> Iterator[Sign]:
    yield from find_still(case)
    yield from find_zeros(case)


def find_still(case: Case) -> Iterator[Sign]:
    """Given to an optimizer with gradients that are not zero, and never changed."""
    still = list_still(case)
    if still:
        steps = plural(max(variable.account.steps for variable in still), "optimizer step")
        names = tuple(case.main.name(variable.id) for variable in still)
        evidence = f"{steps} with gradients that are not zero left {enumerate_names(names)} unchanged"
        yield Sign(variables=names, evidence=evidence, place=locate_update(case, still[0].id))


def list_still(case: Case) -> list[Variable]:
    rates = {
        pair.variable: case.main.optimizers[update.optimizer].largest_rate
        for update in case.updates
        for pair in update.pairs
        if pair.state is not None and pair.state.largest
    }
    return [
        variable
        for variable in case.main.variables.values()
        if variable.account.steps and variable.account.before and variable.account.before == variable.final
        if (variable.account.largest or 0.0) > 0.0 and not variable.account.nonfinite and rates.get(variable.id)
    ]


def find_zeros(case: Case) -> Iterator[Sign]:
    """Given to an optimizer again and again, with a gradient of zeros each time."""
    accounts = {number: variable.account for number, variable in case.main.variables.items()}
    trained = [number for number, account in accounts.items() if account.steps >= FEW]
    most = max((accounts[number].largest or 0.0 for number in trained), default=0.0)
    silent: dict[int, list[int]] = defaultdict(list)  # by the place where their gradients are asked for
    for number in trained:
        account = accounts[number]
        seen = account.asked >= FEW and account.none == 0 and account.nonfinite == 0
        if seen and account.zero == account.asked and not is_cancelled(case, number):
            silent[locate_call(case, number)].append(number)
    for place, numbers in silent.items():
        names = tuple(case.main.name(number) for number in numbers)
        beside = f", beside others of up to {most:.2g}" if most else ""
        evidence = f"all {accounts[numbers[0]].asked:,} gradients of {enumerate_names(names)} were zero{beside}"
        yield Sign(variables=names, evidence=evidence, place=place)


def is_cancelled(case: Case, variable: int) -> bool:
    """It is added to everything, and the sum of what comes back happens to be zero: a bias in front of a normalisation,
    the bias of an attention's keys. The loss does not depend on it, and that is well known."""
    story = case.main
    flow = next((flow for flow in case.first_flows if variable in flow.sources), None)
    for operation in story.operations if flow is not None else ():
        taken = [number for number in operation.inputs if number not in story.wholes]
        makers = [story.maker(number, PASSING) for number in taken] if operation.type in ADDING else []
        if any(maker is not None and is_read(maker) and maker.inputs[0] == variable for maker in makers):
            visit = flow.retraced.visited.get(operation.clock) if flow is not None else None
            came = [state.largest or 0.0 for state in visit.came_states if state] if visit is not None else []
            if max(came, default=0.0) > 0.0:
                return True
    return False


def locate_update(case: Case, variable: int) -> int:
    return next((update.place for update in case.updates for pair in update.pairs if pair.variable == variable), -1)


def locate_call(case: Case, variable: int) -> int:
    calls = (call for call in case.calls for source in call.sources if source.number == variable)
    return next((call.place for call in calls), -1)
