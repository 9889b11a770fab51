"""Events of offers."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from chalicelib.events.domain.event import Event, EventData
from chalicelib.events.domain.loan_types import OFFER_DECLINED
from chalicelib.loans.domain.changes import OfferChange
from chalicelib.loans.domain.loan import FUNDING_REMINDER_DAYS
from chalicelib.loans.domain.offer import Offer, OfferReminder

ONE_DAY: Final = timedelta(days=1)


def events_of_offer(change: OfferChange, at: datetime) -> Iterator[Event]:
    """Yield the events of an offer.

    Args:
        change: the offer before and after.
        at: when the change was made; for a deletion, which leaves no other time.
    """
    before, after = change.before, change.after
    if before is not None and (after is None or after.id != before.id):
        yield _ended(before, at)
    if after is not None and (before is None or after.id != before.id):
        yield from _made(after)
    if before is not None and after is not None and after.is_accepted and not before.is_accepted:
        yield _accepted(after, at)
    if after is not None and after.reminder is not None and (before is None or before.reminder != after.reminder):
        yield from _reminded(after, after.reminder)


def _made(offer: Offer) -> Iterator[Event]:
    data = _data(offer)
    if offer.borrower_id is not None:
        yield Event.of("offer.received", offer.created_at, data, subject=offer.id, recipients=(offer.borrower_id,))
    if offer.rule_id is not None:
        matched = {**data, "rule_id": offer.rule_id, "reserved": str(offer.reserved)}
        yield Event.of("rule.matched", offer.created_at, matched, subject=offer.id, recipients=(offer.lender_id,))


def _accepted(offer: Offer, at: datetime) -> Event:
    data = {**_data(offer), "accepted_amount": str(offer.accepted_amount), "amount_due": str(offer.amount_due)}
    accepted_at = offer.accepted_at or at
    return Event.of("offer.accepted", accepted_at, data, subject=offer.id, recipients=(offer.lender_id,))


def _reminded(offer: Offer, reminder: OfferReminder) -> Iterator[Event]:
    """Yield the events of an accepted offer that is not funded. Offers with a reservation need nothing from anyone."""
    lapses_on = reminder.at.date() + timedelta(days=reminder.days_left)
    data: EventData = {
        "loan_id": offer.loan_id,
        "offer_id": offer.id,
        "amount_due": str(offer.amount_due),
        "funding_deadline": (lapses_on - ONE_DAY).isoformat(),
    }
    types = ["offer.unbacked"] if not reminder.is_backed else []
    if reminder.days_left in FUNDING_REMINDER_DAYS and not offer.reserved:
        types.append("offer.funding_due_soon")
    for type_name in types:
        yield Event.of(type_name, reminder.at, data, subject=offer.id, recipients=(offer.lender_id,))


def _ended(offer: Offer, at: datetime) -> Event:
    """Make the event of an offer that was deleted or replaced.

    Only an unwind deletes an accepted offer: the funding has lapsed, or the borrower has given up the acceptance.
    """
    if offer.is_accepted:
        data: EventData = {"loan_id": offer.loan_id, "reason": "void"}
        return Event.of(OFFER_DECLINED, at, data, subject=offer.id, recipients=(offer.lender_id,))
    parties = [offer.lender_id, *([offer.borrower_id] if offer.borrower_id else [])]
    return Event.of("offer.withdrawn", at, _data(offer), subject=offer.id, recipients=parties)


def _data(offer: Offer) -> EventData:
    return {
        "loan_id": offer.loan_id,
        "offer_id": offer.id,
        "amount": str(offer.amount),
        "annual_interest_rate": str(offer.annual_rate),
    }
