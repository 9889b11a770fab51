"""Rejection of withdrawals that the bank does not pay, over HTTP."""

from functools import partial

import pytest

from chalicelib.container import Container
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.shared.settings import Settings
from chalicelib.transfers.domain.transfer import Transfer, TransferStatus
from tests.api.transfers.conftest import Provider
from tests.bank_statements import STATEMENTS, XML, Transfers, bank_settings, paid, statement
from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.factories import UNKNOWN_ID, User, UserFactory, ok
from tests.http_client import HttpClient, Response
from tests.problems import problem
from tests.stored_state import assert_ledger_balances

S = TransferStatus
REASON = "The bank does not know the account."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return bank_settings(settings)


@pytest.fixture
def transfers(container: Container) -> Transfers:
    return Transfers(container)


@pytest.fixture
def user(user_factory: UserFactory, container: Container) -> User:
    """A lender with 100.00."""
    lender = user_factory.lender()
    deposit(container, lender)
    return lender


def deposit(container: Container, user: User) -> None:
    deposit_id = new_id(container.clock())
    container.transfers.create_settled_deposit(deposit_id, user.id, Money.of("100.00"), lambda _: None)


def reject(operator: User, transfer: Transfer, key: str | None = None) -> Response:
    return operator.http.post(f"/api/admin/transfers/{transfer.id}/reject/", {"reason": REASON}, key=key)


@pytest.mark.parametrize("status", [S.REQUESTED, S.SUBMITTED])
def test_rejected_withdrawal_is_available_again(
    operator: User, user: User, transfers: Transfers, status: TransferStatus
) -> None:
    withdrawal = transfers.withdrawal(user.id, "30.00", status)

    rejected = ok(reject(operator, withdrawal)).json

    assert (rejected["id"], rejected["user_id"]) == (withdrawal.id, user.id)
    assert (rejected["status"], rejected["failure_code"]) == ("REJECTED", "REJECTED_BY_OPERATOR")
    assert transfers.status(withdrawal) == "REJECTED"
    wallet = user.call("GET", "/api/wallets/")
    assert (wallet["available"], wallet["held"]) == ("100.00", "0.00")


def test_reason_is_in_the_audit_log_only(operator: User, user: User, transfers: Transfers) -> None:
    withdrawal = transfers.withdrawal(user.id, "30.00")

    ok(reject(operator, withdrawal))

    [entry] = operator.call("GET", "/api/admin/audit/")["items"]
    assert (entry["action"], entry["subject"]) == ("REJECT_WITHDRAWAL", f"transfer:{withdrawal.id}")
    assert entry["details"] == {"user": user.id, "amount": "30.00", "reason": REASON}
    assert REASON not in str(user.call("GET", f"/api/transfers/{withdrawal.id}/"))


def test_repeated_rejection_has_one_effect(operator: User, user: User, transfers: Transfers) -> None:
    withdrawal = transfers.withdrawal(user.id, "30.00")
    first = ok(reject(operator, withdrawal, "key"))

    again = ok(reject(operator, withdrawal, "key"))

    assert (again.headers["idempotent-replayed"], again.json) == ("true", first.json)
    problem(reject(operator, withdrawal, "another key"), 409, "transfer_state")
    assert user.balance() == "100.00"


@pytest.mark.parametrize("status", [S.SETTLED, S.CANCELLED, S.RETURNED])
def test_finished_withdrawal_cannot_be_rejected(
    operator: User, user: User, transfers: Transfers, tables: Storage, status: TransferStatus
) -> None:
    withdrawal = transfers.withdrawal(user.id, "30.00", status)
    before = tables.items("transfers"), tables.items("ledger")

    problem(reject(operator, withdrawal), 409, "transfer_state")

    assert (tables.items("transfers"), tables.items("ledger")) == before


def test_deposit_cannot_be_rejected(operator: User, user: User, transfers: Transfers) -> None:
    pending = transfers.deposit(user.id, "30.00")

    problem(reject(operator, pending), 409, "transfer_state")

    assert transfers.status(pending) == "PENDING"


def test_unknown_withdrawal_is_not_found(operator: User) -> None:
    path = f"/api/admin/transfers/{UNKNOWN_ID}/reject/"

    problem(operator.http.post(path, {"reason": REASON}), 404, "transfer_not_found")
    problem(operator.http.post(path, {}), 422, "invalid_request")


def test_own_withdrawal_is_left_to_another_operator(operator: User, container: Container, transfers: Transfers) -> None:
    deposit(container, operator)
    withdrawal = transfers.withdrawal(operator.id, "30.00")

    problem(reject(operator, withdrawal), 403, "own_withdrawal")

    assert transfers.status(withdrawal) == "SUBMITTED"


@pytest.mark.parametrize("rival", ["statement", "failure", "operator"])
def test_rejection_and_another_report_have_one_effect(
    operator: User,
    user: User,
    user_factory: UserFactory,
    transfers: Transfers,
    http: HttpClient,
    container: Container,
    tables: Storage,
    rival: str,
) -> None:
    provider, other, expected = Provider(http, container), user_factory.operator(), Money.of("100.00")
    for number in range(1, 6):
        withdrawal = transfers.withdrawal(user.id, "10.00")
        file = statement(paid(withdrawal, servicer_reference=f"E{number}"), number=str(number)).decode()
        rivals = {
            "statement": partial(other.http.post, STATEMENTS, file, headers=XML),
            "failure": partial(provider.send, withdrawal.id, "failed", failure_code="AC01"),
            "operator": partial(reject, other, withdrawal),
        }

        rejected, reported = run_concurrently([partial(reject, operator, withdrawal), rivals[rival]])

        assert rejected.status in (200, 409)
        assert transfers.status(withdrawal) == ("SETTLED" if _settled(rival, rejected) else "REJECTED")
        if rival == "operator":
            assert {rejected.status, reported.status} == {200, 409}
        if _settled(rival, rejected):
            expected -= withdrawal.amount
        wallet = user.call("GET", "/api/wallets/")
        assert (wallet["available"], wallet["held"]) == (str(expected), "0.00")
    assert_ledger_balances(tables)


def _settled(rival: str, rejected: Response) -> bool:
    """Return True if the statement has settled the withdrawal first."""
    return rival == "statement" and rejected.status == 409
