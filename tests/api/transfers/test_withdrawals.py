"""Withdrawals to a bank account: every path of their states."""

from collections.abc import Callable

import pytest

from chalicelib.container import Container
from tests.api.transfers.conftest import USER_IBAN, Provider, sandbox, settled_deposit
from tests.engines import Storage
from tests.factories import UNKNOWN_ID, User, UserFactory
from tests.stored_state import assert_ledger_balances

AddAccount = Callable[[User], str]


@pytest.fixture
def user(user_factory: UserFactory) -> User:
    user = user_factory.lender()
    settled_deposit(user, "100.00")
    return user


def wallet(user: User) -> tuple[str, str]:
    """The available and held amount, as the API shows them."""
    found = user.call("GET", "/api/wallets/")
    return found["available"], found["held"]


def withdraw(user: User, bank_account_id: str, amount: str = "40.00") -> dict[str, str]:
    """Request a withdrawal and return its transfer."""
    body = {"amount": amount, "bank_account_id": bank_account_id}
    started: dict[str, str] = user.call("POST", "/api/wallets/withdraw/", body)["transfer"]
    return started


def submit(container: Container, withdrawal: dict[str, str]) -> None:
    """Submit a withdrawal as a payout does."""
    writes = container.transfers.writes()
    container.transfers.add_submission(writes, container.transfers.get(withdrawal["id"]), "payout")
    writes.commit()


def test_withdrawal_reserves_its_amount(user: User, bank_account: AddAccount, tables: Storage) -> None:
    account = bank_account(user)

    response = user.http.post(
        "/api/wallets/withdraw/", {"amount": "40.00", "bank_account_id": account, "description": "Rent"}
    )

    assert response.status == 202
    assert response.json["instructions"] is None
    transfer = response.json["transfer"]
    assert (transfer["direction"], transfer["status"], transfer["bank_account_id"]) == (
        "WITHDRAWAL",
        "REQUESTED",
        account,
    )
    assert wallet(user) == ("60.00", "40.00")
    assert USER_IBAN not in str(tables.items("transfers"))
    assert_ledger_balances(tables)


def test_withdrawal_needs_a_usable_bank_account(user: User) -> None:
    new = user.call("POST", "/api/bank-accounts/", {"holder": "Jo Doe", "iban": USER_IBAN})["id"]

    missing = user.http.post("/api/wallets/withdraw/", {"amount": "40.00"})
    unknown = user.http.post("/api/wallets/withdraw/", {"amount": "40.00", "bank_account_id": UNKNOWN_ID})
    early = user.http.post("/api/wallets/withdraw/", {"amount": "40.00", "bank_account_id": new})

    assert (missing.status, missing.json["errors"][0]["field"]) == (422, "bank_account_id")
    assert (unknown.status, unknown.code) == (404, "bank_account_not_found")
    assert (early.status, early.code) == (409, "bank_account_not_usable_yet")
    assert wallet(user) == ("100.00", "0.00")


@pytest.mark.parametrize("text", ["x" * 5000, "é" * 600, "", "x", "\u0000"])
def test_text_that_is_no_id_names_no_bank_account(user: User, text: str) -> None:
    response = user.http.post("/api/wallets/withdraw/", {"amount": "1.00", "bank_account_id": text})

    assert response.status in (404, 422)


def test_withdrawal_above_balance_is_rejected(user: User, bank_account: AddAccount) -> None:
    account = bank_account(user)

    refused = user.http.post("/api/wallets/withdraw/", {"amount": "100.01", "bank_account_id": account})

    assert (refused.status, refused.code) == (409, "insufficient_funds")
    assert user.call("GET", "/api/transfers/?direction=WITHDRAWAL")["items"] == []


def test_settled_withdrawal_has_left_the_wallet(user: User, bank_account: AddAccount, tables: Storage) -> None:
    withdrawal = withdraw(user, bank_account(user))

    first, second = sandbox(user, withdrawal, "settle"), sandbox(user, withdrawal, "settle")

    assert first == second
    assert first["status"] == "SETTLED"
    [entry] = user.call("GET", "/api/wallets/transactions/?type=WITHDRAWAL")["items"]
    assert (entry["id"], entry["amount"]) == (first["transaction_id"], "-40.00")
    assert wallet(user) == ("60.00", "0.00")
    assert_ledger_balances(tables)


