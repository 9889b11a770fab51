"""Deposits that wait for the provider: every path of their states."""

from collections.abc import Callable

import pytest
from stdnum import iso11649

from chalicelib.shared.clock import FixedClock
from tests.api.transfers.conftest import IBAN, Provider, sandbox, settled_deposit, start_deposit
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok
from tests.stored_state import assert_ledger_balances


@pytest.fixture
def user(user_factory: UserFactory) -> User:
    return user_factory.lender()


def wallet(user: User) -> tuple[str, str, str]:
    """The available, held and owed amount, as the API shows them."""
    found = user.call("GET", "/api/wallets/")
    return found["available"], found["held"], found["receivable"]


def status(user: User, transfer_id: str) -> str:
    return str(user.call("GET", f"/api/transfers/{transfer_id}/")["status"])


def test_deposit_starts_with_instructions(user: User) -> None:
    response = user.http.post("/api/wallets/deposit/", {"amount": "250.00", "description": "Savings"})

    assert response.status == 202
    started = response.json
    assert started["message"] == "Deposit started"
    transfer, instructions = started["transfer"], started["instructions"]
    assert (transfer["direction"], transfer["amount"], transfer["status"]) == ("DEPOSIT", "250.00", "PENDING")
    assert (transfer["settled_at"], transfer["returned_at"], transfer["transaction_id"]) == (None, None, None)
    assert instructions["reference"] == transfer["reference"]
    assert iso11649.is_valid(instructions["reference"])
    assert iso11649.is_valid(instructions["permanent_reference"])
    assert instructions["reference"] != instructions["permanent_reference"]
    assert (instructions["iban"], instructions["amount"], instructions["currency"]) == (IBAN, "250.00", "USD")
    assert instructions["expires_on"] == "2026-01-29"
    assert instructions["qr_svg"] is None
    assert wallet(user) == ("0.00", "0.00", "0.00")
    assert user.call("GET", f"/api/transfers/{transfer['id']}/")["instructions"] == instructions


def test_permanent_reference_stays_the_same(user: User) -> None:
    instructions = [user.call("POST", "/api/wallets/deposit/", {"amount": "1.00"})["instructions"] for _ in range(2)]

    assert instructions[0]["permanent_reference"] == instructions[1]["permanent_reference"]
    assert instructions[0]["reference"] != instructions[1]["reference"]


def test_settled_deposit_is_in_the_wallet(user: User, tables: Storage) -> None:
    deposit = start_deposit(user, "250.00")

    first, second = sandbox(user, deposit, "settle"), sandbox(user, deposit, "settle")

    assert first == second
    assert (first["status"], first["settled_at"]) == ("SETTLED", "2026-01-15T09:30:00.000Z")
    [entry] = user.call("GET", "/api/wallets/transactions/")["items"]
    assert (entry["id"], entry["type"], entry["amount"]) == (first["transaction_id"], "DEPOSIT", "250.00")
    assert entry["reference"] == deposit["id"]
    assert wallet(user) == ("250.00", "0.00", "0.00")
    assert_ledger_balances(tables)


@pytest.mark.parametrize("ending", ["fail", "cancel"])
def test_cash_that_arrives_after_all_is_credited(user: User, tables: Storage, ending: str) -> None:
    deposit = start_deposit(user, "250.00")
    if ending == "fail":
        assert sandbox(user, deposit, "fail")["status"] == "FAILED"
    else:
        assert user.call("POST", f"/api/transfers/{deposit['id']}/cancel/")["status"] == "CANCELLED"
    assert wallet(user) == ("0.00", "0.00", "0.00")

    assert sandbox(user, deposit, "settle")["status"] == "SETTLED"

    assert wallet(user) == ("250.00", "0.00", "0.00")
    assert_ledger_balances(tables)


def test_expired_deposit_can_still_arrive(
    user: User, user_factory: UserFactory, clock: FixedClock, tables: Storage
) -> None:
    deposit, operator = start_deposit(user, "250.00"), user_factory.operator()
    clock.advance(days=15)
    counts = operator.call("POST", "/api/admin/tasks/expire_transfers/run/")["counts"]
    assert counts == {"expired": 1}
    assert status(user, deposit["id"]) == "EXPIRED"
    assert user.http.post(f"/api/transfers/{deposit['id']}/cancel/").code == "transfer_state"

    assert sandbox(user, deposit, "settle")["status"] == "SETTLED"

    assert wallet(user) == ("250.00", "0.00", "0.00")
    assert_ledger_balances(tables)


def test_returned_deposit_leaves_the_wallet(user: User, tables: Storage) -> None:
    deposit = settled_deposit(user, "250.00")

    first, second = sandbox(user, deposit, "return"), sandbox(user, deposit, "return")

    assert first == second
    assert (first["status"], first["returned_at"]) == ("RETURNED", "2026-01-15T09:30:00.000Z")
    types = {entry["type"] for entry in user.call("GET", "/api/wallets/transactions/")["items"]}
    assert types == {"DEPOSIT", "DEPOSIT_RETURN"}
    assert wallet(user) == ("0.00", "0.00", "0.00")
    assert_ledger_balances(tables)


