"""The steps of a loan over the API, for tests."""

from __future__ import annotations

from typing import Any

from tests.people import Person, ok


def request_loan(borrower: Person, amount: str = "1000.00", rate: str = "12.00", months: int = 6, **more: Any) -> Any:
    """Ask for a loan; gives the Loan."""
    body = {"amount": amount, "annual_interest_rate": rate, "term_months": months, **more}
    return ok(borrower.http.post("/api/loans/", body)).json


def offer(lender: Person, loan_id: str, rate: str = "12.00", amount: str | None = None) -> Any:
    """Offer money; gives the Offer."""
    body = {"annual_interest_rate": rate, **({"amount": amount} if amount else {})}
    return ok(lender.http.post(f"/api/loans/{loan_id}/offer/", body)).json


def accept(borrower: Person, loan_id: str, offer_id: str) -> Any:
    """Accept an offer; gives the Loan."""
    return ok(borrower.http.post(f"/api/loans/{loan_id}/accept-offer/", {"offer_id": offer_id})).json


def an_accepted_loan(borrower: Person, lender: Person, **terms: Any) -> Any:
    """A loan whose one offer for the whole amount is accepted."""
    loan = request_loan(borrower, **terms)
    made = offer(lender, loan["id"], rate=loan["requested_rate"])
    return accept(borrower, loan["id"], made["id"])


def a_funded_loan(borrower: Person, lender: Person, **terms: Any) -> Any:
    """A running loan with one lender."""
    loan = an_accepted_loan(borrower, lender, **terms)
    return ok(lender.http.post(f"/api/loans/{loan['id']}/fund/")).json


def pay(borrower: Person, loan_id: str, amount: str | None = None, **more: Any) -> Any:
    """Pay; gives the pay answer."""
    body = {**({"amount": amount} if amount else {}), **more}
    return ok(borrower.http.post(f"/api/loans/{loan_id}/pay/", body)).json
