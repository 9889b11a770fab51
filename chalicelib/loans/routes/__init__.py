"""The loan calls of the API, on one blueprint."""

from chalicelib.loans.routes import auto_invest, investments, lifecycle, lists, offers, payments, quotes
from chalicelib.loans.routes.blueprint import loans

__all__ = ["auto_invest", "investments", "lifecycle", "lists", "loans", "offers", "payments", "quotes"]
