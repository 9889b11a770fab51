"""Items of loans with their offers, schedules and payments."""

from typing import Any

from pynamodb.indexes import GlobalSecondaryIndex

from chalicelib.dynamodb.attributes import (
    DateAttribute,
    FlagAttribute,
    IntegerAttribute,
    PlainListAttribute,
    TextAttribute,
    TimestampAttribute,
)
from chalicelib.dynamodb.model import DECLARED_IN_TEMPLATE, Item


class ByStatus(GlobalSecondaryIndex[Any]):
    """Loans of one status, newest first, with the attributes that the list of open loans shows."""

    class Meta:
        index_name = "by_status"
        projection = DECLARED_IN_TEMPLATE

    status_shard = TextAttribute(hash_key=True)
    status_sort = TextAttribute(range_key=True)


class ByBorrower(GlobalSecondaryIndex[Any]):
    """Loans of one borrower, newest first."""

    class Meta:
        index_name = "by_borrower"
        projection = DECLARED_IN_TEMPLATE

    borrower_id = TextAttribute(hash_key=True)
    loan_id = TextAttribute(range_key=True)


class ByLender(GlobalSecondaryIndex[Any]):
    """Offers (`OFFER#id`) and investments (`INVESTMENT#id`) of one lender."""

    class Meta:
        index_name = "by_lender"
        projection = DECLARED_IN_TEMPLATE

    lender_id = TextAttribute(hash_key=True)
    position = TextAttribute(range_key=True)


class ByNextAction(GlobalSecondaryIndex[Any]):
    """Loans and offers with a next action, by its day: `2026-01-31#loan`. Sparse."""

    class Meta:
        index_name = "by_next_action"
        projection = DECLARED_IN_TEMPLATE

    action_shard = TextAttribute(hash_key=True)
    next_action = TextAttribute(range_key=True)


class LoansTable(Item):
    """The table and the primary key of all items of loans."""

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)


class LoanItem(LoansTable):
    """A loan. Amounts are cents, rates basis points; names are short because every kilobyte is billed.

    ``arrears_terms``: days of grace, late fee in basis points and in cents, whether late interest is charged (0, 1),
    materiality and tolerance. ``unwound``: kind and time in milliseconds, like ``subscribed_at``. ``autopay``: the time
    of the mandate in milliseconds or 0, and the attempts, each with its day as an ordinal, the instalment, and the code
    of its failure or "". ``reminder``: the due date as an ordinal, the days after it, the instalment, its unpaid
    amount, and the time in milliseconds.
    """

    sk = TextAttribute(range_key=True, default="LOAN")
    loan_id = TextAttribute()
    borrower_id = TextAttribute()
    borrower = TextAttribute()
    amount = IntegerAttribute()
    term = IntegerAttribute()
    requested_rate = IntegerAttribute()
    rate = IntegerAttribute()
    method = TextAttribute()
    purpose = TextAttribute(null=True)
    status = TextAttribute()
    status_shard = TextAttribute()
    status_sort = TextAttribute()
    version = IntegerAttribute()
    funding_round = IntegerAttribute()
    fee = IntegerAttribute()
    arrears_terms = PlainListAttribute()
    default_days = IntegerAttribute()
    accepted = IntegerAttribute()
    accepted_offers = IntegerAttribute()
    funded = IntegerAttribute()
    lapses_on = DateAttribute(null=True)
    refunding = TextAttribute(null=True)
    unwound = PlainListAttribute(null=True)
    hidden = FlagAttribute(null=True)
    reservations = IntegerAttribute(null=True)
    request_expires_on = DateAttribute(null=True)
    instalment = IntegerAttribute()
    interest = IntegerAttribute()
    apr = IntegerAttribute()
    effective = IntegerAttribute()
    outstanding = IntegerAttribute()
    remaining = IntegerAttribute()
    written_off = IntegerAttribute()
    next_due = DateAttribute(null=True)
    subscribed_at = IntegerAttribute(null=True)
    funded_at = TimestampAttribute(null=True)
    completed_at = TimestampAttribute(null=True)
    defaulted_at = TimestampAttribute(null=True)
    past_due_90_on = DateAttribute(null=True)
    proposal_id = TextAttribute(null=True)
    rescheduled_on = DateAttribute(null=True)
    ground = TextAttribute(null=True)
    reschedules = IntegerAttribute(null=True)
    autopay = PlainListAttribute(null=True)
    reminder = PlainListAttribute(null=True)
    action_shard = TextAttribute(null=True)
    next_action = TextAttribute(null=True)

    by_status = ByStatus()
    by_borrower = ByBorrower()
    by_next_action = ByNextAction()


class OfferItem(LoansTable):
    """An offer, which becomes an investment when it is funded.

    ``action_shard`` and ``next_action`` (`2026-01-31#loan#lender`) exist while its reservation may lapse.
    ``accepted_at`` is in milliseconds. ``reminder``: the days left, whether it was backed (0, 1), and the time.
    ``requested_by`` is the borrower, under another name than the key of the index by borrower, which has loans
    alone.
    """

    offer_id = TextAttribute()
    loan_id = TextAttribute()
    lender_id = TextAttribute()
    lender = TextAttribute()
    position = TextAttribute()
    rate = IntegerAttribute()
    amount = IntegerAttribute()
    accepted = IntegerAttribute()
    acceptance_order = IntegerAttribute()
    fee_share = IntegerAttribute()
    funded_at = TimestampAttribute(null=True)
    reserved = IntegerAttribute(null=True)
    rule_id = TextAttribute(null=True)
    requested_by = TextAttribute(null=True)
    accepted_at = IntegerAttribute(null=True)
    reminder = PlainListAttribute(null=True)
    action_shard = TextAttribute(null=True)
    next_action = TextAttribute(null=True)

    by_lender = ByLender()


class ScheduleItem(LoansTable):
    """The instalments of a loan, and the positions of up to 20 investors, as lists without names.

    An instalment: months since funding, principal, interest, late fee, the same three paid, and the time of the
    last payment in milliseconds or 0. If it bears late interest, or principal or rate changed in its period: the late
    interest that is paid and that is carried, the days from funding to the last change of late and of current
    principal, the interest earned before, and the days per month as a fraction.

    A position: lender, share, received principal, received interest, guaranteed interest.
    """

    sk = TextAttribute(range_key=True, default="SCHEDULE")
    version = IntegerAttribute()
    funded_on = DateAttribute()
    material_since = DateAttribute(null=True)
    defaulted_on = DateAttribute(null=True)
    level_payment = IntegerAttribute()
    instalments = PlainListAttribute()
    investors = PlainListAttribute()


class PaymentItem(LoansTable):
    """A payment of the borrower; put once, never updated."""

    number = IntegerAttribute()
    principal = IntegerAttribute()
    interest = IntegerAttribute()
    late_fee = IntegerAttribute()
    instalment_status = TextAttribute()


class ProposalItem(LoansTable):
    """A proposed reschedule; put once, deleted by its time to live.

    The figures before and after are lists: rate, monthly payment, term, total interest, next due date or "".
    """

    remaining_terms = IntegerAttribute(null=True)
    rate = IntegerAttribute(null=True)
    holiday_months = IntegerAttribute()
    reason = TextAttribute()
    ground = TextAttribute()
    before = PlainListAttribute()
    after = PlainListAttribute()
    expires_at = IntegerAttribute()
