"""Amounts, rates, dates and counts as people read them."""

from datetime import date, datetime
from typing import Final

_SYMBOLS: Final = {
    "AUD": "$", "BRL": "R$", "CAD": "$", "CNY": "¥", "CZK": "Kč", "DKK": "kr", "EUR": "€", "GBP": "£", "HKD": "$",
    "HUF": "Ft", "ILS": "₪", "INR": "₹", "MXN": "$", "NGN": "₦", "NOK": "kr", "NZD": "$", "PHP": "₱", "PLN": "zł",
    "SEK": "kr", "SGD": "$", "THB": "฿", "TRY": "₺", "TWD": "$", "UAH": "₴", "USD": "$", "ZAR": "R",
}  # fmt: skip
"""Symbols that the pages show for these currencies (CLDR, narrow). Others are shown as their code."""
_SPACE: Final = "\u00a0"


class Count(int):
    """A number that agrees with its noun: ``f"{Count(3):day}"`` is "3 days"."""

    def __format__(self, noun: str) -> str:
        if not noun:
            return f"{int(self):,}"
        return f"{int(self):,} {noun}" if self == 1 else f"{int(self):,} {noun}s"


def money_text(amount: str, currency: str) -> str:
    """Return "$1,234.56" for an amount of the API, such as "1234.56"."""
    sign, size = ("−", amount[1:]) if amount.startswith("-") else ("", amount)
    units, _, cents = size.partition(".")
    prefix = _SYMBOLS.get(currency) or currency
    separator = _SPACE if prefix[-1].isalpha() else ""
    return f"{sign}{prefix}{separator}{int(units):,}.{cents}"


def date_text(day: date) -> str:
    """Return "23 Dec 2026"."""
    return f"{day.day} {day:%b %Y}"


def time_text(moment: datetime) -> str:
    """Return "23 Dec 2026 at 14:05 UTC"."""
    return f"{date_text(moment.date())} at {moment:%H:%M} UTC"
