"""Amounts, dates and counts as people read them."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.notifications.domain.formats import Count, date_text, money_text, time_text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.56", "USD", "$1,234.56"),
        ("0.05", "GBP", "£0.05"),
        ("-1000000.00", "EUR", "−€1,000,000.00"),
        ("12.30", "CHF", "CHF\u00a012.30"),
        ("12.30", "ZAR", "R\u00a012.30"),
    ],
)
def test_amount_has_symbol_and_separators(amount: str, currency: str, text: str) -> None:
    assert money_text(amount, currency) == text


def test_date_has_a_short_month() -> None:
    assert date_text(date(2026, 12, 3)) == "3 Dec 2026"
    assert time_text(datetime(2026, 12, 23, 9, 5, tzinfo=UTC)) == "23 Dec 2026 at 09:05 UTC"


@pytest.mark.parametrize(("number", "text"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1500, "1,500 days")])
def test_count_agrees_with_its_noun(number: int, text: str) -> None:
    assert f"{Count(number):day}" == text
