"""Requests and responses of the routes of bank accounts. The domain enforces the rules that these models describe."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.fields import Identifier, RequestModel, ResponseModel, Timestamp
from chalicelib.transfers.domain.bank_account import (
    MAX_HOLDER_LENGTH,
    MAX_NUMBER_LENGTH,
    BankAccount,
    BankAccountType,
    BankDetails,
)


class BankAccountRequest(RequestModel):
    """The holder, and either an `iban`, or a US `routing_number` and `account_number`. Spaces are ignored."""

    holder: Annotated[str, Field(min_length=1, max_length=MAX_HOLDER_LENGTH, examples=["John Smith"])]
    iban: Annotated[
        str | None, Field(max_length=MAX_NUMBER_LENGTH, examples=["DE89 3704 0044 0532 0130 00"], repr=False)
    ] = None
    routing_number: Annotated[
        str | None, Field(max_length=MAX_NUMBER_LENGTH, description="Nine digits.", repr=False)
    ] = None
    account_number: Annotated[
        str | None, Field(max_length=MAX_NUMBER_LENGTH, description="4 to 17 digits.", repr=False)
    ] = None

    def details(self) -> BankDetails:
        return BankDetails.checked(
            self.holder, iban=self.iban, routing_number=self.routing_number, account_number=self.account_number
        )


class BankAccountResponse(ResponseModel):
    """A bank account. Its number is `masked`; withdrawals can be paid to it from `usable_from`."""

    id: Identifier
    holder: str
    type: BankAccountType
    masked: str
    usable_from: Timestamp
    created_at: Timestamp

    @classmethod
    def of(cls, account: BankAccount) -> Self:
        return cls(
            id=account.id,
            holder=account.holder,
            type=account.type,
            masked=account.masked,
            usable_from=account.usable_from,
            created_at=account.created_at,
        )


class BankAccountList(ResponseModel):
    """A page of the caller's bank accounts, newest first."""

    items: list[BankAccountResponse]
    next_cursor: str | None
