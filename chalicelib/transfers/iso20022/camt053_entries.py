"""Parse the entries of a bank statement, and identify them across statements.

Source: ISO 20022 message definitions camt.053.001.02 and .08, components ReportEntry2 and ReportEntry10.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from chalicelib.shared.money import Money
from chalicelib.transfers.domain.bank_file import BankEntry, BankFileError, take_key
from chalicelib.transfers.iso20022.reference_search import creditor_reference, first_creditor_reference
from chalicelib.transfers.iso20022.values import amount, currency_of, day, id_at, legible, signed_amount, text_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from xml.etree.ElementTree import Element

_NO_REFERENCE: Final = frozenset({"", "NOTPROVIDED", "NONREF", "NOREF", "NONE"})
_DETAIL_AMOUNTS: Final = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")
_DUE_TO_RETURN: Final = "RRTN"
_NARRATIVE: Final = "NARR"
_LONGEST_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class Booking:
    """A booked entry: one payment, or the payments of a batch. ``facts`` identify it within its account."""

    facts: tuple[str, ...]
    has_servicer_reference: bool
    amount: Money
    booked_on: date
    entries: tuple[BankEntry, ...]


def parse_entry(entry: Element, currency: str, where: str) -> Booking | None:
    """Return a booked entry, or None if it is pending, for information, or of amount zero.

    ``CdtDbtInd`` is the direction of this movement, also of a reversal: a credit with ``RvslInd`` true reverses a
    debit. An amount within the details may be in another currency, since the booked amount is what counts.

    Raises:
        BankFileError: a part is absent or wrong.
    """
    status = text_at(entry, "Sts/Cd") or text_at(entry, "Sts/Prtry") or text_at(entry, "Sts")
    if not status:
        raise BankFileError("missing_part", f"{where} has no status.")
    if status != "BOOK":
        return None
    total = signed_amount(entry, where)
    if (found := currency_of(entry)) != currency:
        raise BankFileError("wrong_currency", f"{where} is in {found or 'no currency'}; the account is in {currency}.")
    if not total:
        return None
    details = entry.findall("NtryDtls/TxDtls")
    payments = _payments(entry, _entry(entry, total, where), details, currency, where)
    return _booking(entry, total, payments, details)


def without_repeats(bookings: Sequence[Booking]) -> list[Booking]:
    """Drop entries that have the bank's reference of an earlier one, such as those repeated on the next page."""
    seen = set[tuple[str, ...]]()
    kept = []
    for booking in bookings:
        if not booking.has_servicer_reference or booking.facts not in seen:
            kept.append(booking)
        seen.add(booking.facts)
    return kept


def with_keys(bookings: Iterable[Booking], account: str) -> tuple[BankEntry, ...]:
    """Return the entries of a statement with their keys.

    Entries of one statement that have the same facts are counted, so that each has its own key, and the same one in
    another statement that contains the same day.
    """
    used: dict[str, str] = {}
    keyed = []
    for booking in bookings:
        for payment in booking.entries:
            facts = (*booking.facts, *_facts(payment)) if len(booking.entries) > 1 else booking.facts
            key = take_key(_digest(account, *facts), used)
            keyed.append(replace(payment, key=key, has_servicer_reference=booking.has_servicer_reference))
    return tuple(keyed)


def _entry(entry: Element, total: Money, where: str) -> BankEntry:
    """Return what all payments of an entry share; this is all of it if the bank gives no details."""
    value = text_at(entry, "ValDt/Dt") or text_at(entry, "ValDt/DtTm")
    booked_on = day(text_at(entry, "BookgDt/Dt") or text_at(entry, "BookgDt/DtTm") or value, where)
    information = text_at(entry, "AddtlNtryInf")
    returned = text_at(entry, "BkTxCd/Domn/Fmly/SubFmlyCd") == _DUE_TO_RETURN
    return BankEntry(
        key="",
        booked_on=booked_on,
        value_on=day(value, where) if value else booked_on,
        amount=total,
        is_reversal=returned or text_at(entry, "RvslInd") in {"true", "1"},
        reference=creditor_reference(information),
        end_to_end_id="",
        payment_information_id=_payment_information_id(entry, where),
        return_reason="",
        counterparty_name="",
        remittance=_shown(information),
        details=(_shown(information),) if information else (),
    )


def _payments(
    entry: Element, whole: BankEntry, details: list[Element], currency: str, where: str
) -> tuple[BankEntry, ...]:
    """Return one entry per payment, or the whole entry if the bank does not give each payment's amount.

    The first kind of amount that sums to the batch is the booked one. If none does, as when the bank deducts a charge,
    the whole entry is booked without a reference, for an operator to assign.
    """
    batches = [ids for batch in entry.iterfind("NtryDtls") for ids in _batch_ids(batch, where)]
    if len(details) == 1:
        return (_payment(whole, details[0], batches[0], where),)
    itemised = _itemised(details, whole.amount, currency, where)
    if not itemised:
        return (whole,)
    amounts = next((amounts for amounts in itemised if Money.total(amounts) == whole.amount), None)
    if amounts is None:
        return (replace(whole, reference=""),)
    return tuple(
        _payment(replace(whole, amount=part), detail, batch, where)
        for part, detail, batch in zip(amounts, details, batches, strict=True)
        if part
    )


