"""Operators decide on lines of bank statements that match nothing."""

from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Role
from chalicelib.shared.settings import Settings
from chalicelib.transfers.domain.transfer import Transfer, TransferStatus
from tests.bank_files import Detail, Entry
from tests.bank_statements import LINES, STATEMENTS, Transfers, bank_settings, credit, paid, returned, statement
from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.factories import UNKNOWN_ID, User, UserFactory, ok
from tests.http_client import Response
from tests.paging import all_of
from tests.problems import problem, wrong_fields
from tests.stored_state import assert_ledger_balances


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return bank_settings(settings)


@pytest.fixture
def transfers(container: Container) -> Transfers:
    return Transfers(container)


@pytest.fixture
def user(user_factory: UserFactory) -> User:
    return user_factory.registered(Role.LENDER)


def imported(operator: User, *entries: Entry, **options: Any) -> Any:
    return operator.call("POST", STATEMENTS, statement(*entries, **options).decode())


def lines_of(operator: User, shown: Any) -> list[Any]:
    return all_of(operator, f"{LINES}?statement_id={shown['id']}", limit=100)


def only_line(operator: User, *entries: Entry, **options: Any) -> Any:
    [line] = lines_of(operator, imported(operator, *entries, **options))
    return line


def assign(operator: User, line: Any, key: str | None = None, **target: str) -> Response:
    return operator.http.post(f"{LINES}{line['id']}/assign/", target, key=key)


def reject(operator: User, line: Any, **body: str) -> Response:
    return operator.http.post(f"{LINES}{line['id']}/reject/", body)


def actions(operator: User) -> list[str]:
    entries = operator.call("GET", "/api/admin/audit/")["items"]
    return [entry["action"] for entry in entries if entry["action"] != "VIEW_DATA"]


def test_unmatched_line_shows_what_the_bank_says(operator: User) -> None:
    line = only_line(operator, credit("5.00", "RF18539007547034"))

    assert line["status"] == "UNMATCHED"
    assert line["reason"] == "unknown_reference"
    assert (line["amount"], line["currency"], line["counterparty"]) == ("5.00", "EUR", "Ann Payer")
    assert (line["reference"], line["end_to_end_id"]) == ("RF18539007547034", None)
    assert (line["transfer_id"], line["user_id"], line["related_line_id"]) == (None, None, None)
    [posting] = operator.call("GET", "/api/admin/ledger/accounts/platform:suspense/")["items"]
    assert (posting["id"], posting["amount"]) == (line["transaction_id"], "5.00")


def test_queue_lists_unmatched_lines_newest_first(operator: User, user: User, transfers: Transfers) -> None:
    deposit = transfers.deposit(user.id, "9.00")
    shown = imported(operator, credit("1.00"), paid(deposit), credit("2.00"), credit("3.00"))

    queue = all_of(operator, f"{LINES}?status=UNMATCHED", limit=2)

    assert [line["amount"] for line in queue] == ["3.00", "2.00", "1.00"]
    assert [line["amount"] for line in all_of(operator, LINES, limit=3)] == ["3.00", "2.00", "9.00", "1.00"]
    both = f"{LINES}?status=MATCHED&statement_id={shown['id']}"
    assert [line["transfer_id"] for line in all_of(operator, both, limit=2)] == [deposit.id]
    assert [line["amount"] for line in lines_of(operator, shown)] == ["1.00", "9.00", "2.00", "3.00"]


def test_line_assigned_to_a_user_is_a_settled_deposit(
    operator: User, user: User, transfers: Transfers, tables: Storage
) -> None:
    line = only_line(operator, credit("5.00"))

    assigned = ok(assign(operator, line, user_id=user.id, reason="the payer wrote to us")).json

    assert (assigned["status"], assigned["user_id"], assigned["reason"]) == ("ASSIGNED", user.id, None)
    [entry] = user.call("GET", "/api/wallets/transactions/")["items"]
    assert (entry["id"], entry["type"], entry["amount"]) == (assigned["transaction_id"], "DEPOSIT", "5.00")
    assert assert_ledger_balances(tables) == {
        f"wallet:{user.id}": 500, "external:cash": -500, "platform:suspense": 0,
    }  # fmt: skip
    shown = operator.call("GET", f"{STATEMENTS}{line['statement_id']}/")
    assert (shown["matched"], shown["unmatched"], shown["difference"]) == (1, 0, "0.00")
    assert operator.call("GET", f"{LINES}?status=UNMATCHED")["items"] == []
    assert sorted(actions(operator)) == ["ASSIGN_BANK_LINE", "IMPORT_STATEMENT"]


