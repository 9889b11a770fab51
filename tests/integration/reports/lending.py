"""People and loans for these tests, made before the services themselves."""

from __future__ import annotations

from itertools import count
from typing import Final

from chalicelib.container import Container
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate

OPERATOR: Final = Actor("0" * 26, "boss", Role.ADMIN)
_NUMBERS = count(1)


def a_person(container: Container, role: Role, funds: str = "") -> Actor:
    """Somebody, perhaps with money."""
    actor = Actor(new_id(container.clock()), f"{role.value.lower()}{next(_NUMBERS)}", role)
    if funds:
        container.wallets.deposit(actor, Money.of(funds), "")
    return actor


def a_request(container: Container, borrower: Actor, amount: str = "1000.00", months: int = 6) -> str:
    """A loan that is asked for."""
    terms = LoanTerms(Money.of(amount), Rate.percent("12"), months)
    return container.loan_requests.request(borrower, terms).value.loan.id


def an_accepted_loan(container: Container, borrower: Actor, parts: dict[Actor, str], months: int = 6) -> str:
    """A loan whose amount is covered by these lenders' parts."""
    total = Money.total(Money.of(part) for part in parts.values())
    loan_id = a_request(container, borrower, str(total), months)
    for lender, part in parts.items():
        made = container.offers.make(lender, loan_id, Rate.percent("12"), Money.of(part)).value
        container.offers.accept(borrower, loan_id, made.id)
    return loan_id


def a_funded_loan(container: Container, borrower: Actor, parts: dict[Actor, str], months: int = 6) -> str:
    """A running loan."""
    loan_id = an_accepted_loan(container, borrower, parts, months)
    for lender in parts:
        container.funding.fund(lender, loan_id)
    return loan_id


def a_busy_platform(container: Container) -> tuple[Actor, str]:
    """Loans in several states, one of them waiting for one of its lenders; gives a borrower with a running loan."""
    lenders = [a_person(container, Role.LENDER, "3000.00") for _ in range(3)]
    borrower = a_person(container, Role.BORROWER, "2000.00")
    running = a_funded_loan(container, borrower, {lenders[0]: "300.00", lenders[1]: "700.00"})
    single = a_funded_loan(container, borrower, {lenders[2]: "600.00"}, months=2)
    waiting = an_accepted_loan(container, borrower, {lenders[0]: "100.00", lenders[1]: "150.00"})
    container.funding.fund(lenders[0], waiting)
    cancelled = a_request(container, borrower)
    container.loan_requests.cancel(borrower, cancelled)
    a_request(container, borrower, "450.00")
    container.payments.pay(borrower, running)
    container.payments.pay(borrower, single)
    container.payments.pay(borrower, single)
    container.wallets.withdraw(borrower, Money.of("12.34"), "")
    return borrower, running
