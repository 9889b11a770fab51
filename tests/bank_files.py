"""Bank statements for tests, written from the definitions of camt.053.001.02 and .08."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from chalicelib.shared.money import Money

IBAN: Final = "DE89370400440532013000"
OTHER_IBAN: Final = "NL91ABNA0417164300"
REFERENCE: Final = "RF18539007547034"
DAY: Final = "2026-11-27"


@dataclass(frozen=True, slots=True)
class Detail:
    """One ``TxDtls``. ``amount`` is without a sign; a text that is empty is left out."""

    amount: str = ""
    currency: str = "EUR"
    direction: str = ""
    name: str = ""
    reference: str = ""
    text: str | tuple[str, ...] = ()
    end_to_end_id: str = ""
    payment_information_id: str = ""
    message_id: str = ""
    servicer_reference: str = ""
    return_reason: str = ""
    returned: bool = False
    instructed: tuple[str, str] | None = None

    def xml(self, version: str, direction: str) -> str:
        """Return the element; ``direction`` is that of the entry."""
        texts = (self.text,) if isinstance(self.text, str) else self.text
        structured = element("Strd", element("CdtrRefInf", element("Ref", self.reference)))
        amounts = _amount("InstdAmt", *self.instructed) if self.instructed else ""
        own = ""
        if self.amount and version == "02":
            amounts += _amount("TxAmt", self.amount, self.currency)
        elif self.amount:
            own = f'<Amt Ccy="{self.currency}">{self.amount}</Amt><CdtDbtInd>{self.direction or direction}</CdtDbtInd>'
        reason = element("Rsn", element("Cd", self.return_reason))
        return element(
            "TxDtls",
            element(
                "Refs",
                element("MsgId", self.message_id),
                element("AcctSvcrRef", self.servicer_reference),
                element("PmtInfId", self.payment_information_id),
                element("EndToEndId", self.end_to_end_id),
            ),
            own,
            element("AmtDtls", amounts),
            self._parties(version, direction),
            element("RmtInf", *(element("Ustrd", escape(text)) for text in texts), structured),
            "<RtrInf/>" if self.returned and not reason else element("RtrInf", reason),
            keep_empty=True,
        )

    def _parties(self, version: str, direction: str) -> str:
        name = element("Nm", escape(self.name))
        inner = name if version == "02" else element("Pty", name)
        return element("RltdPties", element("Dbtr" if direction == "CRDT" else "Cdtr", inner))


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``Ntry``. ``amount`` is signed: a credit is positive."""

    amount: str
    details: tuple[Detail, ...] = ()
    servicer_reference: str = ""
    entry_reference: str = ""
    booked_on: str = DAY
    value_on: str = DAY
    status: str = "BOOK"
    currency: str = "EUR"
    is_reversal: bool = False
    batch: str = ""
    batch_message: str = ""
    information: str = ""

    def xml(self, version: str) -> str:
        """Return the element."""
        direction = "DBIT" if self.amount.startswith("-") else "CRDT"
        batch = element("Btch", element("MsgId", self.batch_message), element("PmtInfId", self.batch))
        details = "".join(detail.xml(version, direction) for detail in self.details)
        return element(
            "Ntry",
            element("NtryRef", self.entry_reference),
            f'<Amt Ccy="{self.currency}">{self.amount.removeprefix("-")}</Amt>',
            element("CdtDbtInd", direction),
            element("RvslInd", "true" if self.is_reversal else ""),
            element("Sts", self.status if version == "02" else element("Cd", self.status)),
            element("BookgDt", element("Dt", self.booked_on)),
            element("ValDt", element("Dt", self.value_on)),
            element("AcctSvcrRef", self.servicer_reference),
            "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>",
            element("NtryDtls", batch, details),
            element("AddtlNtryInf", escape(self.information)),
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """One ``Stmt``. Without a closing balance, it is the opening balance plus the booked entries."""

    entries: Sequence[Entry] = ()
    opening: str | None = "0.00"
    closing: str | None = ""
    opening_code: str = "OPBD"
    statement_id: str = "STATEMENT-1"
    sequence: str = "1"
    page: tuple[int, bool] | None = None
    iban: str = IBAN
    account_currency: str = "EUR"
    currency: str = "EUR"
    period: tuple[str, str] | None = (DAY, DAY)
    day: str = DAY

    def xml(self, version: str) -> str:
        """Return the element."""
        number, is_last = self.page or (0, True)
        pages = element("PgNb", str(number)) + element("LastPgInd", str(is_last).lower())
        start, end = self.period or ("", "")
        closing = self.booked_balance() if self.closing == "" else self.closing
        return element(
            "Stmt",
            element("Id", escape(self.statement_id)),
            element("StmtPgntn", pages) if self.page else "",
            element("ElctrncSeqNb", self.sequence),
            element("CreDtTm", f"{self.day}T18:00:00+01:00"),
            element("FrToDt", f"<FrDtTm>{start}T00:00:00</FrDtTm><ToDtTm>{end}T23:59:59</ToDtTm>" if start else ""),
            element("Acct", element("Id", element("IBAN", self.iban)), element("Ccy", self.account_currency)),
            self._balance(self.opening_code, self.opening),
            self._balance("CLBD", closing),
            *(entry.xml(version) for entry in self.entries),
        )

    def booked_balance(self) -> str:
        """Return the opening balance plus the booked entries."""
        booked = Money.total(Money.of(entry.amount) for entry in self.entries if entry.status == "BOOK")
        return str(Money.of(self.opening or "0") + booked)

    def _balance(self, code: str, amount: str | None) -> str:
        if amount is None:
            return ""
        return element(
            "Bal",
            element("Tp", element("CdOrPrtry", element("Cd", code))),
            f'<Amt Ccy="{self.currency}">{amount.removeprefix("-")}</Amt>',
            element("CdtDbtInd", "DBIT" if amount.startswith("-") else "CRDT"),
            element("Dt", element("Dt", self.day)),
        )


def document(*statements: Statement, version: str = "08") -> bytes:
    """Return a file of one or more statements."""
    header = element("GrpHdr", element("MsgId", "MESSAGE-1"), element("CreDtTm", f"{DAY}T18:00:00Z"))
    body = element("BkToCstmrStmt", header, *(statement.xml(version) for statement in statements))
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{namespace}">{body}</Document>'.encode()


def element(name: str, *content: str, keep_empty: bool = False) -> str:
    """Return an element, or an empty text if it has no content."""
    inner = "".join(content)
    return f"<{name}>{inner}</{name}>" if inner or keep_empty else ""


def _amount(name: str, amount: str, currency: str) -> str:
    return element(name, f'<Amt Ccy="{currency}">{amount}</Amt>')
