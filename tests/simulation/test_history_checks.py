"""The checks of histories detect violations, and a failing history is minimised."""

from typing import Final

from tests.simulation.loan_histories import (
    AMOUNT,
    LoanState,
    OfferState,
    accept_step,
    cancel_step,
    fund_step,
    offer_step,
    rejected,
    succeeded,
    unknown,
    without_ids,
)
from tests.simulation.scripts import FAULTS, LAGS, Script, shrink
from tests.simulation.wallet_histories import balance_changed, balance_read, change_rejected
from tools.dynamodb_simulator.linearizability import Observation, is_linearizable

OFFERED: Final = LoanState("REQUESTED", frozenset({("ann", OfferState("a", AMOUNT)), ("ben", OfferState("b", AMOUNT))}))


def explains(seen: list[Observation[int]], first: int, last: int) -> bool:
    return is_linearizable(seen, first=first, agrees=lambda cents: cents == last)


def test_unexplained_balance_is_detected() -> None:
    deposit = Observation(0, 1, balance_changed(100))

    assert not explains([deposit, Observation(2, 3, balance_read(0))], 0, 100)
    assert explains([deposit, Observation(0, 3, balance_read(0))], 0, 100)


def test_double_spending_is_detected() -> None:
    both = [Observation(0, 5, balance_changed(-80)), Observation(1, 4, balance_changed(-80))]

    assert not explains(both, 100, 20)
    assert explains([both[0], Observation(1, 4, change_rejected(-80))], 100, 20)


def test_wrong_insufficient_funds_is_detected() -> None:
    assert not explains([Observation(0, 1, balance_changed(100)), Observation(2, 3, change_rejected(-50))], 0, 100)


def test_oversubscribed_loan_is_detected() -> None:
    ann, ben = accept_step("ann", "a"), accept_step("ben", "b")
    [subscribed] = succeeded(ann)(OFFERED)

    assert not is_linearizable(
        [Observation(0, 5, succeeded(ann)), Observation(0, 5, succeeded(ben))], first=OFFERED, agrees=lambda state: True
    )
    assert is_linearizable(
        [Observation(0, 5, succeeded(ann)), Observation(0, 5, rejected(ben))],
        first=OFFERED,
        agrees=lambda state: state == subscribed,
    )


def test_funding_of_cancelled_loan_is_detected() -> None:
    [subscribed] = succeeded(accept_step("ann", "a"))(OFFERED)
    cancel = Observation(0, 1, succeeded(cancel_step))

    assert not is_linearizable(
        [cancel, Observation(2, 3, succeeded(fund_step("ann")))], first=subscribed, agrees=lambda state: True
    )
    assert is_linearizable(
        [cancel, Observation(0, 3, rejected(fund_step("ann")))], first=subscribed, agrees=lambda state: True
    )


def test_unknown_operation_may_have_happened_or_not() -> None:
    nothing = LoanState("REQUESTED", frozenset())
    offer = Observation(0, 1, unknown(offer_step("ann", "", 30_000)))
    there = LoanState("REQUESTED", frozenset({("ann", OfferState("any", 30_000))}))

    assert is_linearizable([offer], first=nothing, agrees=lambda state: without_ids(state) == nothing)
    assert is_linearizable([offer], first=nothing, agrees=lambda state: without_ids(state) == without_ids(there))


def test_failing_history_is_minimised() -> None:
    needed = {"1-0", "2-1"}
    parts = frozenset({FAULTS, LAGS, "0-0", "1-0", "1-1", "2-0", "2-1"})

    found = shrink(Script(3), parts, lambda script: not needed & script.without and script.order != 1)

    assert parts - found.without == needed
    assert Script.read(str(found)) == found


def test_omitted_operations_do_not_change_others() -> None:
    script = Script(11)
    [first, *others] = script.operations_of_clients(6)
    shorter = Script(11, frozenset(first))

    assert shorter.operations_of_clients(6) == tuple(others)
    assert script.random_for("1-0").random() == shorter.random_for("1-0").random()