def test_assigned_line_clears_a_receivable_first(
    operator: User, user: User, transfers: Transfers, tables: Storage
) -> None:
    deposit = transfers.deposit(user.id, "100.00")
    imported(operator, paid(deposit))
    withdrawal = transfers.withdrawal(user.id, "80.00")
    imported(operator, paid(withdrawal), returned(deposit), opening="100.00", number="2")
    line = only_line(operator, credit("90.00"), opening="-80.00", number="3")

    ok(assign(operator, line, user_id=user.id))

    wallet = user.call("GET", "/api/wallets/")
    assert (wallet["balance"], wallet["receivable"]) == ("10.00", "0.00")
    assert_ledger_balances(tables)


@pytest.mark.parametrize("status", ["PENDING", "EXPIRED"])
def test_line_assigned_to_an_open_deposit_settles_it(
    operator: User, user: User, transfers: Transfers, tables: Storage, status: str
) -> None:
    deposit = transfers.deposit(user.id, "5.00", TransferStatus(status))
    line = only_line(operator, credit("5.00"))

    assigned = ok(assign(operator, line, transfer_id=deposit.id)).json

    assert (assigned["status"], assigned["transfer_id"]) == ("ASSIGNED", deposit.id)
    assert (transfers.status(deposit), user.balance()) == ("SETTLED", "5.00")
    assert assert_ledger_balances(tables)["platform:suspense"] == 0


def test_debits_and_returns_are_assigned_to_transfers(
    operator: User, user: User, transfers: Transfers, tables: Storage
) -> None:
    deposit = transfers.deposit(user.id, "100.00")
    imported(operator, paid(deposit), credit("60.00", transfers.reference_of(user.id)))
    withdrawal = transfers.withdrawal(user.id, "20.00")
    shown = imported(
        operator, Entry("-20.00"), Entry("-100.00"), Entry("20.00", information="back"), opening="160.00", number="2"
    )
    settlement, deposit_return, withdrawal_return = lines_of(operator, shown)

    for line, transfer in ((settlement, withdrawal), (deposit_return, deposit), (withdrawal_return, withdrawal)):
        ok(assign(operator, line, transfer_id=transfer.id))

    assert (transfers.status(deposit), transfers.status(withdrawal)) == ("RETURNED", "RETURNED")
    assert user.balance() == "60.00"
    assert assert_ledger_balances(tables)["platform:suspense"] == 0
    found = operator.call("GET", f"{STATEMENTS}{shown['id']}/")
    assert (found["matched"], found["returned"], found["unmatched"]) == (1, 2, 0)


def test_assignment_against_the_state_is_rejected(
    operator: User, user: User, transfers: Transfers, tables: Storage
) -> None:
    settled, other = transfers.deposit(user.id, "5.00"), transfers.deposit(user.id, "6.00")
    shown = imported(operator, paid(settled), credit("5.00", servicer_reference="B"), Entry("-1.00"))
    _, line, debit = lines_of(operator, shown)
    before = tables.items("transfers"), tables.items("ledger")

    problem(assign(operator, line, transfer_id=settled.id), 409, "line_not_assignable")
    problem(assign(operator, line, transfer_id=other.id), 409, "line_not_assignable")
    problem(assign(operator, debit, user_id=user.id), 409, "line_not_assignable")
    problem(assign(operator, line, user_id=operator.id), 409, "line_not_assignable")
    problem(reject(operator, debit), 409, "line_not_assignable")
    problem(assign(operator, line, transfer_id=UNKNOWN_ID), 404, "transfer_not_found")
    problem(assign(operator, line, user_id=UNKNOWN_ID), 404, "user_not_found")
    problem(assign(operator, {"id": UNKNOWN_ID}, user_id=user.id), 404, "line_not_found")
    assert wrong_fields(assign(operator, line)) == ["transfer_id"]
    assert wrong_fields(assign(operator, line, user_id=user.id, transfer_id=other.id)) == ["transfer_id"]
    assert (tables.items("transfers"), tables.items("ledger")) == before


def test_line_is_decided_once(operator: User, user: User, tables: Storage) -> None:
    line = only_line(operator, credit("5.00"))
    ok(assign(operator, line, user_id=user.id, key="assign"))

    replay = ok(assign(operator, line, user_id=user.id, key="assign"))

    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.json["status"] == "ASSIGNED"
    problem(assign(operator, line, user_id=user.id), 409, "line_not_open")
    problem(reject(operator, line), 409, "line_not_open")
    assert user.balance() == "5.00"
    assert_ledger_balances(tables)


def test_concurrent_decisions_have_one_effect(
    operator: User, user: User, transfers: Transfers, user_factory: UserFactory, tables: Storage
) -> None:
    other = user_factory.registered(Role.LENDER)
    deposit = transfers.deposit(user.id, "5.00")
    line = only_line(operator, credit("5.00"))

    responses = run_concurrently(
        [
            lambda: assign(operator, line, user_id=user.id),
            lambda: assign(operator, line, user_id=other.id),
            lambda: assign(operator, line, transfer_id=deposit.id),
            lambda: reject(operator, line),
        ]
    )

    assert sorted(response.status for response in responses) == [200, 409, 409, 409]
    balances = assert_ledger_balances(tables)
    assert (
        balances["platform:suspense"] + balances.get(f"wallet:{user.id}", 0) + balances.get(f"wallet:{other.id}", 0)
        == 500
    )
    shown = operator.call("GET", f"{STATEMENTS}{line['statement_id']}/")
    assert (shown["matched"] + shown["returned"], shown["unmatched"]) == (1, 0)