def _itemised(details: list[Element], total: Money, currency: str, where: str) -> list[list[Money]]:
    """Return the signed amounts of a batch's payments, once for each kind that all give in the account's currency.

    A payment may give several amounts: of the transaction, as instructed, as converted.
    """
    return [
        [_signed(detail, path, total, where) for detail in details]
        for path in _DETAIL_AMOUNTS
        if details and all(currency_of(detail, path) == currency for detail in details)
    ]


def _signed(detail: Element, path: str, total: Money, where: str) -> Money:
    direction = text_at(detail, "CdtDbtInd")
    is_debit = direction == "DBIT" if direction else total.cents < 0
    value = amount(text_at(detail, path), where)
    return -value if is_debit else value


def _payment_information_id(entry: Element, where: str) -> str:
    """Return the id of an entry's batch: its own, or the one that all of its payments share."""
    details = entry.findall("NtryDtls/TxDtls")
    candidates = []
    for name in ("PmtInfId", "MsgId"):
        shared = {id_at(detail, f"Refs/{name}", where) for detail in details}
        candidates += [id_at(entry, f"NtryDtls/Btch/{name}", where), shared.pop() if len(shared) == 1 else ""]
    return _first(candidates)


def _batch_ids(batch: Element, where: str) -> list[tuple[str, str]]:
    """Return the ids of a batch, and of the file that ordered it, once for each of its payments."""
    ids = (id_at(batch, "Btch/PmtInfId", where), id_at(batch, "Btch/MsgId", where))
    return [ids] * len(batch.findall("TxDtls"))


def _payment(whole: BankEntry, detail: Element, batch_ids: tuple[str, str], where: str) -> BankEntry:
    remittance = [text for path in ("RmtInf/Ustrd", "RmtInf/Strd/AddtlRmtInf") for text in _all(detail, path)]
    structured = _all(detail, "RmtInf/Strd/CdtrRefInf/Ref")
    end_to_end_id = _first([id_at(detail, "Refs/EndToEndId", where)])
    information = [*whole.details, *_all(detail, "AddtlTxInf"), *_all(detail, "RtrInf/AddtlInf")]
    reason = _shown(text_at(detail, "RtrInf/Rsn/Cd") or text_at(detail, "RtrInf/Rsn/Prtry"))
    if not reason and detail.find("RtrInf") is not None:
        reason = _NARRATIVE
    is_reversal = whole.is_reversal or text_at(detail, "BkTxCd/Domn/Fmly/SubFmlyCd") == _DUE_TO_RETURN
    return replace(
        whole,
        is_reversal=is_reversal,
        reference=first_creditor_reference((*structured, " ".join(remittance), *information, end_to_end_id)),
        end_to_end_id=end_to_end_id,
        payment_information_id=_first(
            [id_at(detail, "Refs/PmtInfId", where), batch_ids[0], id_at(detail, "Refs/MsgId", where), batch_ids[1]]
        ),
        return_reason=reason,
        counterparty_name=_counterparty(detail, whole.amount, is_outgoing_side=is_reversal or bool(reason)),
        remittance=_shown(" ".join([*structured, *remittance])) or whole.remittance,
        details=tuple(_shown(text) for text in information),
    )


def _counterparty(detail: Element, total: Money, *, is_outgoing_side: bool) -> str:
    """Return the other party's name. A payment that comes back keeps the roles of the original one."""
    is_debtor = (total.cents > 0) != is_outgoing_side
    party = "Dbtr" if is_debtor else "Cdtr"
    return _shown(text_at(detail, f"RltdPties/{party}/Pty/Nm") or text_at(detail, f"RltdPties/{party}/Nm"))


def _facts(payment: BankEntry) -> tuple[str, ...]:
    return (
        str(payment.amount),
        payment.end_to_end_id,
        payment.payment_information_id,
        payment.reference,
        payment.remittance,
    )


def _booking(entry: Element, total: Money, payments: tuple[BankEntry, ...], details: list[Element]) -> Booking:
    """Identify an entry by the bank's reference, else by its own, else by all its facts.

    A reference that is a mere number may be the entry's position in this statement, and identifies nothing.
    """
    first = payments[0]
    only = details[0] if len(details) == 1 else None
    servicer = _first([text_at(entry, "AcctSvcrRef"), text_at(only, "Refs/AcctSvcrRef")])
    own = _first([text_at(entry, "NtryRef")])
    movement = (str(first.booked_on), str(total), str(first.is_reversal))
    facts: tuple[str, ...]
    if servicer:
        facts = ("AcctSvcrRef", servicer, *movement)
    elif own and not own.isdigit():
        facts = ("NtryRef", own, *movement)
    else:
        facts = ("facts", *movement, str(first.value_on), *(text for payment in payments for text in _facts(payment)))
    return Booking(facts, bool(servicer), total, first.booked_on, payments)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def _first(texts: Iterable[str]) -> str:
    """Return the first text that is a reference, or an empty text."""
    return next((text for text in texts if text.upper() not in _NO_REFERENCE), "")


def _all(element: Element, path: str) -> list[str]:
    return [text for found in element.iterfind(path) if (text := " ".join((found.text or "").split()))]


def _shown(text: str) -> str:
    return legible(text)[:_LONGEST_TEXT]
