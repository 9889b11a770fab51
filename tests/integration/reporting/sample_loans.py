"""Loans in several states for tests of reports."""

from typing import Final

from chalicelib.container import Container
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.money import Money
from tests.factories import ServiceFactory

OPERATOR: Final = Actor("0" * 26, "boss", Role.ADMIN)


def create_sample_loans(container: Container) -> tuple[Actor, str]:
    """Make loans in several states; returns a borrower with the id of a running loan."""
    factory = ServiceFactory(container)
    lenders = [factory.lender("3000.00") for _ in range(3)]
    borrower = factory.borrower("2000.00")
    running = factory.funded_loan(borrower, {lenders[0]: "300.00", lenders[1]: "700.00"})
    single = factory.funded_loan(borrower, {lenders[2]: "600.00"}, months=2)
    waiting = factory.subscribed_loan(borrower, {lenders[0]: "100.00", lenders[1]: "150.00"})
    container.funding.fund(lenders[0], waiting)
    cancelled = factory.open_loan(borrower)
    container.loan_requests.cancel(borrower, cancelled)
    factory.open_loan(borrower, "450.00")
    container.payments.pay(borrower, running)
    container.payments.pay(borrower, single)
    container.payments.pay(borrower, single)
    container.wallets.withdraw(borrower, Money.of("12.34"), "")
    return borrower, running