def test_deposit_returned_after_the_money_was_lent_restricts_the_account(
    user_factory: UserFactory, user: User, bank_account: Callable[[User], str], tables: Storage
) -> None:
    account = bank_account(user)
    deposit = settled_deposit(user, "1100.00")
    funded_loan(user_factory.borrower(), user)
    assert wallet(user) == ("96.25", "0.00", "0.00")

    sandbox(user, deposit, "return")

    assert wallet(user) == ("0.00", "0.00", "1003.75")
    assert_ledger_balances(tables)
    refused = user.http.post("/api/wallets/withdraw/", {"amount": "1.00", "bank_account_id": account})
    assert (refused.status, refused.code) == (409, "account_restricted")
    settled_deposit(user, "1000.00")
    assert wallet(user) == ("0.00", "0.00", "3.75")
    settled_deposit(user, "10.00")
    assert wallet(user) == ("6.25", "0.00", "0.00")
    assert_ledger_balances(tables)


@pytest.mark.parametrize(
    ("path", "action"),
    [(("settle",), "fail"), (("settle", "return"), "settle"), (("settle", "return"), "fail")],
)
def test_impossible_step_is_refused_in_the_sandbox(user: User, path: tuple[str, ...], action: str) -> None:
    deposit = start_deposit(user, "250.00")
    for step in path:
        sandbox(user, deposit, step)
    before = user.call("GET", f"/api/transfers/{deposit['id']}/")

    refused = user.http.post(f"/api/sandbox/transfers/{deposit['id']}/{action}/")

    assert (refused.status, refused.code) == (409, "transfer_state")
    assert user.call("GET", f"/api/transfers/{deposit['id']}/") == before


def test_early_return_waits_for_the_settlement(user: User, provider: Provider, tables: Storage) -> None:
    deposit = start_deposit(user, "250.00")
    for _ in range(2):
        assert provider.send(deposit["id"], "returned", event_id="r", failure_code="AC06").status == 200
        assert status(user, deposit["id"]) == "PENDING"

    for _ in range(2):
        assert provider.send(deposit["id"], "settled", event_id="s", amount="250.00").status == 200
        found = user.call("GET", f"/api/transfers/{deposit['id']}/")
        assert (found["status"], found["failure_code"]) == ("RETURNED", "AC06")
        assert wallet(user) == ("0.00", "0.00", "0.00")
        assert_ledger_balances(tables)
    assert len(user.call("GET", "/api/wallets/transactions/")["items"]) == 2


def test_transfers_of_others_are_not_found(user: User, user_factory: UserFactory) -> None:
    deposit, other = start_deposit(user, "250.00"), user_factory.lender()

    for method, path in (
        ("GET", "/api/transfers/{}/"),
        ("POST", "/api/transfers/{}/cancel/"),
        ("POST", "/api/sandbox/transfers/{}/settle/"),
    ):
        response = other.http.send(method, path.format(deposit["id"]))
        assert (response.status, response.code) == (404, "transfer_not_found")
    assert status(user, deposit["id"]) == "PENDING"


def test_operator_reports_transfers_of_others_in_the_sandbox(user: User, user_factory: UserFactory) -> None:
    deposit = start_deposit(user, "250.00")

    assert sandbox(user_factory.operator(), deposit, "settle")["status"] == "SETTLED"

    assert wallet(user) == ("250.00", "0.00", "0.00")


def test_idempotency_key_starts_one_deposit(user: User) -> None:
    responses = [user.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="k") for _ in range(2)]

    assert [response.status for response in responses] == [202, 202]
    assert responses[0].json == responses[1].json
    assert responses[1].headers["idempotent-replayed"] == "true"
    assert len(user.call("GET", "/api/transfers/")["items"]) == 1
    assert user.http.post("/api/wallets/deposit/", {"amount": "6.00"}, key="k").code == "idempotency_key_reused"


def test_replay_gives_no_instructions_for_a_cancelled_deposit(user: User) -> None:
    started = ok(user.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="once")).json["transfer"]
    user.call("POST", f"/api/transfers/{started['id']}/cancel/")

    replayed = ok(user.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="once")).json

    assert (replayed["transfer"]["status"], replayed["instructions"]) == ("CANCELLED", None)


def test_transfers_are_listed_newest_first_with_filters(user: User, clock: FixedClock) -> None:
    deposits = []
    for number in (1, 2, 3):
        deposits.append(start_deposit(user, f"{number}.00"))
        clock.advance(seconds=1)
    sandbox(user, deposits[1], "settle")

    def listed(query: str) -> list[str]:
        return [each["amount"] for each in user.call("GET", f"/api/transfers/{query}")["items"]]

    assert listed("") == ["3.00", "2.00", "1.00"]
    assert listed("?status=SETTLED") == ["2.00"]
    assert listed("?direction=WITHDRAWAL") == []
    page = user.call("GET", "/api/transfers/?limit=2")
    assert [each["amount"] for each in page["items"]] == ["3.00", "2.00"]
    rest = user.call("GET", f"/api/transfers/?limit=2&cursor={page['next_cursor']}")
    assert ([each["amount"] for each in rest["items"]], rest["next_cursor"]) == (["1.00"], None)
