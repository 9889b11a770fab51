"""Read values of ISO 20022 messages exactly: amounts, dates and texts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from chalicelib.shared.money import Money
from chalicelib.shared.text import is_misleading
from chalicelib.transfers.domain.bank_file import BankFileError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_AMOUNT: Final = re.compile(r"\+?(\d{0,16})(?:\.(\d{0,2})0*)?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?=$|[TZ+-])", re.ASCII)
_LONGEST_ID: Final = 140
_SIGN: Final = {"CRDT": 1, "DBIT": -1}


def text_at(element: Element | None, path: str) -> str:
    """Return the text at a path with its white space normalised, or an empty text."""
    found = element.findtext(path) if element is not None else None
    return " ".join(found.split()) if found else ""


def legible(text: str) -> str:
    """Return a text without control characters and invisible marks, which could make it read differently."""
    return "".join(character for character in text if not is_misleading(character)) if is_misleading(text) else text


def id_at(element: Element | None, path: str, where: str) -> str:
    """Return the id at a path without control characters and invisible marks, or an empty text.

    Raises:
        BankFileError: it is longer than 140 characters; ISO 20022 permits 35.
    """
    found = text_at(element, path)
    if len(found) > _LONGEST_ID:
        raise BankFileError("id_too_long", f"{where} has an id of more than {_LONGEST_ID} characters.")
    return legible(found)


def amount(text: str, where: str) -> Money:
    """Read an ``xs:decimal`` that is not negative.

    Raises:
        BankFileError: not a number, negative, or more than two decimals; it is never rounded.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None or not (match[1] or match[2]):
        raise BankFileError(
            "invalid_amount", f"{where} has an amount that is not a positive number with at most two decimals."
        )
    return Money.of(f"{match[1] or '0'}.{match[2] or '0'}")


def signed_amount(element: Element, where: str) -> Money:
    """Read ``Amt`` and ``CdtDbtInd`` of an element: a credit is positive, a debit negative.

    Raises:
        BankFileError: one of them is absent or wrong.
    """
    sign = _SIGN.get(text_at(element, "CdtDbtInd"))
    text = text_at(element, "Amt")
    if sign is None or not text:
        raise BankFileError("missing_part", f"{where} lacks an amount, or does not say if it is a credit or a debit.")
    return Money(sign * amount(text, where).cents)


def currency_of(element: Element, path: str = "Amt") -> str:
    """Return the currency of the amount at a path, or an empty text."""
    found = element.find(path)
    return found.get("Ccy", "") if found is not None else ""


def day(text: str, where: str) -> date:
    """Read the date of an ``xs:date`` or ``xs:dateTime`` as it is written: banks give local dates.

    Raises:
        BankFileError: absent, or not a date.
    """
    match = _DAY.match(text)
    try:
        return date.fromisoformat(match[0] if match else "")
    except ValueError as error:
        raise BankFileError("invalid_date", f"{where} has no valid date.") from error


def moment(text: str, where: str) -> datetime:
    """Read an ``xs:dateTime``; without an offset it is taken as UTC.

    Raises:
        BankFileError: not a date and time, or in UTC not within the years 1 to 9999.
    """
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BankFileError("invalid_date", f"{where} has no valid creation time.") from error
