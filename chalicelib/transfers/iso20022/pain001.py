"""Write payment files for the bank: pain.001.001.09 (CustomerCreditTransferInitiation).

Source: ISO 20022 message definition pain.001.001.09; EPC132-08, SEPA Credit Transfer customer-to-bank guidelines.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from chalicelib.shared.money import Money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.transfers.domain.bank_account import BankDetails

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_LONGEST_SEPA_NAME: Final = 70
_LONGEST_NAME: Final = 140
_LONGEST_TEXT: Final = 140
_NOT_PERMITTED: Final = re.compile(r"[^A-Za-z0-9/?:().,'+ -]", re.ASCII)
# Letters that Unicode does not decompose into a basic letter, and marks with a close relative in the permitted set.
_TRANSLITERATED: Final = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l",
        "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "TH", "þ": "th", "ı": "i", "Ħ": "H", "ħ": "h", "ĸ": "k",
        "Ŋ": "N", "ŋ": "n", "Ŧ": "T", "ŧ": "t", "&": "+", "@": "(at)", "_": "-", "–": "-", "—": "-", "’": "'",
        "‘": "'", "“": "'", "”": "'", '"': "'", "`": "'", ";": ",", "!": ".", "[": "(", "]": ")", "{": "(", "}": ")",
        "\\": "/", "|": "/", "\u200c": "", "\u200d": "",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """One payment: ``amount`` is positive, ``transfer_id`` becomes the end-to-end id, up to 35 characters."""

    transfer_id: str
    amount: Money
    creditor: BankDetails = field(repr=False)
    text: str = ""


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """The content of a payment file: one batch from the platform's account.

    Args:
        payout_id: id of the message and of its batch, up to 35 characters.
        currency: ISO 4217 code of all amounts.
        debtor_bic: BIC of the platform's bank; without one the bank is "NOTPROVIDED", as SEPA allows.
        transfers: at least one.
    """

    payout_id: str
    created_at: datetime
    execution_date: date
    currency: str
    debtor_name: str
    debtor_iban: str
    debtor_bic: str | None
    transfers: Sequence[CreditTransfer]

    @property
    def total(self) -> Money:
        return Money.total(transfer.amount for transfer in self.transfers)


def write_payment_file(order: PaymentOrder) -> bytes:
    """Return the file as UTF-8. Amounts are exact; texts have only characters that SEPA permits."""
    document = Element("Document", xmlns=NAMESPACE)
    message = SubElement(document, "CstmrCdtTrfInitn")
    header = SubElement(message, "GrpHdr")
    _add(header, "MsgId", order.payout_id)
    _add(header, "CreDtTm", order.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(header, "NbOfTxs", str(len(order.transfers)))
    _add(header, "CtrlSum", str(order.total))
    _add(header, "InitgPty/Nm", _name(order.debtor_name, order.currency))
    batch = SubElement(message, "PmtInf")
    _add(batch, "PmtInfId", order.payout_id)
    _add(batch, "PmtMtd", "TRF")
    _add(batch, "BtchBookg", "true")
    _add(batch, "NbOfTxs", str(len(order.transfers)))
    _add(batch, "CtrlSum", str(order.total))
    if _is_sepa(order.currency):
        _add(batch, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _add(batch, "ReqdExctnDt/Dt", order.execution_date.isoformat())
    _add(batch, "Dbtr/Nm", _name(order.debtor_name, order.currency))
    _add(batch, "DbtrAcct/Id/IBAN", order.debtor_iban)
    _add(batch, "DbtrAcct/Ccy", order.currency)
    if order.debtor_bic:
        _add(batch, "DbtrAgt/FinInstnId/BICFI", order.debtor_bic)
    else:
        _add(batch, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
    if _is_sepa(order.currency):
        _add(batch, "ChrgBr", "SLEV")
    for transfer in order.transfers:
        _add_transfer(SubElement(batch, "CdtTrfTxInf"), transfer, order.currency)
    return bytes(tostring(document, encoding="utf-8", xml_declaration=True))


def permitted(text: str) -> str:
    """Return a text with the characters that SEPA permits: others are transliterated, or replaced by a full stop.

    >>> permitted("Jürgen Müller & Søn")
    'Jurgen Muller + Son'

    Source: EPC217-08, SEPA requirements for an extended character set. Letters of other scripts have no
    transliteration here. A text does not begin with a slash.
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_TRANSLITERATED))
    basic = "".join(character for character in decomposed if not unicodedata.combining(character))
    replaced = _NOT_PERMITTED.sub(".", " ".join(basic.split()))
    return re.sub("/{2,}", "/", replaced).strip(" /")


def _add_transfer(payment: Element, transfer: CreditTransfer, currency: str) -> None:
    creditor = transfer.creditor
    _add(payment, "PmtId/EndToEndId", transfer.transfer_id)
    _add(payment, "Amt/InstdAmt", str(transfer.amount)).set("Ccy", currency)
    if not creditor.iban:
        _add(payment, "CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd", "USABA")
        _add(payment, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId", creditor.routing_number)
        _add(payment, "CdtrAgt/FinInstnId/PstlAdr/Ctry", "US")
    _add(payment, "Cdtr/Nm", _name(creditor.holder, currency))
    if creditor.iban:
        _add(payment, "CdtrAcct/Id/IBAN", creditor.iban)
    else:
        _add(payment, "CdtrAcct/Id/Othr/Id", creditor.account_number)
    text = permitted(transfer.text)[:_LONGEST_TEXT].strip(" /")
    if text:
        _add(payment, "RmtInf/Ustrd", text)


def _add(parent: Element, path: str, text: str) -> Element:
    """Add a text at a path below an element; elements on the way that are the last of their name are continued."""
    for name in path.split("/"):
        last = parent[-1] if len(parent) else None
        is_open = last is not None and last.tag == name and not last.text
        parent = last if last is not None and is_open else SubElement(parent, name)
    parent.text = text
    return parent


def _is_sepa(currency: str) -> bool:
    return currency == "EUR"


def _name(name: str, currency: str) -> str:
    """Return a name of a party that is not empty and has the permitted length."""
    longest = _LONGEST_SEPA_NAME if _is_sepa(currency) else _LONGEST_NAME
    return permitted(name)[:longest].strip(" /") or "."
