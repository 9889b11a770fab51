"""Requests, queries and responses of the wallet routes."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.fields import (
    Amount,
    Day,
    DayInput,
    Identifier,
    ListQuery,
    Query,
    ResponseModel,
    Timestamp,
)
from chalicelib.wallets.domain.history import Entry, Statement
from chalicelib.wallets.domain.ledger import EntryType
from chalicelib.wallets.domain.wallet import Wallet


class HistoryQuery(ListQuery):
    """Filters of the history; days are inclusive, in UTC."""

    type: EntryType | None = None
    from_: Annotated[DayInput | None, Field(alias="from")] = None
    to: DayInput | None = None


class StatementQuery(Query):
    """The days of a statement, inclusive: by default from the first of the month to today."""

    from_: Annotated[DayInput | None, Field(alias="from")] = None
    to: DayInput | None = None


class WalletResponse(ResponseModel):
    """A wallet; balance = available + held.

    `receivable` is what the owner owes for a returned deposit. While it is not 0.00, the account is restricted.
    """

    id: Identifier
    user_id: Identifier
    username: str
    balance: Amount
    available: Amount
    held: Amount
    receivable: Amount
    currency: str
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, wallet: Wallet, username: str, currency: str) -> Self:
        return cls(
            id=wallet.user_id,
            user_id=wallet.user_id,
            username=username,
            balance=wallet.balance,
            available=wallet.available,
            held=wallet.reserved,
            receivable=wallet.receivable,
            currency=currency,
            created_at=wallet.created_at,
            updated_at=wallet.updated_at,
        )


class TransactionResponse(ResponseModel):
    """A transaction. The amount is positive for money received and negative for money paid.

    A LOAN_PAYMENT shows its components, without signs. `principal` and `interest` (with late interest) add up to the
    amount; `late_fee` is that of the separate LATE_FEE transaction of the same payment. For other types they are null.
    """

    id: Identifier
    type: EntryType
    amount: Amount
    description: str
    reference: str | None
    created_at: Timestamp
    principal: Amount | None
    interest: Amount | None
    late_fee: Amount | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        split = entry.split
        return cls(
            id=entry.id,
            type=entry.type,
            amount=entry.amount,
            description=entry.description,
            reference=entry.reference,
            created_at=entry.created_at,
            principal=split.principal if split else None,
            interest=split.interest if split else None,
            late_fee=split.late_fee if split else None,
        )


class TransactionList(ResponseModel):
    """A page of transactions, newest first."""

    items: list[TransactionResponse]
    next_cursor: str | None


class StatementResponse(ResponseModel):
    """Opening balance + entries = closing balance."""

    from_: Annotated[Day, Field(serialization_alias="from")]
    to: Day
    currency: str
    opening_balance: Amount
    entries: list[TransactionResponse]
    closing_balance: Amount

    @classmethod
    def of(cls, statement: Statement, currency: str) -> Self:
        return cls(
            from_=statement.first,
            to=statement.last,
            currency=currency,
            opening_balance=statement.opening_balance,
            entries=[TransactionResponse.of(entry) for entry in statement.entries],
            closing_balance=statement.closing_balance,
        )


def month_to_date(query: StatementQuery, today: date) -> tuple[date, date]:
    """Return the first and last day of a statement."""
    last = query.to or today
    return query.from_ or last.replace(day=1), last
