"""Transfers and what belongs to them as DynamoDB items."""

from typing import Any

from pynamodb.indexes import GlobalSecondaryIndex

from chalicelib.dynamodb.attributes import (
    DateAttribute,
    FlagAttribute,
    IntegerAttribute,
    PlainListAttribute,
    TextAttribute,
    TextMapAttribute,
    TimestampAttribute,
)
from chalicelib.dynamodb.model import DECLARED_IN_TEMPLATE, Item


class ByUser(GlobalSecondaryIndex[Any]):
    """Transfers of one user by ULID."""

    class Meta:
        index_name = "by_user"
        projection = DECLARED_IN_TEMPLATE

    user_id = TextAttribute(hash_key=True)
    listed = TextAttribute(range_key=True)


class ByStatus(GlobalSecondaryIndex[Any]):
    """Items by kind and status, such as ``WITHDRAWAL#REQUESTED`` or ``NOTIFICATION#REFUSED``, by ULID. Sparse."""

    class Meta:
        index_name = "by_status"
        projection = DECLARED_IN_TEMPLATE

    status_key = TextAttribute(hash_key=True)
    listed = TextAttribute(range_key=True)


class ByReference(GlobalSecondaryIndex[Any]):
    """Transfers and users by their creditor reference; keys only."""

    class Meta:
        index_name = "by_reference"
        projection = DECLARED_IN_TEMPLATE

    reference = TextAttribute(hash_key=True)


class TransfersTable(Item):
    """The table and the primary key of all items of transfers."""

    class Meta:
        table_name = "transfers"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)


class TransferItem(TransfersTable):
    """A deposit or withdrawal: `TRANSFER#id` / `TRANSFER`. ``listed`` is its id."""

    sk = TextAttribute(range_key=True, default="TRANSFER")
    user_id = TextAttribute()
    listed = TextAttribute()
    status_key = TextAttribute()
    reference = TextAttribute()
    direction = TextAttribute()
    amount_cents = IntegerAttribute()
    status = TextAttribute()
    description = TextAttribute(null=True)
    bank_account_id = TextAttribute(null=True)
    destination = TextAttribute(null=True)
    failure_code = TextAttribute(null=True)
    created_at = TimestampAttribute()
    submitted_at = TimestampAttribute(null=True)
    settled_at = TimestampAttribute(null=True)
    returned_at = TimestampAttribute(null=True)
    transaction_id = TextAttribute(null=True)
    return_transaction_id = TextAttribute(null=True)
    payout_id = TextAttribute(null=True)
    held_return = TextAttribute(null=True)
    version = IntegerAttribute()

    by_user = ByUser()
    by_status = ByStatus()
    by_reference = ByReference()


class ReferenceItem(TransfersTable):
    """A user's permanent creditor reference: `USER#id` / `REFERENCE`."""

    sk = TextAttribute(range_key=True, default="REFERENCE")
    reference = TextAttribute()


class NotificationItem(TransfersTable):
    """A provider's notification: `NOTIFICATION#event id` / `NOTIFICATION`. Put once.

    Refused ones have a ``status_key``, so that operators can list them.
    """

    sk = TextAttribute(range_key=True, default="NOTIFICATION")
    type = TextAttribute()
    transfer_id = TextAttribute()
    amount_cents = IntegerAttribute(null=True)
    failure_code = TextAttribute(null=True)
    outcome = TextAttribute()
    reason = TextAttribute(null=True)
    received_at = TimestampAttribute()
    listed = TextAttribute(null=True)
    status_key = TextAttribute(null=True)

    by_status = ByStatus()


class StatementItem(TransfersTable):
    """An imported bank file: `STATEMENT#id` / `STATEMENT`. ``listed`` is a ULID of the import."""

    sk = TextAttribute(range_key=True, default="STATEMENT")
    status_key = TextAttribute(default="STATEMENT")
    listed = TextAttribute()
    iban = TextAttribute()
    from_date = DateAttribute()
    to_date = DateAttribute()
    opening_cents = IntegerAttribute()
    closing_cents = IntegerAttribute()
    lines = IntegerAttribute()
    bank_ids = PlainListAttribute()
    created_at = TimestampAttribute()
    difference_cents = IntegerAttribute(null=True)
    previous_closing_cents = IntegerAttribute(null=True)

    by_status = ByStatus()


