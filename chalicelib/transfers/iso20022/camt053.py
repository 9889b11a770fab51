"""Parse bank statements: camt.053.001.08 and camt.053.001.02 (BankToCustomerStatement).

Source: ISO 20022 message definitions, Bank-to-Customer Cash Management.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Final

from chalicelib.shared.money import Money
from chalicelib.transfers.domain.bank_file import BankFileError, BankStatement
from chalicelib.transfers.iso20022 import camt053_entries as entries
from chalicelib.transfers.iso20022 import secure_xml
from chalicelib.transfers.iso20022.camt053_entries import Booking
from chalicelib.transfers.iso20022.values import currency_of, day, id_at, moment, signed_amount, text_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from xml.etree.ElementTree import Element

NAMESPACES: Final = frozenset(f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}" for version in ("02", "08"))
_OPENING: Final = "OPBD"
_PREVIOUS_CLOSING: Final = "PRCD"
_CLOSING: Final = "CLBD"
_INTERIM: Final = "ITBD"
_YES: Final = frozenset({"true", "1"})


def parse_statements(data: bytes, *, currency: str) -> tuple[BankStatement, ...]:
    """Return the statements of a file in their order; pages of one statement are joined.

    Entries that are not booked, and those of amount zero, are left out. Each statement's opening balance plus its
    entries equals its closing balance.

    Args:
        data: the file, UTF-8, up to 4 MiB.
        currency: ISO 4217 code of the platform; statements and entries in another currency are refused.

    Raises:
        BankFileError: the file is refused as a whole; ``reason`` is one of ``file_too_large``, ``file_too_complex``,
            ``unsupported_encoding``, ``unsupported_message``, ``forbidden_xml``, ``invalid_xml``, ``truncated_file``,
            ``missing_part``, ``invalid_amount``, ``invalid_date``, ``wrong_currency``, ``id_too_long``,
            ``missing_balance``, ``balance_mismatch`` and ``inconsistent_pages``.
    """
    reader = _Reader(currency)
    secure_xml.read(data, NAMESPACES, reader.on_end)
    if not reader.pages:
        raise BankFileError("missing_part", "The file contains no statement.")
    return tuple(_joined(pages, currency) for pages in _grouped(reader.pages))


@dataclass(frozen=True, slots=True)
class _Balance:
    code: str
    on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class _Page:
    """One ``Stmt`` element; a statement that is not paginated is page 1 and the last."""

    statement_id: str
    number: int
    is_last: bool
    sequence: int | None
    account: str
    from_date: date | None
    created_at: datetime | None
    balances: tuple[_Balance, ...]
    bookings: tuple[Booking, ...]

    @property
    def statement(self) -> tuple[str, str]:
        """Key that the pages of one statement share."""
        return self.account, self.statement_id if self.sequence is None else str(self.sequence)

    @property
    def is_paginated(self) -> bool:
        return self.number > 1 or not self.is_last


class _Reader:
    """Converts each entry as soon as it is complete, so that memory holds one entry's elements at a time."""

    def __init__(self, currency: str) -> None:
        self.pages: list[_Page] = []
        self._currency = currency
        self._bookings: list[Booking] = []
        self._number = 0
        self._header: Element | None = None

    def on_end(self, element: Element, depth: int) -> None:
        if depth == 4 and element.tag == "Ntry":
            self._number += 1
            booking = entries.parse_entry(element, self._currency, f"Entry {self._number}")
            if booking is not None:
                self._bookings.append(booking)
            element.clear()
        elif depth == 3 and element.tag == "GrpHdr":
            self._header = element
        elif depth == 3 and element.tag == "Stmt":
            self.pages.append(self._page(element))
            self._bookings, self._number = [], 0
            element.clear()

    def _page(self, statement: Element) -> _Page:
        statement_id = id_at(statement, "Id", "A statement")
        where = f"Statement {statement_id}"
        account = id_at(statement, "Acct/Id/IBAN", where) or id_at(statement, "Acct/Id/Othr/Id", where)
        created = text_at(statement, "CreDtTm") or text_at(self._header, "CreDtTm")
        if not statement_id or not account:
            raise BankFileError("missing_part", "A statement lacks its id or its account.")
        account_currency = text_at(statement, "Acct/Ccy")
        if account_currency and account_currency != self._currency:
            raise _wrong_currency(where, account_currency, self._currency)
        number = text_at(statement, "StmtPgntn/PgNb") or "1"
        sequence = text_at(statement, "ElctrncSeqNb") or text_at(statement, "LglSeqNb")
        if not _is_number(number) or (sequence and not _is_number(sequence)):
            raise BankFileError("missing_part", f"{where} has a page or sequence number that is not a number.")
        from_date = text_at(statement, "FrToDt/FrDtTm")
        return _Page(
            statement_id=statement_id,
            number=int(number),
            is_last=(text_at(statement, "StmtPgntn/LastPgInd") or "true") in _YES,
            sequence=int(sequence) if sequence else None,
            account="".join(account.split()).upper(),
            from_date=day(from_date, where) if from_date else None,
            created_at=moment(created, where) if created else None,
            balances=tuple(self._balance(balance, where) for balance in statement.iterfind("Bal")),
            bookings=tuple(self._bookings),
        )

    def _balance(self, balance: Element, where: str) -> _Balance:
        code = text_at(balance, "Tp/CdOrPrtry/Cd")
        where = f"The balance {code} of {where[0].lower()}{where[1:]}"
        if (balance_currency := currency_of(balance)) != self._currency:
            raise _wrong_currency(where, balance_currency, self._currency)
        on = text_at(balance, "Dt/Dt") or text_at(balance, "Dt/DtTm")
        return _Balance(code, day(on, where), signed_amount(balance, where))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _wrong_currency(where: str, found: str, expected: str) -> BankFileError:
    return BankFileError("wrong_currency", f"{where} is in {found or 'no currency'}; the platform uses {expected}.")


