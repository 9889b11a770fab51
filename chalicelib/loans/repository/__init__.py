"""Loans, offers, schedules, payments and standing rules in DynamoDB."""

from chalicelib.loans.repository.investments import InvestmentRepository
from chalicelib.loans.repository.loans import MOST_IN_SCHEDULE, LoanRepository
from chalicelib.loans.repository.rules import Case, RuleRepository
from chalicelib.loans.repository.work import RELEASE_RULE, WorkRepository

__all__ = [
    "MOST_IN_SCHEDULE",
    "RELEASE_RULE",
    "Case",
    "InvestmentRepository",
    "LoanRepository",
    "RuleRepository",
    "WorkRepository",
]
