"""Costs of a loan for its borrower: the instalment, the interest, and the yearly rates."""

from datetime import date

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.rates_of_return import loan_rates
from chalicelib.lending_math.schedule import Schedule, build_schedule
from chalicelib.loans.domain.loan import Costs
from chalicelib.shared.money import Money, Rate


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
