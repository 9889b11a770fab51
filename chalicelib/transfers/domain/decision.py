"""Decide what an event of a payment provider or bank changes, whatever the order in which events arrive."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.transfers.domain.notification import NotificationOutcome, NotificationType, TransferEvent
from chalicelib.transfers.domain.transfer import TRANSITIONS, Direction, Transfer, TransferStatus

_Outcome = NotificationOutcome
_TARGETS: Final[Mapping[tuple[Direction, NotificationType], TransferStatus]] = {
    (Direction.DEPOSIT, NotificationType.SETTLED): TransferStatus.SETTLED,
    (Direction.DEPOSIT, NotificationType.FAILED): TransferStatus.FAILED,
    (Direction.DEPOSIT, NotificationType.RETURNED): TransferStatus.RETURNED,
    (Direction.WITHDRAWAL, NotificationType.SETTLED): TransferStatus.SETTLED,
    (Direction.WITHDRAWAL, NotificationType.FAILED): TransferStatus.REJECTED,
    (Direction.WITHDRAWAL, NotificationType.RETURNED): TransferStatus.RETURNED,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The effect of an event on a transfer.

    Args:
        outcome: whether the transfer changes.
        transfer: the transfer before the event.
        target: the status that the event reports.
        reason: why the event is refused, for operators; else "".
    """

    outcome: NotificationOutcome
    transfer: Transfer
    target: TransferStatus
    reason: str = ""


def decide(transfer: Transfer, event: TransferEvent, *, may_hold: bool = True) -> Decision:
    """Return the effect of an event.

    A return that arrives before the settlement is held, and booked directly after it. The status that the transfer has
    already is not an error: events are sent several times.

    Args:
        transfer: as it is stored now.
        event: the report.
        may_hold: whether a return may wait for the settlement; else it is refused.
    """
    target = _TARGETS[transfer.direction, event.type]
    is_return = event.type is NotificationType.RETURNED
    if event.amount is not None and event.amount != transfer.amount:
        reason = f"The amount is {event.amount}, but that of the transfer is {transfer.amount}."
        return Decision(_Outcome.REFUSED, transfer, target, reason)
    if transfer.status is target or (is_return and transfer.held_return is not None):
        return Decision(_Outcome.REPEATED, transfer, target)
    if transfer.can_become(target):
        return Decision(_Outcome.APPLIED, transfer, target)
    if is_return and may_hold and TransferStatus.SETTLED in TRANSITIONS[transfer.direction][transfer.status]:
        return Decision(_Outcome.HELD, transfer, target)
    reason = f"A {transfer.direction.value.lower()} that is {transfer.status.value} cannot become {target.value}."
    return Decision(_Outcome.REFUSED, transfer, target, reason)
