"""Loans, offers, schedules and payments in DynamoDB."""

from chalicelib.loans.repository.investments import InvestmentRepository
from chalicelib.loans.repository.loans import MOST_IN_SCHEDULE, LoanRepository
from chalicelib.loans.repository.work import WorkRepository

__all__ = ["MOST_IN_SCHEDULE", "InvestmentRepository", "LoanRepository", "WorkRepository"]
