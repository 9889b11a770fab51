"""A loan of 37 lenders over the API: partial, late, early and final payments, the books right after every call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chalicelib.container import Container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.bulk_loans import odd_parts
from tests.engines import Storage
from tests.factories import User, UserFactory, accept_offer, make_offer, ok, open_loan, pay
from tests.stored_state import assert_ledger_balances, run_outbox

AMOUNT, LENDERS = "10000.00", 37


@dataclass(frozen=True, slots=True)
class Market:
    """A funded loan and its parties."""

    loan_id: str
    borrower: User
    lenders: list[User]
    parts: tuple[Money, ...]


@pytest.fixture
def market(user_factory: UserFactory) -> Market:
    parts = odd_parts(Money.of(AMOUNT), LENDERS)
    borrower = user_factory.borrower(AMOUNT)
    loan = open_loan(borrower, amount=AMOUNT, months=6)
    lenders = [user_factory.lender(str(part + Money.of("5.00"))) for part in parts]
    for number, (lender, part) in enumerate(zip(lenders, parts, strict=True)):
        made = make_offer(lender, loan["id"], rate=f"{10 + number % 3}.00", amount=str(part))
        accept_offer(borrower, loan["id"], made["id"])
    for lender in lenders:
        ok(lender.http.post(f"/api/loans/{loan['id']}/fund/"))
    return Market(loan["id"], borrower, lenders, parts)


def test_every_lender_gets_its_principal_back(
    market: Market, container: Container, storage: Storage, clock: FixedClock
) -> None:
    borrower, loan_id = market.borrower, market.loan_id
    shown = ok(borrower.http.get(f"/api/loans/{loan_id}/")).json
    assert (shown["status"], shown["annual_interest_rate"]) == ("FUNDED", "12.00")
    assert len(shown["investments"]) == LENDERS

    def paid(amount: str | None, *, days: int = 0, **more: str) -> dict[str, str]:
        clock.advance(days=days)
        loan: dict[str, str] = pay(borrower, loan_id, amount, **more)["loan"]
        assert_ledger_balances(storage)
        run_outbox(container, storage)
        assert_ledger_balances(storage)
        return loan

    paid("333.33", days=20)
    paid(None, days=20)
    paid(None, days=45)
    paid("2500.00", strategy="reduce_instalment")
    paid("77.01", days=10)
    paid("1500.00", days=3, strategy="reduce_term")
    last = paid(_payoff(borrower, loan_id, lambda: clock.advance(days=5)))

    assert last["status"] == "COMPLETED"
    assert assert_ledger_balances(storage).get(f"loan:{loan_id}", 0) == 0
    for lender, part in zip(market.lenders, market.parts, strict=True):
        [position] = ok(lender.http.get("/api/loans/investments/")).json["items"]
        assert Money.of(position["received_principal"]) == part


def _payoff(borrower: User, loan_id: str, wait: Callable[[], None]) -> str:
    """What closes the loan after a while."""
    wait()
    return str(ok(borrower.http.get(f"/api/loans/{loan_id}/payoff/")).json["amount"])