@pytest.mark.parametrize("is_submitted", [False, True])
def test_rejected_withdrawal_is_available_again(
    user: User, bank_account: AddAccount, container: Container, tables: Storage, is_submitted: bool
) -> None:
    withdrawal = withdraw(user, bank_account(user))
    if is_submitted:
        submit(container, withdrawal)

    first, second = sandbox(user, withdrawal, "fail"), sandbox(user, withdrawal, "fail")

    assert first == second
    assert (first["status"], first["failure_code"]) == ("REJECTED", "SANDBOX")
    assert wallet(user) == ("100.00", "0.00")
    assert_ledger_balances(tables)


def test_cancelled_withdrawal_is_available_again(user: User, bank_account: AddAccount, tables: Storage) -> None:
    withdrawal = withdraw(user, bank_account(user))
    path = f"/api/transfers/{withdrawal['id']}/cancel/"

    first = user.http.post(path, key="k")
    again = user.http.post(path, key="k")
    late = user.http.post(path)

    assert (first.status, first.json["status"]) == (200, "CANCELLED")
    assert (again.json, again.headers["idempotent-replayed"]) == (first.json, "true")
    assert (late.status, late.code, late.json["transfer_status"]) == (409, "transfer_state", "CANCELLED")
    assert wallet(user) == ("100.00", "0.00")
    assert_ledger_balances(tables)


def test_submitted_withdrawal_is_not_cancelled(user: User, bank_account: AddAccount, container: Container) -> None:
    withdrawal = withdraw(user, bank_account(user))
    submit(container, withdrawal)

    refused = user.http.post(f"/api/transfers/{withdrawal['id']}/cancel/")

    assert (refused.status, refused.code) == (409, "transfer_state")
    assert wallet(user) == ("60.00", "40.00")


def test_returned_withdrawal_is_credited(user: User, bank_account: AddAccount, tables: Storage) -> None:
    withdrawal = withdraw(user, bank_account(user))
    sandbox(user, withdrawal, "settle")

    first, second = sandbox(user, withdrawal, "return"), sandbox(user, withdrawal, "return")

    assert first == second
    assert first["status"] == "RETURNED"
    types = [entry["type"] for entry in user.call("GET", "/api/wallets/transactions/")["items"]]
    assert types.count("WITHDRAWAL_RETURN") == 1
    assert wallet(user) == ("100.00", "0.00")
    assert_ledger_balances(tables)


def test_early_return_of_a_withdrawal_waits_for_the_settlement(
    user: User, bank_account: AddAccount, container: Container, provider: Provider, tables: Storage
) -> None:
    withdrawal = withdraw(user, bank_account(user))
    submit(container, withdrawal)

    assert provider.send(withdrawal["id"], "returned", event_id="r").status == 200
    assert wallet(user) == ("60.00", "40.00")
    for _ in range(2):
        assert provider.send(withdrawal["id"], "settled", event_id="s").status == 200

    assert user.call("GET", f"/api/transfers/{withdrawal['id']}/")["status"] == "RETURNED"
    assert wallet(user) == ("100.00", "0.00")
    assert_ledger_balances(tables)


@pytest.mark.parametrize(
    ("path", "actions"),
    [
        ((), ("return",)),
        (("fail",), ("settle", "return")),
        (("settle",), ("fail",)),
        (("settle", "return"), ("settle", "fail")),
    ],
)
def test_impossible_step_is_refused_in_the_sandbox(
    user: User, bank_account: AddAccount, path: tuple[str, ...], actions: tuple[str, ...]
) -> None:
    withdrawal = withdraw(user, bank_account(user))
    for step in path:
        sandbox(user, withdrawal, step)
    before = user.call("GET", f"/api/transfers/{withdrawal['id']}/")

    for action in actions:
        refused = user.http.post(f"/api/sandbox/transfers/{withdrawal['id']}/{action}/")
        assert (refused.status, refused.code) == (409, "transfer_state")

    assert user.call("GET", f"/api/transfers/{withdrawal['id']}/") == before


def test_withdrawal_of_a_frozen_account_is_not_submitted(
    user: User, bank_account: AddAccount, container: Container
) -> None:
    withdrawal = withdraw(user, bank_account(user))
    writes = container.transfers.writes()
    container.wallets.add_freeze(writes, user.id, frozen=True)
    writes.commit()

    refused = user.http.post(f"/api/sandbox/transfers/{withdrawal['id']}/settle/")

    assert (refused.status, refused.code) == (409, "account_frozen")
    assert user.call("GET", f"/api/transfers/{withdrawal['id']}/")["status"] == "REQUESTED"
    assert user.call("POST", f"/api/transfers/{withdrawal['id']}/cancel/")["status"] == "CANCELLED"
    assert wallet(user) == ("100.00", "0.00")
