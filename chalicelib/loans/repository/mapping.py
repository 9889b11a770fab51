"""Conversion of the loan aggregate to items and back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.due_dates import MONTHS_PER_YEAR, add_months
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.loans.domain.autopay import AttemptStatus, Autopay, AutopayAttempt
from chalicelib.loans.domain.loan import NO_AUTOPAY, Costs, Loan, LoanStatus, Unwind, UnwindKind
from chalicelib.loans.domain.loan_account import Instalment, InstalmentStatus, LoanAccount
from chalicelib.loans.domain.offer import Offer, OfferReminder
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.domain.position import Position
from chalicelib.loans.domain.reminders import Reminder
from chalicelib.loans.domain.reschedule_proposal import Ground
from chalicelib.loans.models.distribution import PositionsItem
from chalicelib.loans.models.loan import LoanItem, OfferItem, PaymentItem, ScheduleItem
from chalicelib.shared.clock import from_millis, to_millis
from chalicelib.shared.ids import moment_of
from chalicelib.shared.money import Money, Rate

OFFER: Final = "OFFER#"
PAYMENT: Final = "PAYMENT#"
INVESTMENT: Final = "INVESTMENT#"
ACTION: Final = "ACTION#"
EXPIRY: Final = "EXPIRY#"
RESERVATION: Final = "RESERVATION#"


def loan_key(loan_id: str) -> str:
    return f"LOAN#{loan_id}"


def lender_key(lender_id: str) -> str:
    return f"USER#{lender_id}"


def status_partition(status: LoanStatus, shard: int, *, hidden: bool = False) -> str:
    """Name a partition of the index by status. Hidden requests have their own, outside of the market."""
    return f"{status.value}#{shard}{'#HIDDEN' if hidden else ''}"


def shard_of(loan_id: str, shards: int) -> int:
    """Return the shard of a loan in the index by status."""
    return sum(loan_id.encode()) % shards


def loan_item(loan: Loan, shards: int) -> LoanItem:
    """Convert a loan to its item, with the next version."""
    terms, shard = loan.arrears_terms, shard_of(loan.id, shards)
    late_fee = (terms.grace_days, terms.percent.basis_points, terms.flat.cents)
    out_of_market = loan.is_hidden and loan.status is LoanStatus.REQUESTED
    return LoanItem(
        loan_key(loan.id),
        "LOAN",
        loan_id=loan.id,
        borrower_id=loan.borrower_id,
        borrower=loan.borrower_username,
        amount=loan.amount.cents,
        term=loan.term_months,
        requested_rate=loan.requested_rate.basis_points,
        rate=loan.annual_rate.basis_points,
        method=loan.method.value,
        purpose=loan.purpose or None,
        status=loan.status.value,
        status_shard=status_partition(loan.status, shard, hidden=out_of_market),
        status_sort=loan.id,
        version=loan.version + 1,
        funding_round=loan.funding_round,
        fee=loan.fee.cents,
        arrears_terms=[*late_fee, int(terms.charges_interest), terms.materiality.cents, terms.tolerance.cents],
        default_days=loan.default_days,
        accepted=loan.accepted.cents,
        accepted_offers=loan.accepted_offers,
        funded=loan.funded.cents,
        lapses_on=loan.funding_lapses_on,
        refunding=loan.refunding.value if loan.refunding else None,
        unwound=[loan.unwound.kind.value, to_millis(loan.unwound.at)] if loan.unwound else None,
        hidden=loan.is_hidden or None,
        reservations=loan.reservations or None,
        request_expires_on=loan.request_expires_on,
        instalment=loan.costs.monthly_payment.cents,
        interest=loan.costs.total_interest.cents,
        apr=loan.costs.apr.basis_points,
        effective=loan.costs.effective_rate.basis_points,
        outstanding=loan.outstanding.cents,
        remaining=loan.remaining.cents,
        written_off=loan.written_off.cents,
        next_due=loan.next_due_date,
        subscribed_at=to_millis(loan.subscribed_at) if loan.subscribed_at else None,
        funded_at=loan.funded_at,
        completed_at=loan.completed_at,
        defaulted_at=loan.defaulted_at,
        past_due_90_on=loan.past_due_90_on,
        proposal_id=loan.proposal_id,
        rescheduled_on=loan.rescheduled_on,
        ground=loan.reschedule_ground.value if loan.reschedule_ground else None,
        reschedules=loan.reschedules or None,
        autopay=None if loan.autopay == NO_AUTOPAY else _packed_autopay(loan.autopay),
        reminder=_packed_reminder(loan.reminder) if loan.reminder else None,
        action_shard=f"{ACTION if loan.funded_at else EXPIRY}{shard}" if loan.next_action_on else None,
        next_action=f"{loan.next_action_on}#{loan.id}" if loan.next_action_on else None,
    )


def loan_of(item: LoanItem) -> Loan:
    """Convert an item, read from the table or from the index by status, which has only what lists show."""
    terms = item.arrears_terms or (0, 0, 0, 0, 0, 0)
    grace_days, percent, flat, charges_interest, materiality, tolerance = (int(value) for value in terms)
    status = LoanStatus(item.status or item.status_shard.partition("#")[0])
    return Loan(
        id=item.pk.partition("#")[2],
        borrower_id=item.borrower_id,
        borrower_username=item.borrower,
        amount=Money(item.amount),
        term_months=item.term,
        requested_rate=Rate(item.requested_rate),
        annual_rate=Rate(item.requested_rate if item.rate is None else item.rate),
        method=Method(item.method),
        purpose=item.purpose or "",
        status=status,
        costs=Costs(Money(item.instalment), Money(item.interest), Rate(item.apr), Rate(item.effective)),
        fee=Money(item.fee or 0),
        arrears_terms=ArrearsTerms(
            grace_days, Rate(percent), Money(flat), bool(charges_interest), Money(materiality), Money(tolerance)
        ),
        default_days=item.default_days or 0,
        created_at=moment_of(item.pk.partition("#")[2]),
        version=item.version or 0,
        funding_round=item.funding_round or 1,
        accepted=Money(item.accepted or 0),
        accepted_offers=item.accepted_offers or 0,
        funded=Money(item.funded or 0),
        funding_lapses_on=item.lapses_on,
        refunding=UnwindKind(item.refunding) if item.refunding else None,
        unwound=Unwind(UnwindKind(item.unwound[0]), from_millis(item.unwound[1])) if item.unwound else None,
        reservations=item.reservations or 0,
        request_expires_on=item.request_expires_on,
        next_action_on=date.fromisoformat(item.next_action.partition("#")[0]) if item.next_action else None,
        subscribed_at=from_millis(item.subscribed_at) if item.subscribed_at else None,
        funded_at=item.funded_at,
        completed_at=item.completed_at,
        defaulted_at=item.defaulted_at,
        past_due_90_on=item.past_due_90_on,
        outstanding=Money(item.outstanding or 0),
        remaining=Money(item.remaining or 0),
        written_off=Money(item.written_off or 0),
        next_due_date=item.next_due,
        proposal_id=item.proposal_id,
        rescheduled_on=item.rescheduled_on,
        reschedule_ground=Ground(item.ground) if item.ground else None,
        reschedules=item.reschedules or 0,
        is_hidden=bool(item.hidden),
        autopay=_autopay(item.autopay) if item.autopay else NO_AUTOPAY,
        reminder=_reminder(item.reminder) if item.reminder else None,
    )


def offer_item(offer: Offer, shards: int) -> OfferItem:
    lapses_on = offer.lapses_on if offer.reserved_until else None
    return OfferItem(
        loan_key(offer.loan_id),
        OFFER + offer.lender_id,
        offer_id=offer.id,
        loan_id=offer.loan_id,
        lender_id=offer.lender_id,
        lender=offer.lender_username,
        position=(INVESTMENT if offer.is_funded else OFFER) + offer.id,
        rate=offer.annual_rate.basis_points,
        amount=offer.amount.cents,
        accepted=offer.accepted_amount.cents,
        acceptance_order=offer.acceptance_order,
        fee_share=offer.fee_share.cents,
        funded_at=offer.funded_at,
        reserved=offer.reserved.cents or None,
        rule_id=offer.rule_id,
        requested_by=offer.borrower_id,
        accepted_at=to_millis(offer.accepted_at) if offer.accepted_at else None,
        reminder=packed_offer_reminder(offer.reminder) if offer.reminder else None,
        action_shard=f"{RESERVATION}{shard_of(offer.loan_id, shards)}" if lapses_on else None,
        next_action=f"{lapses_on}#{offer.loan_id}#{offer.lender_id}" if lapses_on else None,
    )


def offer_of(item: OfferItem) -> Offer:
    return Offer(
        id=item.offer_id,
        loan_id=item.loan_id,
        lender_id=item.lender_id,
        lender_username=item.lender,
        annual_rate=Rate(item.rate),
        amount=Money(item.amount),
        created_at=moment_of(item.offer_id),
        accepted_amount=Money(item.accepted),
        acceptance_order=item.acceptance_order,
        fee_share=Money(item.fee_share),
        funded_at=item.funded_at,
        reserved=Money(item.reserved or 0),
        rule_id=item.rule_id,
        reserved_until=date.fromisoformat(item.next_action.partition("#")[0]) if item.next_action else None,
        borrower_id=item.requested_by,
        accepted_at=from_millis(item.accepted_at) if item.accepted_at else None,
        reminder=_offer_reminder(item.reminder) if item.reminder else None,
    )


def schedule_item(loan_id: str, account: LoanAccount, positions: Sequence[Position], version: int) -> ScheduleItem:
    """Convert instalments and positions to the schedule item, with the next version."""
    return ScheduleItem(
        loan_key(loan_id),
        "SCHEDULE",
        version=version + 1,
        funded_on=account.funded_on,
        material_since=account.material_since,
        defaulted_on=account.defaulted_on,
        level_payment=account.level_payment.cents,
        instalments=[_packed(row, account) for row in account.instalments],
        investors=[
            [
                held.lender_id,
                held.share.cents,
                held.received_principal.cents,
                held.received_interest.cents,
                held.guaranteed.cents,
            ]
            for held in positions
        ],
    )


def account_of(loan: Loan, item: ScheduleItem) -> LoanAccount:
    rows = tuple(_row(number, packed, item) for number, packed in enumerate(item.instalments, start=1))
    return LoanAccount(
        principal=loan.amount,
        annual_rate=loan.annual_rate,
        method=loan.method,
        funded_on=item.funded_on,
        instalments=rows,
        level_payment=Money(item.level_payment),
        arrears_terms=loan.arrears_terms,
        default_days=loan.default_days,
        material_since=item.material_since,
        defaulted_on=item.defaulted_on,
    )


def positions_of(item: ScheduleItem | PositionsItem) -> tuple[Position, ...]:
    """Return the positions in a schedule item, or in one chunk of many positions, in their fixed order."""
    return tuple(
        Position(str(lender_id), Money(int(share)), Money(int(principal)), Money(int(interest)), Money(int(least)))
        for lender_id, share, principal, interest, least in item.investors
    )


def payment_item(loan_id: str, payment: PaymentRecord) -> PaymentItem:
    return PaymentItem(
        loan_key(loan_id),
        PAYMENT + payment.id,
        number=payment.number,
        principal=payment.principal.cents,
        interest=payment.interest.cents,
        late_fee=payment.late_fee.cents,
        instalment_status=payment.instalment_status.value,
    )


def payment_of(item: PaymentItem) -> PaymentRecord:
    payment_id = item.sk.removeprefix(PAYMENT)
    return PaymentRecord(
        id=payment_id,
        number=item.number,
        principal=Money(item.principal),
        interest=Money(item.interest),
        late_fee=Money(item.late_fee),
        paid_at=moment_of(payment_id),
        instalment_status=InstalmentStatus(item.instalment_status),
    )


def _packed_autopay(autopay: Autopay) -> list[Any]:
    attempts = [[each.on.toordinal(), each.number, each.code or ""] for each in autopay.attempts]
    return [to_millis(autopay.since) if autopay.since else 0, *attempts]


def _autopay(packed: Sequence[Any]) -> Autopay:
    since, *attempts = packed
    return Autopay(
        from_millis(since) if since else None,
        tuple(
            AutopayAttempt(
                date.fromordinal(day), number, AttemptStatus.FAILED if code else AttemptStatus.PAID, code or None
            )
            for day, number, code in attempts
        ),
    )


def packed_offer_reminder(reminder: OfferReminder) -> list[int]:
    return [reminder.days_left, int(reminder.is_backed), to_millis(reminder.at)]


def _offer_reminder(packed: Sequence[Any]) -> OfferReminder:
    days_left, is_backed, at = map(int, packed)
    return OfferReminder(days_left, bool(is_backed), from_millis(at))


def _packed_reminder(reminder: Reminder) -> list[int]:
    due, at = reminder.due_date.toordinal(), to_millis(reminder.at)
    return [due, reminder.days, reminder.number, reminder.amount.cents, at]


def _reminder(packed: Sequence[Any]) -> Reminder:
    due, days, number, cents, at = map(int, packed)
    return Reminder(date.fromordinal(due), days, number, Money(cents), from_millis(at))


def _packed(row: Instalment, account: LoanAccount) -> list[int]:
    """Convert an instalment to numbers. One that the default made due is stored with the next due date."""
    begin, due_date = account.funded_on, row.due_date
    packed = [
        (due_date.year - begin.year) * MONTHS_PER_YEAR
        + due_date.month
        - begin.month
        + (due_date == account.defaulted_on),
        row.principal.cents,
        row.interest.cents,
        row.late_fee.cents,
        row.paid_principal.cents,
        row.paid_interest.cents,
        row.paid_late_fee.cents,
        to_millis(row.paid_at) if row.paid_at else 0,
    ]
    if row.late_since or row.late_carried.cents or row.paid_late_interest.cents or row.earned_on:
        packed += [row.paid_late_interest.cents, row.late_carried.cents]
        packed += [(day - begin).days if day else 0 for day in (row.late_since, row.earned_on)]
        period = row.period or Fraction(0)
        packed += [row.earned.cents, period.numerator, period.denominator]
    return packed


def _row(number: int, packed: Sequence[Any], item: ScheduleItem) -> Instalment:
    begin, defaulted_on = item.funded_on, item.defaulted_on
    months, principal, interest, late_fee, paid_principal, paid_interest, paid_late_fee, paid_at, *more = packed
    due_date = add_months(begin, months)
    row = Instalment(
        number=number,
        due_date=min(due_date, defaulted_on) if defaulted_on else due_date,
        principal=Money(principal),
        interest=Money(interest),
        late_fee=Money(late_fee),
        paid_principal=Money(paid_principal),
        paid_interest=Money(paid_interest),
        paid_late_fee=Money(paid_late_fee),
        paid_at=from_millis(paid_at) if paid_at else None,
    )
    if not more:
        return row
    paid_late_interest, carried, late_days, earned_days, earned, numerator, denominator = more
    return replace(
        row,
        late_interest=Money(max(carried, paid_late_interest)),
        paid_late_interest=Money(paid_late_interest),
        late_carried=Money(carried),
        late_since=begin + timedelta(days=late_days) if late_days else None,
        earned=Money(earned),
        earned_on=begin + timedelta(days=earned_days) if earned_days else None,
        period=Fraction(numerator, denominator) if numerator else None,
    )
