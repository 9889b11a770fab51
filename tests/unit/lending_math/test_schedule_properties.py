"""Properties of all schedules."""

from datetime import date
from fractions import Fraction
from itertools import pairwise

from hypothesis import given

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import annuity_instalment, monthly_rate
from chalicelib.lending_math.schedule import Schedule
from chalicelib.shared.money import ZERO, Money, Rate
from tests.unit.lending_math.loan_terms import Terms, loan_terms, quoted_terms

DEAREST = Rate.percent("50")


def assert_sums_and_chains(schedule: Schedule) -> None:
    balance = schedule.principal
    for row in schedule.instalments:
        balance -= row.principal
        assert row.balance == balance
        assert row.interest >= ZERO
    assert balance == ZERO
    assert Money.total(row.amount for row in schedule.instalments) == schedule.total_amount


@given(loan_terms())
def test_loan_instalments_sum_to_the_principal(terms: Terms) -> None:
    assert_sums_and_chains(terms.schedule_or_skip())


@given(quoted_terms())
def test_quoted_instalments_sum_to_the_principal(terms: Terms) -> None:
    schedule = terms.schedule_or_skip()

    assert_sums_and_chains(schedule)
    assert all(earlier.due_date < later.due_date for earlier, later in pairwise(schedule.instalments))
    assert all(row.principal == ZERO for row in schedule.instalments[: terms.grace])


@given(loan_terms())
def test_amortising_instalments_are_positive_and_similar(terms: Terms) -> None:
    schedule = terms.schedule_or_skip()

    amortising = [row for row in schedule.instalments if row.principal]
    assert all(row.principal > ZERO for row in schedule.instalments) or terms.method is Method.INTEREST_ONLY
    regular, last = amortising[max(0, len(amortising) - 2)].amount, amortising[-1].amount
    assert last > ZERO
    assert abs(last - regular) <= regular


@given(loan_terms())
def test_annuity_follows_its_formula_until_the_last(terms: Terms) -> None:
    schedule = terms.changed(method=Method.ANNUITY).schedule_or_skip()

    rate = monthly_rate(terms.rate)
    level = annuity_instalment(terms.principal, rate, terms.periods)
    balances = [schedule.principal, *(row.balance for row in schedule.instalments)]
    assert [row.interest for row in schedule.instalments] == [balance.times(rate) for balance in balances[:-1]]
    assert all(row.amount == level for row in schedule.instalments[:-1])


@given(loan_terms())
def test_only_the_last_flat_instalment_differs(terms: Terms) -> None:
    schedule = terms.changed(method=Method.FLAT).schedule_or_skip()

    time = Fraction(terms.periods, 12)
    assert schedule.total_interest == terms.principal.times(terms.rate.per_year * time)
    assert len({row.principal for row in schedule.instalments[:-1]}) <= 1


@given(loan_terms(longest=359))
def test_interest_never_falls_with_longer_term(terms: Terms) -> None:
    shorter, longer = terms.schedule_or_skip(), terms.changed(periods=terms.periods + 1).schedule_or_skip()

    assert longer.total_interest >= shorter.total_interest


@given(loan_terms())
def test_interest_never_falls_with_higher_rate(terms: Terms) -> None:
    """An annuity's rounded instalment may pay off a little faster at the higher rate, by the cents it rounds.

    3.95 over 12 months bears 0.19 at 8.76 % and 0.18 at 8.77 %. The other methods know no exception.
    """
    dearer_rate = Rate(min(terms.rate.basis_points + 1, DEAREST.basis_points))
    cheaper, dearer = terms.schedule_or_skip(), terms.changed(rate=dearer_rate).schedule_or_skip()

    slack = most_rounding(dearer_rate, terms.periods) if terms.method is Method.ANNUITY else 0
    assert dearer.total_interest.cents >= cheaper.total_interest.cents - slack


def most_rounding(rate: Rate, periods: int) -> Fraction:
    """The cents by which rounding can move an annuity's interest: half a cent of each instalment, grown."""
    monthly = monthly_rate(rate)
    grown = ((1 + monthly) ** periods - 1) / monthly if monthly else Fraction(periods)
    return 2 * (grown + periods)


def test_known_exception_stays_within_the_limit() -> None:
    loan = Terms(Money.of("3.95"), Rate.percent("8.76"), 12, start=date(2026, 1, 1))
    dearer = loan.changed(rate=Rate.percent("8.77"))

    gap = loan.schedule().total_interest - dearer.schedule().total_interest

    assert ZERO < gap <= Money(int(most_rounding(dearer.rate, 12)))
