"""A loan of 37 lenders over the API: partial, late, early and final payments; the ledger balances after each."""

from chalicelib.container import Container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.bulk_loans import odd_parts
from tests.engines import Storage
from tests.factories import UserFactory, accept_offer, fund, make_offer, open_loan, pay
from tests.stored_state import assert_ledger_balances, run_outbox

AMOUNT, LENDERS = "25000.00", 37


def test_every_lender_gets_its_principal_back(
    user_factory: UserFactory, container: Container, storage: Storage, clock: FixedClock
) -> None:
    borrower, parts = user_factory.borrower(AMOUNT), odd_parts(Money.of(AMOUNT), LENDERS)
    lenders = [user_factory.lender(str(part + Money.of("5.00"))) for part in parts]
    loan_id = open_loan(borrower, amount=AMOUNT, months=6)["id"]
    for number, (lender, part) in enumerate(zip(lenders, parts, strict=True)):
        offer = make_offer(lender, loan_id, rate=f"{10 + number % 3}.00", amount=str(part))
        accept_offer(borrower, loan_id, offer["id"])
    for lender in lenders:
        fund(lender, loan_id)
    loan = borrower.call("GET", f"/api/loans/{loan_id}/")
    assert (loan["status"], loan["annual_interest_rate"]) == ("FUNDED", "12.00")
    assert len(loan["investments"]) == LENDERS

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
    clock.advance(days=5)
    last = paid(borrower.call("GET", f"/api/loans/{loan_id}/payoff/")["amount"])

    assert last["status"] == "COMPLETED"
    assert assert_ledger_balances(storage).get(f"loan:{loan_id}", 0) == 0
    for lender, part in zip(lenders, parts, strict=True):
        [position] = lender.call("GET", "/api/loans/investments/")["items"]
        assert Money.of(position["received_principal"]) == part
