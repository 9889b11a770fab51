"""Bank accounts of users, to which withdrawals are paid: their numbers are checked here and shown masked."""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from chalicelib.shared.errors import Conflict, NotFound, Unprocessable
from chalicelib.shared.text import is_misleading
from chalicelib.users.domain.field_rules import FieldValidator

MAX_BANK_ACCOUNTS: Final = 10
MAX_HOLDER_LENGTH: Final = 70
"""The longest name of a party in a SEPA credit transfer."""
MAX_NUMBER_LENGTH: Final = 64
"""Characters of an account number as it is entered, spaces included."""
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_ROUTING_NUMBER: Final = re.compile(r"[0-9]{9}", re.ASCII)
_ACCOUNT_NUMBER: Final = re.compile(r"[0-9]{4,17}", re.ASCII)
_SPACES: Final = re.compile(r"\s+")
_HIDDEN: Final = "••••"
_SHOWN_DIGITS: Final = 4
_ONE_FORM: Final = "give either an IBAN, or a routing number and an account number"


class BankAccountNotFound(NotFound):
    code = "bank_account_not_found"
    detail = "You have no bank account with this id."


class BankAccountExists(Conflict):
    code = "bank_account_exists"
    detail = "You have already added this bank account."


class TooManyBankAccounts(Conflict):
    code = "too_many_bank_accounts"
    detail = f"You already have {MAX_BANK_ACCOUNTS} bank accounts. Delete one of them first."


class BankAccountNotUsableYet(Conflict):
    """Withdrawals to a new bank account wait, so that its owner notices an account that a thief has added."""

    code = "bank_account_not_usable_yet"
    detail = "This bank account was added recently and cannot receive withdrawals yet."


class BankAccountType(StrEnum):
    IBAN = "IBAN"
    US = "US"


@dataclass(frozen=True, slots=True)
class BankDetails:
    """The holder and the number of a bank account: an IBAN, or a US routing number and account number."""

    holder: str
    iban: str = field(default="", repr=False)
    routing_number: str = field(default="", repr=False)
    account_number: str = field(default="", repr=False)

    @classmethod
    def checked(
        cls,
        holder: str,
        *,
        iban: str | None = None,
        routing_number: str | None = None,
        account_number: str | None = None,
    ) -> Self:
        """Return details whose numbers are well formed and have correct check digits.

        Spaces in numbers are removed, and letters become capital.

        Raises:
            Unprocessable: names every invalid field; also if not exactly one form of account is given.
        """
        is_us = routing_number is not None or account_number is not None
        if (iban is not None) == is_us:
            raise Unprocessable(errors=(("iban", _ONE_FORM),))
        fields = FieldValidator()
        holder = fields.validate("holder", _holder, holder)
        if iban is not None:
            details = cls(holder, iban=fields.validate("iban", valid_iban, iban))
        else:
            routing_number = fields.validate("routing_number", _routing_number, routing_number or "")
            account_number = fields.validate("account_number", _account_number, account_number or "")
            details = cls(holder, routing_number=routing_number, account_number=account_number)
        fields.raise_if_invalid()
        return details

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the details that ``to_text`` wrote."""
        return cls(**json.loads(text))

    def to_text(self) -> str:
        """Return the details as JSON, to be encrypted."""
        names = ("holder", "iban", "routing_number", "account_number")
        return json.dumps({name: getattr(self, name) for name in names if getattr(self, name)}, ensure_ascii=False)

    def is_same_account(self, other: Self) -> bool:
        """Return True if both have the same number, whatever the holder's name."""
        return replace(self, holder="") == replace(other, holder="")

    @property
    def type(self) -> BankAccountType:
        return BankAccountType.IBAN if self.iban else BankAccountType.US

    @property
    def masked(self) -> str:
        """The number as it is shown: up to four digits at its end, and the beginning of an IBAN."""
        number = self.iban or self.account_number
        shown = number[-min(_SHOWN_DIGITS, len(number) // 2) :]
        return f"{self.iban[:4]} {_HIDDEN} {shown}" if self.iban else f"{_HIDDEN} {shown}"


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A bank account of a user.

    Args:
        id: ULID of the time at which it was added.
        user_id: its owner.
        holder: the name of the account's holder at the bank.
        type: the form of its number.
        masked: its number as it is shown.
        ciphertext: its details, encrypted for this user.
        created_at: business time at which it was added.
        usable_from: business time from which withdrawals may be paid to it.
    """

    id: str
    user_id: str
    holder: str
    type: BankAccountType
    masked: str
    ciphertext: str = field(repr=False)
    created_at: datetime
    usable_from: datetime

    def require_usable(self, now: datetime) -> None:
        """Require that withdrawals may be paid to this account.

        Raises:
            BankAccountNotUsableYet: it was added less than the cooling period ago.
        """
        if now < self.usable_from:
            raise BankAccountNotUsableYet


@dataclass(frozen=True, slots=True)
class BankAccounts:
    """All bank accounts of a user. ``version`` is the number of accounts that were ever added."""

    accounts: tuple[BankAccount, ...]
    version: int

    def require_below_limit(self) -> None:
        """Require that another account may be added.

        Raises:
            TooManyBankAccounts: there are ten.
        """
        if len(self.accounts) >= MAX_BANK_ACCOUNTS:
            raise TooManyBankAccounts

    def similar_to(self, details: BankDetails) -> Iterable[BankAccount]:
        """Return the accounts that are shown like these details: only they can be the same account."""
        return (account for account in self.accounts if account.masked == details.masked)


def valid_iban(text: str) -> str:
    """Return an IBAN in capital letters without spaces.

    It checks the structure of the country and the check digits, but no list of a country's banks: such a list rejects
    banks that are newer than itself. Source: ISO 13616-1:2020 and the registry of IBAN structures, as in stdnum.

    Raises:
        ValueError: it is no IBAN.
    """
    from stdnum import iban
    from stdnum.exceptions import ValidationError

    number = _compact(text)
    if _IBAN.fullmatch(number) is None:
        raise ValueError("must be an IBAN, such as DE89 3704 0044 0532 0130 00")
    try:
        return str(iban.validate(number, check_country=False))
    except ValidationError:
        raise ValueError("is not a valid IBAN: check the country and every digit") from None


def _routing_number(text: str) -> str:
    from stdnum.us import rtn

    number = _compact(text)
    if _ROUTING_NUMBER.fullmatch(number) is None:
        raise ValueError("must have nine digits")
    if not rtn.is_valid(number) or not int(number):
        raise ValueError("is not a valid routing number: check every digit")
    return number


def _account_number(text: str) -> str:
    number = _compact(text)
    if _ACCOUNT_NUMBER.fullmatch(number) is None:
        raise ValueError("must have 4 to 17 digits")
    return number


def _holder(text: str) -> str:
    holder = unicodedata.normalize("NFC", text).strip()
    if is_misleading(holder):
        raise ValueError("control characters are not allowed")
    if not 1 <= len(holder) <= MAX_HOLDER_LENGTH:
        raise ValueError(f"must have 1 to {MAX_HOLDER_LENGTH} characters")
    return holder


def _compact(text: str) -> str:
    """Return a number without spaces and in capital letters; nothing if it has other than ASCII characters."""
    number = _SPACES.sub("", text)
    return number.upper() if number.isascii() else ""
