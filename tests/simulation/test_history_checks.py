"""What checks histories finds what it looks for, and makes a failing one small."""

from typing import Final

from tests.simulation.loan_histories import (
    AMOUNT,
    LoanState,
    OfferState,
    accepting,
    cancelling,
    done,
    funding,
    is_same,
    offering,
    refused,
    unclear,
)
from tests.simulation.scripts import FAULTS, LAGS, Script, shrink
from tests.simulation.wallet_histories import moved, shown
from tests.simulation.wallet_histories import refused as too_little
from tools.dynamodb_simulator.linearizability import Observation, is_linearizable

OFFERED: Final = LoanState("REQUESTED", frozenset({("ann", OfferState("a", AMOUNT)), ("ben", OfferState("b", AMOUNT))}))


def explains(seen: list[Observation[int]], first: int, last: int) -> bool:
    return is_linearizable(seen, first=first, agrees=lambda cents: cents == last)


def test_a_balance_that_no_order_explains_is_found() -> None:
    deposit = Observation(0, 1, moved(100))

    assert not explains([deposit, Observation(2, 3, shown(0))], 0, 100)
    assert explains([deposit, Observation(0, 3, shown(0))], 0, 100)


def test_two_withdrawals_of_the_same_money_are_found() -> None:
    both = [Observation(0, 5, moved(-80)), Observation(1, 4, moved(-80))]

    assert not explains(both, 100, 20)
    assert explains([both[0], Observation(1, 4, too_little(-80))], 100, 20)


def test_a_refusal_for_want_of_money_that_was_there_is_found() -> None:
    assert not explains([Observation(0, 1, moved(100)), Observation(2, 3, too_little(-50))], 0, 100)


def test_two_offers_of_all_accepted_for_one_loan_are_found() -> None:
    ann, ben = accepting("ann", "a"), accepting("ben", "b")
    [covered] = done(ann)(OFFERED)

    assert not is_linearizable(
        [Observation(0, 5, done(ann)), Observation(0, 5, done(ben))], first=OFFERED, agrees=lambda state: True
    )
    assert is_linearizable(
        [Observation(0, 5, done(ann)), Observation(0, 5, refused(ben))],
        first=OFFERED,
        agrees=lambda state: state == covered,
    )


def test_money_paid_in_after_a_loan_was_cancelled_is_found() -> None:
    [covered] = done(accepting("ann", "a"))(OFFERED)
    cancel = Observation(0, 1, done(cancelling))

    assert not is_linearizable(
        [cancel, Observation(2, 3, done(funding("ann")))], first=covered, agrees=lambda state: True
    )
    assert is_linearizable(
        [cancel, Observation(0, 3, refused(funding("ann")))], first=covered, agrees=lambda state: True
    )


def test_an_operation_of_which_nobody_knows_may_have_happened_or_not() -> None:
    nothing = LoanState("REQUESTED", frozenset())
    offer = Observation(0, 1, unclear(offering("ann", "", 5)))
    there = LoanState("REQUESTED", frozenset({("ann", OfferState("any", 5))}))

    assert is_linearizable([offer], first=nothing, agrees=lambda state: is_same(state, nothing))
    assert is_linearizable([offer], first=nothing, agrees=lambda state: is_same(state, there))


def test_a_failing_history_is_made_small() -> None:
    needed = {"1-0", "2-1"}
    parts = frozenset({FAULTS, LAGS, "0-0", "1-0", "1-1", "2-0", "2-1"})

    found = shrink(Script(3), parts, lambda script: not needed & script.without and script.order != 1)

    assert parts - found.without == needed
    assert Script.read(str(found)) == found


def test_what_is_left_out_changes_nothing_of_what_is_left() -> None:
    script = Script(11)
    [first, *others] = script.deeds(most_callers=6, most_deeds=2)
    shorter = Script(11, frozenset(first))

    assert shorter.deeds(most_callers=6, most_deeds=2) == tuple(others)
    assert script.chance_of("1-0").random() == shorter.chance_of("1-0").random()
