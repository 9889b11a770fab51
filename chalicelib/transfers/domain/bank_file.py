"""Contents of a bank statement, whatever format the bank sends it in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.money import Money


class BankFileError(Unprocessable):
    """A bank file cannot be read, or contradicts itself. Nothing of it is imported.

    ``reason`` is stable snake case, such as ``wrong_currency``; ``detail`` is a sentence for operators.
    """

    code: ClassVar[str] = "invalid_bank_file"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, reason=reason)
        self.reason = reason


def take_key(key: str, used: dict[str, str]) -> str:
    """Return the key of the next entry that has the same facts as those whose keys are used, and mark it as used.

    Args:
        key: the key of the first entry with these facts.
        used: a later key of the same facts for each key that is used, "" if none is known. It keeps the work linear.
    """
    passed = []
    while key in used:
        passed.append(key)
        key = used[key] or hashlib.sha256(key.encode()).hexdigest()[: len(key)]
    used.update(dict.fromkeys(passed, key))
    used[key] = ""
    return key


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One booked movement on the platform's bank account.

    A batch that the bank itemises is one entry per payment. ``amount`` is positive for a credit, and never zero.
    ``key`` identifies the entry in every statement that contains it. A text that the bank does not give is empty.
    """

    key: str
    booked_on: date
    value_on: date
    amount: Money
    is_reversal: bool
    """The movement reverses an earlier one of the opposite sign; ``amount`` has the sign of this movement."""
    reference: str
    """The ISO 11649 creditor reference found in the remittance information, without spaces."""
    end_to_end_id: str
    payment_information_id: str
    """The id of the payment file's batch, or of the file itself, if the bank gives that one only."""
    return_reason: str
    """ISO 20022 return reason such as ``AC04``, if the movement returns a payment; ``NARR`` if none is given."""
    counterparty_name: str
    remittance: str
    details: tuple[str, ...] = ()
    """Further information of the bank, a line each."""
    has_servicer_reference: bool = False
    """The key is derived from the bank's own reference of the entry."""


@dataclass(frozen=True, slots=True)
class BankStatement:
    """A statement of one account: opening balance plus all entries equals the closing balance.

    A bank may divide a statement into pages. Pages in one file are joined; ``first_page`` is 1 and ``is_complete``
    true, unless the file has only some of the pages. Then the balances are those of the pages present.
    """

    statement_id: str
    sequence: int | None
    iban: str
    """The account's IBAN, or its number if it has none, in capital letters without spaces."""
    currency: str
    from_date: date
    to_date: date
    created_at: datetime
    opening: Money
    closing: Money
    entries: tuple[BankEntry, ...]
    first_page: int = 1
    is_complete: bool = True