def _grouped(pages: Sequence[_Page]) -> list[list[_Page]]:
    """Group the pages of each statement, in the order in which the statements begin in the file."""
    groups: dict[tuple[str, ...], list[_Page]] = {}
    for position, page in enumerate(pages):
        key = page.statement if page.is_paginated else (str(position),)
        groups.setdefault(key, []).append(page)
    return [sorted(group, key=lambda page: page.number) for group in groups.values()]


def _joined(pages: list[_Page], currency: str) -> BankStatement:
    """Join the pages of one statement, and check its balances.

    Raises:
        BankFileError: pages are missing between two others, or the balances do not match the entries.
    """
    first, last = pages[0], pages[-1]
    where = f"Statement {first.statement_id}"
    if [page.number for page in pages] != list(range(first.number, first.number + len(pages))) or any(
        page.is_last for page in pages[:-1]
    ):
        raise BankFileError("inconsistent_pages", f"{where} lacks a page, or has one twice.")
    bookings = [booking for page in pages for booking in page.bookings]
    total = Money.total(booking.amount for booking in bookings)
    opening, closing = _balances(first, last, total)
    if opening.amount + total != closing.amount:
        bookings = entries.without_repeats(bookings)
        total = Money.total(booking.amount for booking in bookings)
    if opening.amount + total != closing.amount:
        raise BankFileError(
            "balance_mismatch",
            f"{where} contradicts itself: opening balance {opening.amount} plus entries of {total} is not the "
            f"closing balance {closing.amount}.",
        )
    days = [closing.on, *(booking.booked_on for booking in bookings)]
    if opening.code == _OPENING:
        days.append(opening.on)
    return BankStatement(
        statement_id=first.statement_id,
        sequence=first.sequence,
        iban=first.account,
        currency=currency,
        from_date=first.from_date or min(days),
        to_date=max(days),  # the end of FrToDt may be in the future
        created_at=first.created_at or datetime.combine(max(days), time(), UTC),
        opening=opening.amount,
        closing=closing.amount,
        entries=entries.with_keys(bookings, first.account),
        first_page=first.number,
        is_complete=first.number == 1 and last.is_last,
    )


def _balances(first: _Page, last: _Page, total: Money) -> tuple[_Balance, _Balance]:
    """Return the opening and the closing balance of pages whose entries sum to ``total``.

    Where only some pages of a statement are present, the balance that is on an absent page follows from the other.

    Raises:
        BankFileError: a balance is absent that the pages must have.
    """
    opening = min((b for b in first.balances if b.code == _OPENING), key=lambda b: b.on, default=None) or max(
        (b for b in first.balances if b.code == _PREVIOUS_CLOSING), key=lambda b: b.on, default=None
    )
    closing = max((b for b in last.balances if b.code == _CLOSING), key=lambda b: b.on, default=None)
    if opening is None and first.number > 1:
        opening = next((b for b in first.balances if b.code == _INTERIM), None)
    if opening is None and closing is not None and first.number > 1:
        opening = _Balance(_OPENING, closing.on, closing.amount - total)
    if closing is None and opening is not None and not last.is_last:
        closing = _Balance(_CLOSING, opening.on, opening.amount + total)
    if opening is None or closing is None:
        lacking = "opening" if opening is None else "closing"
        raise BankFileError("missing_balance", f"Statement {first.statement_id} has no booked {lacking} balance.")
    return opening, closing
