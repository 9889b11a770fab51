"""Recalculation after a prepayment, on new terms, and after a holiday."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.lending_math.accrual import interest_by_days
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
Change = Callable[[Schedule, str, str], tuple[DueInstalment, ...]]


def open_loan(method: Method = Method.ANNUITY) -> Schedule:
    return Terms(Money.of("1000.00"), Rate.percent("12"), 6, date(2026, 1, 31), method).schedule()


def rows_from(schedule: Schedule, first: int = 0) -> list[DueInstalment]:
    return [DueInstalment(row.due_date, row.principal, row.interest) for row in schedule.instalments[first:]]


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


@pytest.mark.parametrize(
    ("method", "change", "balance", "interest", "expected"),
    [
        (Method.ANNUITY, shorten, "600.00", "6.00", ["172.55"] * 3 + ["96.28"]),
        (Method.ANNUITY, lower, "600.00", "6.00", ["103.53"] * 5 + ["103.51"]),
        (Method.ANNUITY, lower, "0.05", "0.00", ["0.01"] * 5),
        (Method.ANNUITY, lower, "60.00", "10.00", ["19.75"] + ["10.35"] * 5),
        (Method.EQUAL_PRINCIPAL, lower, "600.00", "6.00", ["106.00", "105.00", "104.00", "103.00", "102.00", "101.00"]),
        (Method.FLAT, shorten, "600.00", "10.00", ["176.67"] * 3 + ["109.99"]),
        (Method.FLAT, lower, "600.00", "10.00", ["176.67"] * 3 + ["109.99"]),
        (Method.INTEREST_ONLY, shorten, "600.00", "8.00", ["8.00"] + ["6.00"] * 4 + ["606.00"]),
        (Method.INTEREST_ONLY, lower, "600.00", "8.00", ["8.00"] + ["6.00"] * 4 + ["606.00"]),
    ],
)
def test_prepayment_reduces_term_or_instalment(
    method: Method, change: Change, balance: str, interest: str, expected: list[str]
) -> None:
    rows = change(open_loan(method), balance, interest)

    assert [str(row.principal + row.interest) for row in rows] == expected
    assert str(rows[0].interest) == interest


@pytest.mark.parametrize(
    ("method", "change", "expected"),
    [
        (Method.EQUAL_PRINCIPAL, shorten, ["166.67"] * 3 + ["99.99"]),
        (Method.EQUAL_PRINCIPAL, lower, ["100.00"] * 6),
        (Method.FLAT, shorten, ["166.67"] * 3 + ["99.99"]),
    ],
)
def test_prepayment_keeps_or_spreads_principal_parts(method: Method, change: Change, expected: list[str]) -> None:
    rows = change(open_loan(method), "600.00", "10.00")

    assert [str(row.principal) for row in rows] == expected


def test_reduced_instalment_matches_published_value() -> None:
    """apache/fineract, LoanRepayment.feature, RP12: 2,090.59 over four periods at 1 % is 535.8, there 536."""
    assert str(annuity_instalment(Money.of("2090.59"), ONE_PERCENT, 4)) == "535.78"


@pytest.mark.parametrize("change", [shorten, lower])
@pytest.mark.parametrize("balance", ["0.00", "-1.00", "1000.01"])
def test_balance_out_of_range_is_rejected(change: Change, balance: str) -> None:
    with pytest.raises(ValueError, match="balance"):
        change(open_loan(), balance, "0.00")


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
    period = (due - begin).days
    accrued = min(interest_by_days(owed, rate, (today - begin).days, Fraction(period)), rows[0].interest)
    left = min(interest_by_days(balance, rate, (due - today).days, Fraction(period)), rows[0].interest - accrued)
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
    """The current instalment has the interest of the rest of its period, or also the interest paid before."""
    for interest_paid in (case.accrued, ZERO):
        current_interest = case.left + case.accrued - interest_paid

        after = reduce_instalment(
            case.rows, case.balance, case.rate, case.schedule.method, current_interest=current_interest
        )

        assert_lighter(case, after, interest_paid)


@pytest.mark.parametrize("change", [shorten, lower])
def test_holiday_interest_is_added_to_the_instalment(change: Change) -> None:
    """Two years without payments: the current instalment has more interest than a level payment."""
    rows = change(open_loan(), "900.00", "250.00")

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

    assert [row.due_date for row in rows] == [date(2023, month, 1) for month in (9, 10, 11, 12)]
    assert [(str(row.principal), str(row.interest)) for row in rows] == [("500.00", "0.00")] * 4


def test_new_flat_rate_matches_published_value() -> None:
    """apache/fineract, Loan.feature, rescheduling to a new rate: 6 % a year of the 3,000 first lent."""
    rows = remaining_instalments(
        Money.of("2000.00"), Fraction(6, 1200), due_dates(date(2023, 8, 1), 2), Method.FLAT,
        flat_base=Money.of("3000.00"),
    )  # fmt: skip

    assert [str(row.principal + row.interest) for row in rows] == ["1015.00", "1015.00"]


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
