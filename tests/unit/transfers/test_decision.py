"""The effect of each report in each state: applied, repeated, held or refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.shared.money import Money
from chalicelib.transfers.domain.decision import decide
from chalicelib.transfers.domain.notification import NotificationOutcome, NotificationType, TransferEvent
from chalicelib.transfers.domain.transfer import TRANSITIONS, Direction, Transfer, TransferStatus

S = TransferStatus
A, R, H, X = (
    NotificationOutcome.APPLIED,
    NotificationOutcome.REPEATED,
    NotificationOutcome.HELD,
    NotificationOutcome.REFUSED,
)
OUTCOMES = {
    # For settled, failed and returned.
    (Direction.DEPOSIT, S.PENDING): (A, A, H),
    (Direction.DEPOSIT, S.FAILED): (A, R, H),
    (Direction.DEPOSIT, S.EXPIRED): (A, X, H),
    (Direction.DEPOSIT, S.CANCELLED): (A, X, H),
    (Direction.DEPOSIT, S.SETTLED): (R, X, A),
    (Direction.DEPOSIT, S.RETURNED): (X, X, R),
    (Direction.WITHDRAWAL, S.REQUESTED): (X, A, X),
    (Direction.WITHDRAWAL, S.SUBMITTED): (A, A, H),
    (Direction.WITHDRAWAL, S.SETTLED): (R, X, A),
    (Direction.WITHDRAWAL, S.CANCELLED): (X, X, X),
    (Direction.WITHDRAWAL, S.REJECTED): (X, R, X),
    (Direction.WITHDRAWAL, S.RETURNED): (X, X, R),
}


def transfer(direction: Direction, status: TransferStatus) -> Transfer:
    at = datetime(2026, 1, 15, tzinfo=UTC)
    return Transfer("01KEZQ8W00000000000000000A", "01KEZQ8W00000000000000000B", direction, Money(100), status, "RF", at)


def test_every_state_has_an_outcome_for_every_report() -> None:
    assert OUTCOMES.keys() == {(direction, status) for direction in Direction for status in TRANSITIONS[direction]}


@pytest.mark.parametrize(("direction", "status"), list(OUTCOMES))
def test_outcome_follows_from_state_and_report(direction: Direction, status: TransferStatus) -> None:
    found = transfer(direction, status)

    decisions = [decide(found, TransferEvent(kind)) for kind in NotificationType]

    assert tuple(decision.outcome for decision in decisions) == OUTCOMES[direction, status]
    assert all(bool(decision.reason) is (decision.outcome is X) for decision in decisions)


@pytest.mark.parametrize("kind", list(NotificationType))
def test_another_amount_is_refused(kind: NotificationType) -> None:
    found = transfer(Direction.DEPOSIT, S.PENDING)

    decision = decide(found, TransferEvent(kind, Money(99)))

    assert decision.outcome is X
    assert decision.reason == "The amount is 0.99, but that of the transfer is 1.00."
    assert decide(found, TransferEvent(kind, Money(100))).outcome is not X


def test_second_return_before_the_settlement_is_a_repetition() -> None:
    held = replace(transfer(Direction.DEPOSIT, S.PENDING), held_return="")

    assert decide(held, TransferEvent(NotificationType.RETURNED)).outcome is R


def test_return_before_the_settlement_is_refused_where_it_may_not_wait() -> None:
    found = transfer(Direction.DEPOSIT, S.PENDING)

    assert decide(found, TransferEvent(NotificationType.RETURNED), may_hold=False).outcome is X
