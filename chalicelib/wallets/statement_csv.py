"""A statement as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from chalicelib.shared.clock import rfc3339
from chalicelib.wallets.domain.history import Statement

_HEADER: Final = ("date", "type", "description", "reference", "amount", "balance")
_FORMULA_START: Final = re.compile(r"""((?:^|[;,|\t])["'\s]*)([=+\-@\t\r＝＋－＠])""")


def statement_csv(statement: Statement) -> str:
    """Opening line, one line an entry with the running balance, closing line."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(_HEADER)
    balance = statement.opening_balance
    writer.writerow((statement.first.isoformat(), "OPENING_BALANCE", "", "", "", str(balance)))
    for entry in statement.entries:
        balance = balance + entry.amount
        row = (rfc3339(entry.created_at), entry.type.value, as_text(entry.description), entry.reference or "")
        writer.writerow((*row, str(entry.amount), str(balance)))
    closing = ("CLOSING_BALANCE", "", "", "", str(statement.closing_balance))
    writer.writerow((statement.last.isoformat(), *closing))
    return output.getvalue()


def as_text(value: str) -> str:
    """Keep a spreadsheet from reading a text, or a part of it, as a formula.

    Where semicolons part the cells, as in much of Europe, a text with one begins a cell of its own behind it.

    Source: OWASP, CSV Injection.
    """
    return _FORMULA_START.sub(r"\1'\2", value)