def test_rejected_line_is_closed_by_the_payment_that_sends_it_back(operator: User, tables: Storage) -> None:
    line = only_line(operator, credit("5.00"))
    rejected = ok(reject(operator, line, reason="the payer is unknown")).json
    assert (rejected["status"], assert_ledger_balances(tables)["platform:suspense"]) == ("REJECTED", 500)
    sent_back = Entry("-5.00", (Detail(end_to_end_id=line["id"]),))

    closing = only_line(operator, sent_back, opening="5.00", number="2")

    assert (closing["status"], closing["related_line_id"]) == ("MATCHED", line["id"])
    [closed] = operator.call("GET", f"{LINES}?status=REJECTED")["items"]
    assert (closed["id"], closed["related_line_id"]) == (line["id"], closing["id"])
    assert assert_ledger_balances(tables) == {"external:cash": 0, "platform:suspense": 0}
    assert sorted(actions(operator)) == ["IMPORT_STATEMENT", "IMPORT_STATEMENT", "REJECT_BANK_LINE"]


def paid_twice(operator: User, user: User, transfers: Transfers) -> tuple[Transfer, Any]:
    """A settled deposit of 100.00, and the line of its second payment."""
    deposit = transfers.deposit(user.id, "100.00")
    shown = imported(operator, paid(deposit), paid(deposit))
    return deposit, lines_of(operator, shown)[1]


@pytest.mark.parametrize("reason", ["", "MS03"], ids=["payment", "return"])
def test_rejected_second_payment_is_closed_and_the_deposit_stays(
    operator: User, user: User, transfers: Transfers, tables: Storage, reason: str
) -> None:
    deposit, second = paid_twice(operator, user, transfers)
    ok(reject(operator, second))
    detail = Detail(end_to_end_id=second["id"], text=f"back {deposit.reference}", return_reason=reason)
    sent_back = Entry("-100.00", (detail,), is_reversal=bool(reason))

    closing = only_line(operator, sent_back, opening="200.00", number="2")

    assert (closing["status"], closing["related_line_id"]) == ("MATCHED", second["id"])
    [closed] = operator.call("GET", f"{LINES}?status=REJECTED")["items"]
    assert closed["related_line_id"] == closing["id"]
    assert (transfers.status(deposit), user.balance()) == ("SETTLED", "100.00")
    assert assert_ledger_balances(tables)["platform:suspense"] == 0


@pytest.mark.parametrize("is_rejected", [False, True], ids=["unmatched", "rejected"])
def test_return_that_may_mean_an_open_credit_is_left_to_an_operator(
    operator: User, user: User, transfers: Transfers, tables: Storage, is_rejected: bool
) -> None:
    deposit, second = paid_twice(operator, user, transfers)
    if is_rejected:
        ok(reject(operator, second))

    line = only_line(operator, returned(deposit), opening="200.00", number="2")

    assert (line["status"], line["reason"]) == ("UNMATCHED", "ambiguous_return")
    assert (transfers.status(deposit), user.balance()) == ("SETTLED", "100.00")
    assert assert_ledger_balances(tables)["platform:suspense"] == 0
    ok(assign(operator, line, transfer_id=deposit.id))
    assert (transfers.status(deposit), user.balance()) == ("RETURNED", "0.00")


def test_deposit_is_returned_once_its_second_payment_is_assigned(
    operator: User, user: User, transfers: Transfers
) -> None:
    deposit, second = paid_twice(operator, user, transfers)
    ok(assign(operator, second, user_id=user.id))

    line = only_line(operator, returned(deposit), opening="200.00", number="2")

    assert (line["status"], transfers.status(deposit), user.balance()) == ("RETURNED", "RETURNED", "100.00")


def test_money_is_sent_back_once(operator: User) -> None:
    line = only_line(operator, credit("5.00"))
    ok(reject(operator, line))
    first = Entry("-5.00", (Detail(end_to_end_id=line["id"]),), servicer_reference="A")
    second = Entry("-5.00", (Detail(end_to_end_id=line["id"]),), servicer_reference="B")

    shown = imported(operator, first, second, opening="5.00", number="2")

    assert [each["status"] for each in lines_of(operator, shown)] == ["MATCHED", "UNMATCHED"]


def test_views_of_lines_are_audited(operator: User) -> None:
    line = only_line(operator, credit("5.00"))

    [view] = [each for each in operator.call("GET", "/api/admin/audit/")["items"] if each["action"] == "VIEW_DATA"]

    assert (view["subject"], view["details"]["shown"]) == ("bank", line["id"])