class ProgressItem(TransfersTable):
    """The counters of a statement, apart from it because every line changes them: `STATEMENT#id` / `PROGRESS`."""

    sk = TextAttribute(range_key=True, default="PROGRESS")
    booked = IntegerAttribute(default=0)
    matched = IntegerAttribute(default=0)
    unmatched = IntegerAttribute(default=0)
    returned = IntegerAttribute(default=0)
    duplicates = IntegerAttribute(default=0)


class EntriesItem(TransfersTable):
    """Entries of a file before they are booked: `STATEMENT#id` / `ENTRIES#n`, n of them before. They expire.

    ``rows`` has a list for each entry: its number in the file, and the bank's data as in a line.
    """

    rows = PlainListAttribute()
    expires_at = IntegerAttribute()


class LineItem(TransfersTable):
    """A booked line of a statement: `STATEMENT#id` / `LINE#n`. ``listed`` is its id; ``entry`` is the bank's data."""

    entry = PlainListAttribute()
    status = TextAttribute()
    status_key = TextAttribute()
    listed = TextAttribute()
    reason = TextAttribute(null=True)
    transfer_id = TextAttribute(null=True)
    beneficiary_id = TextAttribute(null=True)
    transaction_id = TextAttribute(null=True)
    related_id = TextAttribute(null=True)
    version = IntegerAttribute()

    by_status = ByStatus()


class EntryItem(TransfersTable):
    """A booked bank entry, whatever statements contain it: `ENTRY#key` / `ENTRY`. Put once."""

    sk = TextAttribute(range_key=True, default="ENTRY")
    line_id = TextAttribute()


class StatementEndItem(TransfersTable):
    """A statement by the last day of its account: `BANK#iban` / `ENDED#date#statement id`. Put once."""

    opening_cents = IntegerAttribute()
    closing_cents = IntegerAttribute()


class SuspendedCreditItem(TransfersTable):
    """A credit booked to suspense, by a name it gives: `SUSPENDED#reference or id` / `cents#line id`."""


class BookedDayItem(TransfersTable):
    """The sum of a bank account's booked entries of one day: `BANK#iban` / `BOOKED#date`."""

    cents = IntegerAttribute(default=0)


class NewestStatementItem(TransfersTable):
    """The statement with the latest last day of a bank account: `BANK#iban` / `NEWEST`."""

    sk = TextAttribute(range_key=True, default="NEWEST")
    statement_id = TextAttribute()


class BankAccountItem(Item):
    """A bank account of a user: `USER#id` / `BANK_ACCOUNT#id` in the table `users`. Put once, never changed."""

    class Meta:
        table_name = "users"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    holder = TextAttribute()
    type = TextAttribute()
    masked = TextAttribute()
    ciphertext = TextAttribute()
    created_at = TimestampAttribute()
    usable_from = TimestampAttribute()


class BankAccountsItem(Item):
    """The number of bank accounts that a user has ever added: `USER#id` / `BANK#ADDED` in the table `users`."""

    class Meta:
        table_name = "users"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True, default="BANK#ADDED")
    version = IntegerAttribute()


class PayoutItem(TransfersTable):
    """Withdrawals that were handed to the bank together: `PAYOUT#id` / `PAYOUT`. Put once. ``listed`` is its id."""

    sk = TextAttribute(range_key=True, default="PAYOUT")
    listed = TextAttribute()
    status_key = TextAttribute(default="PAYOUT")
    created_at = TimestampAttribute()
    total_cents = IntegerAttribute()
    transfer_ids = PlainListAttribute()
    skipped = TextMapAttribute()
    has_more = FlagAttribute()

    by_status = ByStatus()
