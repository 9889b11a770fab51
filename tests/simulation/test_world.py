"""A loan's life on the double: the unmodified code, from deposit to the last instalment."""

from __future__ import annotations

from tests.books import assert_books_balance
from tests.lending import a_funded_loan, pay
from tests.simulation.world import World


def test_a_loan_is_requested_funded_and_repaid_on_the_double(world: World) -> None:
    borrower, lender = world.newcomers.borrower("100.00"), world.newcomers.lender("2000.00")

    loan = a_funded_loan(borrower, lender)
    world.settle()
    for _ in range(6):
        pay(borrower, loan["id"])
        world.settle()

    balances = assert_books_balance(world.storage)
    assert balances["platform:fees"] == 375
    assert balances[f"wallet:{lender.id}"] == 203_153
    [item] = [item for item in world.storage.items("loans") if item["sk"]["S"] == "LOAN"]
    assert item["status"]["S"] == "COMPLETED"
