"""Costs of a loan for its borrower: the instalment, the interest, and the yearly rates."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.lending_math.due_dates import add_months, months_between
from chalicelib.lending_math.rates_of_return import loan_rates
from chalicelib.lending_math.schedule import Schedule, build_schedule
from chalicelib.loans.domain.loan import Costs, Loan
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.shared.money import ZERO, Money, Rate


def estimated_costs(amount: Money, annual_rate: Rate, term_months: int, method: Method, today: date) -> Costs:
    """Calculate the costs of a loan if it were funded today.

    Raises:
        TermsNotAmortisable: the terms give no schedule in whole cents.
    """
    return costs_of(build_schedule(amount, annual_rate, term_months, start_date=today, method=method))


def costs_of(schedule: Schedule) -> Costs:
    """Calculate the costs of a schedule; the lenders pay the platform fee, not the borrower."""
    rates = loan_rates(
        schedule.principal,
        [instalment.amount for instalment in schedule.instalments],
        start_date=schedule.start_date,
        first_due_date=schedule.instalments[0].due_date,
    )
    return Costs(schedule.level_payment, schedule.total_interest, rates.apr, rates.effective_rate)


def costs_at(loan: Loan, annual_rate: Rate) -> tuple[Money, Money]:
    """Calculate the instalment and the total interest of a loan that is not funded yet, at another rate.

    Raises:
        TermsNotAmortisable: the rate gives no schedule in whole cents.
    """
    return _costs_at(loan.amount, annual_rate, loan.term_months, loan.method, loan.created_at.date())


@lru_cache(maxsize=1024)
def _costs_at(
    amount: Money, annual_rate: Rate, term_months: int, method: Method, start_date: date
) -> tuple[Money, Money]:
    schedule = build_schedule(amount, annual_rate, term_months, start_date=start_date, method=method)
    return schedule.level_payment, schedule.total_interest


def with_recalculated_costs(loan: Loan, account: LoanAccount, today: date) -> Loan:
    """Return the loan with the term and the costs of a schedule that a prepayment or a reschedule has changed.

    The yearly rates are those of all instalments at their due dates, from the funding on; a month without an
    instalment, as in a payment holiday, counts as an instalment of zero.

    Args:
        loan: the loan.
        account: its account after the change.
        today: the day of the change.
    """
    start = account.funded_on
    amounts = {months_between(start, each.due_date): each.principal + each.interest for each in account.instalments}
    term_months = max(amounts)
    rates = loan_rates(
        account.principal,
        [amounts.get(month, ZERO) for month in range(1, term_months + 1)],
        start_date=start,
        first_due_date=add_months(start, 1),
    )
    payment = regular_payment(account, today) if account.principal_not_due(today) else loan.costs.monthly_payment
    costs = Costs(payment, account.total_interest, rates.apr, rates.effective_rate)
    return replace(loan, annual_rate=account.annual_rate, term_months=term_months, costs=costs)


def regular_payment(account: LoanAccount, today: date) -> Money:
    """Return what the next instalment amounts to, without deferred interest.

    Annuity and flat loans: the level payment; equal principal: the principal part and a month's interest; interest
    only: a month's interest, and all principal if it is the last one.
    """
    balance = account.principal_not_due(today)
    month_interest = balance.times(monthly_rate(account.annual_rate))
    if account.method is Method.EQUAL_PRINCIPAL:
        return min(account.level_payment, balance) + month_interest
    if account.method is Method.INTEREST_ONLY:
        return month_interest + (balance if account.instalments[-1] == account.current_instalment(today) else ZERO)
    return account.level_payment
