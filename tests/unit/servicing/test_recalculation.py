"""Recalculation after a prepayment, on new terms, and after a holiday."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.lending_math.accrual import accrued_interest, remaining_interest
from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import annuity_instalment, monthly_rate
from chalicelib.lending_math.due_dates import due_dates
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.lending_math.schedule import Schedule
from chalicelib.servicing.domain.recalculation import (
    DueInstalment,
    payment_holiday,
    reduce_instalment,
    reduce_term,
    remaining_instalments,
)
from chalicelib.shared.money import ZERO, Money, Rate
from tests.unit.lending_math.loan_terms import Terms, loan_terms

ONE_PERCENT = Fraction(1, 100)


def open_loan(method: Method = Method.ANNUITY, periods: int = 6) -> Schedule:
    return Terms(Money.of("1000.00"), Rate.percent("12"), periods, date(2026, 1, 31), method).schedule()


def rows_from(schedule: Schedule, first: int = 0) -> list[DueInstalment]:
    return [DueInstalment(row.due_date, row.principal, row.interest) for row in schedule.instalments[first:]]


def totals(rows: tuple[DueInstalment, ...]) -> list[str]:
    return [str(row.principal + row.interest) for row in rows]


def regular_of(schedule: Schedule) -> Money:
    return schedule.instalments[0].principal if schedule.method is Method.EQUAL_PRINCIPAL else schedule.level_payment


def shorten(schedule: Schedule, balance: str, current_interest: str) -> tuple[DueInstalment, ...]:
    return reduce_term(
        rows_from(schedule), Money.of(balance), ONE_PERCENT, schedule.method,
        level_payment=regular_of(schedule), current_interest=Money.of(current_interest),
    )  # fmt: skip


def lower(schedule: Schedule, balance: str, current_interest: str) -> tuple[DueInstalment, ...]:
    return reduce_instalment(
        rows_from(schedule), Money.of(balance), ONE_PERCENT, schedule.method,
        current_interest=Money.of(current_interest),
    )  # fmt: skip


def test_reduced_term_keeps_the_annuity_instalment() -> None:
    rows = shorten(open_loan(), balance="600.00", current_interest="6.00")

    assert totals(rows) == ["172.55", "172.55", "172.55", "96.28"]


def test_reduced_instalment_keeps_the_annuity_term() -> None:
    rows = lower(open_loan(), balance="600.00", current_interest="6.00")

    assert totals(rows) == ["103.53", "103.53", "103.53", "103.53", "103.53", "103.51"]


def test_reduced_instalment_matches_published_value() -> None:
    """apache/fineract, LoanRepayment.feature, RP12: 2,090.59 over four periods at 1 % is 535.8, there 536."""
    assert str(annuity_instalment(Money.of("2090.59"), ONE_PERCENT, 4)) == "535.78"


def test_equal_principal_keeps_part_or_spreads_balance() -> None:
    loan = open_loan(Method.EQUAL_PRINCIPAL)

    shorter = shorten(loan, balance="600.00", current_interest="6.00")
    lighter = lower(loan, balance="600.00", current_interest="6.00")

    assert [str(row.principal) for row in shorter] == ["166.67", "166.67", "166.67", "99.99"]
    assert [str(row.principal) for row in lighter] == ["100.00"] * 6
    assert [str(row.interest) for row in lighter] == ["6.00", "5.00", "4.00", "3.00", "2.00", "1.00"]


def test_flat_loan_drops_last_instalments() -> None:
    loan = open_loan(Method.FLAT)

    shorter = shorten(loan, balance="600.00", current_interest="10.00")

    assert [str(row.principal) for row in shorter] == ["166.67", "166.67", "166.67", "99.99"]
    assert [str(row.interest) for row in shorter] == ["10.00"] * 4
    assert lower(loan, balance="600.00", current_interest="10.00") == shorter


def test_interest_only_loan_pays_less_interest() -> None:
    loan = open_loan(Method.INTEREST_ONLY, periods=3)

    shorter = shorten(loan, balance="600.00", current_interest="8.00")

    assert totals(shorter) == ["8.00", "6.00", "606.00"]
    assert lower(loan, balance="600.00", current_interest="8.00") == shorter


def test_small_balance_needs_fewer_instalments() -> None:
    rows = lower(open_loan(), balance="0.05", current_interest="0.00")

    assert totals(rows) == ["0.01"] * 5


@pytest.mark.parametrize("balance", ["0.00", "-1.00", "1000.01"])
def test_balance_out_of_range_is_rejected(balance: str) -> None:
    with pytest.raises(ValueError, match="balance"):
        shorten(open_loan(), balance=balance, current_interest="0.00")
    with pytest.raises(ValueError, match="balance"):
        lower(open_loan(), balance=balance, current_interest="0.00")


@dataclass(frozen=True)
class Prepaid:
    """A loan on the day of a prepayment in the middle of a period."""

    schedule: Schedule
    rate: Fraction
    rows: list[DueInstalment]
    balance: Money
    accrued: Money
    left: Money


@st.composite
def prepaid_loans(draw: st.DrawFn) -> Prepaid:
    terms = draw(loan_terms(longest=60))
    schedule = terms.schedule_or_skip()
    first = draw(st.integers(0, len(schedule.instalments) - 1))
    rows, rate = rows_from(schedule, first), monthly_rate(terms.rate)
    owed = Money.total(row.principal for row in rows)
    assume(owed.cents > 1)
    balance = owed - Money(draw(st.one_of(st.integers(1, min(50, owed.cents - 1)), st.integers(1, owed.cents - 1))))
    begin = schedule.instalments[first - 1].due_date if first else schedule.start_date
    due = rows[0].due_date
    today = begin + timedelta(days=draw(st.integers(0, (due - begin).days)))
    accrued = accrued_interest(owed, rate, rows[0].interest, begin=begin, due_date=due, today=today)
    most = rows[0].interest - accrued
    left = remaining_interest(balance, rate, most, begin=begin, due_date=due, today=today)
    return Prepaid(schedule, rate, rows, balance, accrued, left)


def assert_lighter(case: Prepaid, after: tuple[DueInstalment, ...], interest_paid: Money) -> None:
    assert Money.total(row.principal for row in after) == case.balance
    assert [row.due_date for row in after] == [row.due_date for row in case.rows[: len(after)]]
    assert all(row.interest >= ZERO for row in after)
    amortising = after[-1:] if case.schedule.method is Method.INTEREST_ONLY else after
    assert all(row.principal > ZERO for row in amortising)
    before = Money.total(row.interest for row in case.rows)
    assert interest_paid + Money.total(row.interest for row in after) <= before


@given(prepaid_loans())
def test_reducing_the_term_never_raises_interest(case: Prepaid) -> None:
    after = reduce_term(
        case.rows, case.balance, case.rate, case.schedule.method,
        level_payment=regular_of(case.schedule), current_interest=case.accrued + case.left,
    )  # fmt: skip

    assert_lighter(case, after, interest_paid=ZERO)


@given(prepaid_loans())
def test_reducing_the_instalment_never_raises_interest(case: Prepaid) -> None:
    after = reduce_instalment(case.rows, case.balance, case.rate, case.schedule.method, current_interest=case.left)

    assert_lighter(case, after, interest_paid=case.accrued)


@given(prepaid_loans())
def test_current_instalment_may_include_paid_interest(case: Prepaid) -> None:
    after = reduce_instalment(
        case.rows, case.balance, case.rate, case.schedule.method, current_interest=case.accrued + case.left
    )

    assert_lighter(case, after, interest_paid=ZERO)


def test_earlier_interest_does_not_inflate_reduced_instalment() -> None:
    """Most of a loan is prepaid at the end of a month: 10.00 accrued on 1,000.00, and 60.00 remain."""
    rows = lower(open_loan(), balance="60.00", current_interest="10.00")

    assert totals(rows)[1:] == ["10.35"] * 5
    assert str(rows[0].principal) == "9.75"


@pytest.mark.parametrize("strategy", [shorten, lower])
def test_holiday_interest_is_added_to_the_instalment(
    strategy: Callable[[Schedule, str, str], tuple[DueInstalment, ...]],
) -> None:
    """Two years without payments: the current instalment has more interest than a level payment."""
    rows = strategy(open_loan(), "900.00", "250.00")

    assert str(rows[0].interest) == "250.00"
    assert all(row.principal > Money.of("100.00") for row in rows[:-1])


@given(st.integers(1_000, 1_000_000), st.integers(0, 5_000), st.integers(2, 60), st.fractions("0.001", "0.9"))
def test_reduced_instalment_is_the_annuity_of_the_balance(
    units: int, basis_points: int, periods: int, part: Fraction
) -> None:
    """A prepayment of a few cents may depend on rounding; any other follows the formula."""
    terms = Terms(Money(100 * units), Rate(basis_points), periods, date(2026, 1, 31))
    balance, rate = Money(100 * units).times(1 - part), monthly_rate(terms.rate)

    after = reduce_instalment(
        rows_from(terms.schedule()), balance, rate, Method.ANNUITY, current_interest=balance.times(rate)
    )

    level = annuity_instalment(balance, rate, periods)
    assert [row.principal + row.interest for row in after[:-1]] == [level] * (periods - 1)


def test_longer_term_matches_published_instalments() -> None:
    """apache/fineract, Loan.feature, two extra terms: 2,000 over four months without interest."""
    dates = due_dates(date(2023, 8, 1), 4)

    rows = remaining_instalments(Money.of("2000.00"), Fraction(0), dates, Method.FLAT)

    assert [(row.due_date.isoformat(), str(row.principal), str(row.interest)) for row in rows] == [
        ("2023-09-01", "500.00", "0.00"),
        ("2023-10-01", "500.00", "0.00"),
        ("2023-11-01", "500.00", "0.00"),
        ("2023-12-01", "500.00", "0.00"),
    ]


def test_new_flat_rate_matches_published_value() -> None:
    """apache/fineract, Loan.feature, rescheduling to a new rate: 6 % a year of the 3,000 first lent."""
    rows = remaining_instalments(
        Money.of("2000.00"), Fraction(6, 1200), due_dates(date(2023, 8, 1), 2), Method.FLAT,
        flat_base=Money.of("3000.00"),
    )  # fmt: skip

    assert totals(rows) == ["1015.00", "1015.00"]


@given(loan_terms())
def test_rescheduling_on_equal_terms_changes_nothing(terms: Terms) -> None:
    schedule = terms.schedule_or_skip()
    dates = [row.due_date for row in schedule.instalments]

    rows = remaining_instalments(schedule.principal, monthly_rate(terms.rate), dates, terms.method)

    assert list(rows) == rows_from(schedule)


@pytest.mark.parametrize(("cents", "rows"), [(3, 12), (2, 3)])
@pytest.mark.parametrize("method", [Method.ANNUITY, Method.EQUAL_PRINCIPAL, Method.FLAT])
def test_balance_too_small_for_term_is_rejected(method: Method, cents: int, rows: int) -> None:
    with pytest.raises(TermsNotAmortisable):
        remaining_instalments(Money(cents), Fraction(0), due_dates(date(2026, 1, 1), rows), method)


def test_holiday_moves_dates_and_adds_simple_interest() -> None:
    rows = rows_from(open_loan(), 1)
    owed = Money.total(row.principal for row in rows)

    after = payment_holiday(rows, 2, owed, ONE_PERCENT, anchor_day=31)

    assert [row.due_date for row in after[:2]] == [date(2026, 5, 31), date(2026, 6, 30)]
    # 837.45 × 1 % × 2 months = 16.749, on top of the instalment's own 8.37.
    assert str(after[0].interest) == "25.12"
    assert [row.interest for row in after[1:]] == [row.interest for row in rows[1:]]
    assert [row.principal for row in after] == [row.principal for row in rows]
