"""Requests, queries and responses of the operators' bank routes."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from chalicelib.admin.schemas import OptionalReason
from chalicelib.api.fields import (
    Amount,
    Day,
    Identifier,
    IdentifierInput,
    ListQuery,
    RequestModel,
    ResponseModel,
    Timestamp,
)
from chalicelib.shared.errors import Unprocessable
from chalicelib.transfers.domain.statement import LineStatus, Statement, StatementLine


class ImportStatus(StrEnum):
    """The progress of an import."""

    IMPORTING = "importing"
    DONE = "done"


class BankLinesQuery(ListQuery):
    """Lines of a status, of a statement, or both; without either, all lines."""

    status: LineStatus | None = None
    statement_id: Annotated[IdentifierInput | None, Field(description="List this statement's lines in its order.")] = (
        None
    )


class AssignLineRequest(RequestModel):
    """The transfer to which an unmatched line belongs, or the user who receives it as a deposit; exactly one."""

    transfer_id: IdentifierInput | None = None
    user_id: IdentifierInput | None = None
    reason: OptionalReason = ""

    def target(self) -> tuple[str | None, str | None]:
        """Return the transfer and the user, one of which is None.

        Raises:
            Unprocessable: both are given, or neither.
        """
        if (self.transfer_id is None) is (self.user_id is None):
            raise Unprocessable(errors=(("transfer_id", "give either transfer_id or user_id"),))
        return self.transfer_id, self.user_id


class RejectLineRequest(RequestModel):
    """An optional reason."""

    reason: OptionalReason = ""


class BankStatementResponse(ResponseModel):
    """An imported bank file. While it is being imported, the counts grow and the difference is not known."""

    id: Identifier
    iban: str
    currency: str
    from_: Annotated[Day, Field(serialization_alias="from")]
    to: Day
    status: ImportStatus
    lines: Annotated[int, Field(description="Entries of the file; the sum of the counts below once all are booked.")]
    matched: Annotated[int, Field(description="Lines that settled a transfer, or were assigned.")]
    unmatched: Annotated[int, Field(description="Lines that an operator has to resolve.")]
    returned: Annotated[int, Field(description="Lines that returned a transfer, or were rejected and are sent back.")]
    duplicates: Annotated[int, Field(description="Lines that an earlier statement has booked.")]
    opening_balance: Amount
    closing_balance: Amount
    difference: Annotated[
        Amount | None,
        Field(description="Closing balance minus what the ledger has booked. 0.00 if no statement is missing."),
    ]
    previous_closing_balance: Annotated[
        Amount | None,
        Field(
            description="Closing balance of the previous statement. If it differs from `opening_balance`, and there is "
            "a difference, a statement in between is missing."
        ),
    ]
    created_at: Timestamp

    @classmethod
    def of(cls, statement: Statement, currency: str) -> Self:
        return cls(
            id=statement.id,
            iban=statement.iban,
            currency=currency,
            from_=statement.from_date,
            to=statement.to_date,
            status=ImportStatus.DONE if statement.is_done else ImportStatus.IMPORTING,
            lines=statement.lines,
            matched=statement.matched,
            unmatched=statement.unmatched,
            returned=statement.returned,
            duplicates=statement.duplicates,
            opening_balance=statement.opening,
            closing_balance=statement.closing,
            difference=statement.difference,
            previous_closing_balance=statement.previous_closing,
            created_at=statement.created_at,
        )


class BankStatementList(ResponseModel):
    """A page of statements."""

    items: list[BankStatementResponse]
    next_cursor: str | None


class BankLineResponse(ResponseModel):
    """A line of a statement; a credit has a positive amount."""

    id: Identifier
    statement_id: Identifier
    booked_on: Day
    value_on: Day
    amount: Amount
    currency: str
    reference: Annotated[str | None, Field(description="The ISO 11649 creditor reference that the payer gave.")]
    end_to_end_id: str | None
    counterparty: str | None
    remittance: str | None
    status: LineStatus
    reason: Annotated[str | None, Field(description="Why the line is unmatched.", examples=["unknown_reference"])]
    transfer_id: Identifier | None
    user_id: Annotated[Identifier | None, Field(description="The user who received a deposit from this line.")]
    transaction_id: Identifier | None
    related_line_id: Annotated[
        Identifier | None,
        Field(description="The line that booked a duplicate; or of a rejected line and its repayment, the other one."),
    ]

    @classmethod
    def of(cls, line: StatementLine, currency: str) -> Self:
        entry = line.entry
        return cls(
            id=line.id,
            statement_id=line.statement_id,
            booked_on=entry.booked_on,
            value_on=entry.value_on,
            amount=entry.amount,
            currency=currency,
            reference=entry.reference or None,
            end_to_end_id=entry.end_to_end_id or None,
            counterparty=entry.counterparty_name or None,
            remittance=entry.remittance or None,
            status=line.status,
            reason=line.reason or None,
            transfer_id=line.transfer_id,
            user_id=line.user_id,
            transaction_id=line.transaction_id,
            related_line_id=line.related_id,
        )


class BankLineList(ResponseModel):
    """A page of lines."""

    items: list[BankLineResponse]
    next_cursor: str | None
