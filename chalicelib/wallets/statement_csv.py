"""Write a statement as CSV that is safe to open in a spreadsheet."""

import csv
import io
import re
from typing import Final

from chalicelib.shared.clock import rfc3339
from chalicelib.wallets.domain.history import Statement

_HEADER: Final = ("date", "type", "description", "reference", "amount", "balance", "principal", "interest", "late_fee")
_NO_SPLIT: Final = ("", "", "")
_FORMULA_START: Final = re.compile(r"""((?:^|[;,|\t])["'\s]*)([=+\-@\t\r＝＋－＠])""")


def statement_csv(statement: Statement) -> str:
    """Return an opening line, one line per entry with the running balance, and a closing line."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(_HEADER)
    balance = statement.opening_balance
    writer.writerow((statement.first.isoformat(), "OPENING_BALANCE", "", "", "", str(balance), *_NO_SPLIT))
    for entry in statement.entries:
        balance = balance + entry.amount
        row = (rfc3339(entry.created_at), entry.type.value, as_text(entry.description), entry.reference or "")
        split = entry.split
        parts = (str(split.principal), str(split.interest), str(split.late_fee)) if split else _NO_SPLIT
        writer.writerow((*row, str(entry.amount), str(balance), *parts))
    closing = ("CLOSING_BALANCE", "", "", "", str(statement.closing_balance), *_NO_SPLIT)
    writer.writerow((statement.last.isoformat(), *closing))
    return output.getvalue()


def as_text(value: str) -> str:
    """Prevent a spreadsheet from reading a text, or a part of it, as a formula.

    Where semicolons separate cells, as in much of Europe, the text after a semicolon starts a cell of its own.

    Source: OWASP, CSV Injection.
    """
    return _FORMULA_START.sub(r"\1'\2", value)
