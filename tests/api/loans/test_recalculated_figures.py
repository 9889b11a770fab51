"""Figures of a loan after a prepayment, and its visibility after a cancellation."""

from __future__ import annotations

import pytest

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.money import Money
from tests.engines import Storage
from tests.factories import UserFactory, accept_offer, funded_loan, make_offer, ok, open_loan, pay
from tests.stored_state import assert_ledger_balances


def test_reduced_instalment_is_the_monthly_payment(user_factory: UserFactory) -> None:
    lender, borrower = (
        user_factory.lender("2000.00"),
        user_factory.borrower("2000.00"),
    )
    loan = funded_loan(borrower, lender, months=12)

    after = pay(borrower, loan["id"], "400.00", strategy="reduce_instalment")["loan"]

    rows = ok(borrower.http.get(f"/api/loans/{loan['id']}/schedule/")).json["items"]
    assert after["monthly_payment"] == rows[5]["amount"]
    assert Money.of(after["monthly_payment"]) < Money.of(loan["monthly_payment"])


def test_refunded_lender_still_sees_the_cancelled_loan(user_factory: UserFactory, storage: Storage) -> None:
    one, other, borrower = (
        user_factory.lender("1000.00"),
        user_factory.lender("1000.00"),
        user_factory.borrower(),
    )
    loan = open_loan(borrower)
    for lender in (one, other):
        accept_offer(borrower, loan["id"], make_offer(lender, loan["id"], amount="500.00")["id"])
    ok(one.http.post(f"/api/loans/{loan['id']}/fund/", key="f"))

    ok(borrower.http.post(f"/api/loans/{loan['id']}/cancel/"))

    seen = ok(one.http.get(f"/api/loans/{loan['id']}/")).json
    assert seen["status"] == "CANCELLED"
    assert seen["investments"] == []
    assert one.balance() == "1000.00"
    again = ok(one.http.post(f"/api/loans/{loan['id']}/fund/", key="f"))
    assert again.headers["idempotent-replayed"] == "true"
    assert one.balance() == "1000.00"
    assert assert_ledger_balances(storage).get("platform:fees", 0) == 0


def test_deposit_with_lost_response_counts_once(
    user_factory: UserFactory, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    borrower = user_factory.borrower()
    commit = WriteTransaction.commit

    def commit_twice(self: WriteTransaction) -> None:
        """What an SDK's retry does where the engine has forgotten the request's token."""
        commit(self)
        commit(self)

    with monkeypatch.context() as patch:
        patch.setattr(WriteTransaction, "commit", commit_twice)
        ok(borrower.http.post("/api/wallets/deposit/", {"amount": "70.00"}))

    assert borrower.balance() == "70.00"
    assert_ledger_balances(storage)


def test_an_idempotency_key_may_hold_spaces(user_factory: UserFactory) -> None:
    borrower = user_factory.borrower()

    first = ok(borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"}, key="my deposit no. 1"))
    again = ok(borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"}, key="my deposit no. 1"))

    assert again.json["transaction"]["id"] == first.json["transaction"]["id"]
    assert borrower.balance() == "1.00"
