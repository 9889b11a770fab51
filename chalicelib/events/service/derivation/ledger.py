"""Events of postings: payments, and transfers that settle in the request and are not stored."""

from collections.abc import Iterator
from typing import Final

from chalicelib.events.domain.event import Event
from chalicelib.events.service.derivation.stream_record import Record
from chalicelib.events.service.derivation.transfers import settled
from chalicelib.shared.money import ZERO, Money
from chalicelib.transfers.domain.derived import derived_from
from chalicelib.wallets.domain.ledger import EntryType, Posting, owner_of
from chalicelib.wallets.service import posting_of_record

_PAID: Final = (EntryType.LOAN_PAYMENT, EntryType.LATE_FEE)


def derive(record: Record) -> Iterator[Event]:
    """Derive the events of a record of the table `ledger`."""
    posting = posting_of_record(record)
    user_id = owner_of(posting.account) if posting else None
    if posting is None or user_id is None:
        return
    transfer = derived_from(posting)
    if transfer is not None:
        yield settled(transfer)
    payment = _payment(posting, user_id)
    if payment is not None:
        yield payment


def _payment(posting: Posting, user_id: str) -> Event | None:
    """Return the event of the borrower who paid, or of a lender who was paid; None if the posting is no payment.

    Up to 20 lenders are paid by the payment's own journal. Those of a larger loan are paid by journals that name the
    payment, one posting each.
    """
    amounts = {line.type: line.amount for line in posting.lines}
    paid = Money.total(amounts.get(kind, ZERO) for kind in _PAID)
    if not paid:
        return None
    late_fee, refund = abs(amounts.get(EntryType.LATE_FEE, ZERO)), amounts.get(EntryType.REFUND, ZERO)
    interest = Money.total(line.interest for line in posting.lines if line.interest is not None)
    payment_id = posting.payment_id or posting.transaction_id
    data = {
        "loan_id": posting.reference,
        "payment_id": payment_id,
        "party": "borrower" if paid < ZERO else "lender",
        "amount": str(abs(paid)),
        "principal": str(abs(paid) - late_fee - interest),
        "interest": str(interest),
        "late_fee": str(late_fee),
        "fee_refund": str(refund),
    }
    return Event.of(
        "payment.received", posting.at, data, subject=payment_id, discriminator=user_id, recipients=(user_id,)
    )
