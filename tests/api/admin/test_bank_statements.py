"""Operators import bank statements."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.jobs.deadline import Deadline
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from chalicelib.shared.settings import Settings
from chalicelib.transfers.domain.notification import NotificationType, TransferEvent
from chalicelib.transfers.service.statements import STATEMENT_DIFFERENCES
from tests import bank_files
from tests.bank_files import IBAN, OTHER_IBAN, Detail, Entry
from tests.bank_statements import (
    STATEMENTS,
    XML,
    Transfers,
    bank_settings,
    credit,
    mixed_statement,
    paid,
    returned,
    statement,
)
from tests.engines import Storage
from tests.factories import User, UserFactory, ok
from tests.http_client import Response
from tests.paging import all_of
from tests.problems import problem
from tests.queues import RecordingQueue
from tests.stored_state import account_balances, assert_ledger_balances

MIB = 1024 * 1024


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return bank_settings(settings)


@pytest.fixture
def transfers(container: Container) -> Transfers:
    return Transfers(container)


@pytest.fixture
def user(user_factory: UserFactory) -> User:
    return user_factory.registered(Role.LENDER)


@pytest.fixture
def alarms(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The number of alarms by name."""
    raised: Counter[str] = Counter()
    monkeypatch.setattr(
        "chalicelib.transfers.service.statements.raise_alarm", lambda name, count: raised.update({name: count})
    )
    return raised


def send(operator: User, content: bytes, **options: Any) -> Response:
    return operator.http.post(STATEMENTS, raw=content, headers=XML, **options)


def imported(operator: User, content: bytes) -> Any:
    return ok(send(operator, content)).json


def work(container: Container, queue: RecordingQueue) -> None:
    """Run the queued jobs until none is left."""
    while queue.sent:
        container.worker.do(queue.sent.pop(0))


def lines_of(operator: User, statement_id: str) -> list[Any]:
    return all_of(operator, f"/api/admin/bank/lines/?statement_id={statement_id}", limit=100)


def test_payments_of_a_file_are_booked(operator: User, user: User, transfers: Transfers, tables: Storage) -> None:
    deposit = transfers.deposit(user.id, "100.00")

    response = send(operator, statement(paid(deposit), credit("5.00")))

    shown = response.json
    assert (response.status, shown["status"], shown["iban"], shown["currency"]) == (201, "done", IBAN, "EUR")
    assert (shown["from"], shown["to"]) == (bank_files.DAY, bank_files.DAY)
    assert [shown[name] for name in ("lines", "matched", "unmatched", "returned", "duplicates")] == [2, 1, 1, 0, 0]
    assert (shown["opening_balance"], shown["closing_balance"]) == ("0.00", "105.00")
    assert (shown["difference"], shown["previous_closing_balance"]) == ("0.00", None)
    assert transfers.status(deposit) == "SETTLED"
    assert assert_ledger_balances(tables) == {
        f"wallet:{user.id}": 10000, "platform:suspense": 500, "external:cash": -10500,
    }  # fmt: skip


def test_same_file_again_has_no_effect(operator: User, user: User, transfers: Transfers, tables: Storage) -> None:
    content = statement(paid(transfers.deposit(user.id, "100.00")), credit("5.00"))
    first = send(operator, content)
    before = tables.items("transfers"), tables.items("ledger")

    again = send(operator, content)

    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    assert (tables.items("transfers"), tables.items("ledger")) == before
    assert user.balance() == "100.00"


def test_repeated_request_with_its_key_is_a_replay(operator: User) -> None:
    content = statement(credit("5.00"))
    first = send(operator, content, key="import")

    again = send(operator, content, key="import")

    assert (first.status, again.status) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json == first.json
    problem(send(operator, statement(credit("6.00")), key="import"), 422, "idempotency_key_reused")
    assert len(operator.call("GET", STATEMENTS)["items"]) == 1


def test_permanent_reference_credits_its_user(operator: User, user: User, transfers: Transfers) -> None:
    reference = transfers.reference_of(user.id)

    shown = imported(operator, statement(credit("12.34", reference)))

    [line] = lines_of(operator, shown["id"])
    assert (line["status"], line["user_id"], line["reference"]) == ("MATCHED", user.id, reference)
    assert user.balance() == "12.34"
    [entry] = user.call("GET", "/api/wallets/transactions/")["items"]
    assert (entry["id"], entry["type"], entry["amount"]) == (line["transaction_id"], "DEPOSIT", "12.34")


def test_withdrawals_are_settled_and_returned(
    operator: User, user: User, container: Container, transfers: Transfers, tables: Storage
) -> None:
    imported(operator, statement(credit("100.00", transfers.reference_of(user.id))))
    settled, sent_back = transfers.withdrawal(user.id, "30.00"), transfers.withdrawal(user.id, "20.00")

    shown = imported(
        operator, statement(returned(sent_back), paid(settled), paid(sent_back), opening="100.00", number="2")
    )

    assert (shown["matched"], shown["returned"], shown["difference"]) == (2, 1, "0.00")
    assert (transfers.status(settled), transfers.status(sent_back)) == ("SETTLED", "RETURNED")
    assert user.balance() == "70.00"
    assert [line["status"] for line in lines_of(operator, shown["id"])] == ["RETURNED", "MATCHED", "MATCHED"]
    assert assert_ledger_balances(tables)["external:cash"] == -7000


def test_one_debit_settles_a_whole_payout(operator: User, user: User, transfers: Transfers, tables: Storage) -> None:
    imported(operator, statement(credit("10.00", transfers.reference_of(user.id))))
    withdrawals = [transfers.withdrawal(user.id, amount) for amount in ("1.00", "2.00")]
    debit = Entry("-3.00", batch=transfers.payout(withdrawals))

    shown = imported(operator, statement(debit, opening="10.00", number="2"))

    assert (shown["matched"], shown["difference"], user.balance()) == (1, "0.00", "7.00")
    assert {transfers.status(withdrawal) for withdrawal in withdrawals} == {"SETTLED"}
    assert assert_ledger_balances(tables)["platform:suspense"] == 0


def test_one_debit_settles_a_payout_without_its_rejected_withdrawal(
    operator: User, user: User, container: Container, transfers: Transfers, tables: Storage
) -> None:
    imported(operator, statement(credit("200.00", transfers.reference_of(user.id))))
    rejected, *others = [transfers.withdrawal(user.id, "50.00") for _ in range(4)]
    debit = Entry("-150.00", batch=transfers.payout([rejected, *others]))
    container.transfers.apply(rejected.id, TransferEvent(NotificationType.FAILED), lambda *_: None)

    shown = imported(operator, statement(debit, opening="200.00", number="2"))

    assert (shown["matched"], shown["difference"], user.balance()) == (1, "0.00", "50.00")
    assert {transfers.status(withdrawal) for withdrawal in others} == {"SETTLED"}
    assert transfers.status(rejected) == "REJECTED"
    assert assert_ledger_balances(tables)["platform:suspense"] == 0


def test_frozen_account_does_not_stop_settlements(operator: User, user: User, transfers: Transfers) -> None:
    deposit = transfers.deposit(user.id, "100.00")
    imported(operator, statement(credit("50.00", transfers.reference_of(user.id))))
    withdrawal = transfers.withdrawal(user.id, "30.00")
    ok(operator.http.post(f"/api/admin/users/{user.id}/freeze/", {"reason": "a question"}))

    file = statement(paid(withdrawal), paid(deposit), returned(deposit), opening="50.00", number="2")
    shown = imported(operator, file)

    assert (shown["matched"], shown["returned"], shown["difference"]) == (2, 1, "0.00")
    assert user.balance() == "20.00"


def test_spent_deposit_that_is_returned_becomes_a_receivable(
    operator: User, user: User, transfers: Transfers, tables: Storage
) -> None:
    deposit = transfers.deposit(user.id, "100.00")
    imported(operator, statement(paid(deposit)))
    withdrawal = transfers.withdrawal(user.id, "80.00")

    file = statement(paid(withdrawal), returned(deposit), opening="100.00", number="2")
    shown = imported(operator, file)

    assert shown["difference"] == "0.00"
    assert user.call("GET", "/api/wallets/")["receivable"] == "80.00"
    imported(operator, statement(credit("100.00", transfers.reference_of(user.id)), opening="-80.00", number="3"))
    assert user.call("GET", "/api/wallets/")["receivable"] == "0.00"
    assert user.balance() == "20.00"
    assert_ledger_balances(tables)


def test_batch_with_details_settles_each_payment(operator: User, user: User, transfers: Transfers) -> None:
    deposits = [transfers.deposit(user.id, amount) for amount in ("1.00", "2.00", "3.00")]
    details = tuple(Detail(str(each.amount), reference=each.reference) for each in deposits)

    shown = imported(operator, statement(Entry("6.00", details, servicer_reference="BATCH")))

    assert (shown["lines"], shown["matched"], user.balance()) == (3, 3, "6.00")


def test_batch_with_a_deducted_charge_goes_to_suspense(
    operator: User, user: User, transfers: Transfers, tables: Storage
) -> None:
    reference = transfers.reference_of(user.id)
    details = (Detail("10.00", reference=reference), Detail("20.00", reference=reference))

    shown = imported(operator, statement(Entry("29.50", details, information=reference), credit("1.00", reference)))

    assert (shown["lines"], shown["matched"], shown["unmatched"], shown["difference"]) == (2, 1, 1, "0.00")
    assert user.balance() == "1.00"
    assert assert_ledger_balances(tables)["platform:suspense"] == 2950


def test_statements_of_one_file_are_one_import(operator: User, user: User, transfers: Transfers) -> None:
    first, second = transfers.deposit(user.id, "1.00"), transfers.deposit(user.id, "2.00")
    parts = (
        bank_files.Statement([paid(first)], "0.00", statement_id="A", sequence="1"),
        bank_files.Statement([paid(second)], "1.00", statement_id="B", sequence="2"),
    )

    shown = imported(operator, bank_files.document(*parts))

    assert (shown["lines"], shown["opening_balance"], shown["closing_balance"]) == (2, "0.00", "3.00")
    assert (shown["difference"], user.balance()) == ("0.00", "3.00")


def test_500_lines_have_one_effect_in_overlapping_files(
    operator: User,
    user_factory: UserFactory,
    container: Container,
    queue: RecordingQueue,
    transfers: Transfers,
    tables: Storage,
) -> None:
    users = [user_factory.registered(Role.LENDER) for _ in range(3)]
    for each in users:
        container.wallets.deposit(each.actor, transfers.deposit(each.id, "900.00").amount, "")
    before = account_balances(tables)
    mixed = mixed_statement(transfers, [each.id for each in users], 500)

    first = imported(operator, mixed.file(0, 300))
    work(container, queue)  # on a busy machine the queue continues
    first = operator.call("GET", f"{STATEMENTS}{first['id']}/")
    again = send(operator, mixed.file(0, 300))
    overlapping = imported(operator, mixed.file(200))
    work(container, queue)
    overlapping = operator.call("GET", f"{STATEMENTS}{overlapping['id']}/")

    assert again.status == 200
    assert first["difference"] == overlapping["difference"] == "0.00"
    assert overlapping["lines"] > 300
    counts = ("matched", "unmatched", "returned", "duplicates")
    assert sum(overlapping[name] for name in counts) == overlapping["lines"]
    assert overlapping["duplicates"] >= 100
    after = assert_ledger_balances(tables)
    moved = {account: cents - before.get(account, 0) for account, cents in after.items()}
    assert {account: cents for account, cents in moved.items() if cents} == mixed.expected()


def test_long_import_continues_in_the_queue(
    operator: User, container: Container, queue: RecordingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Deadline, "is_over", property(lambda _: True))
    content = statement(*(credit("1.00", servicer_reference=f"E{number}") for number in range(3)))

    started = send(operator, content)

    assert (started.status, started.json["status"], started.json["difference"]) == (202, "importing", None)
    assert (started.json["lines"], started.json["unmatched"]) == (3, 1)
    work(container, queue)
    done = send(operator, content)
    assert (done.status, done.json["status"], done.json["unmatched"]) == (200, "done", 3)


def test_missing_statement_is_a_gap_and_raises_an_alarm(operator: User, alarms: Counter[str]) -> None:
    imported(operator, statement(credit("10.00"), period=("2026-11-01", "2026-11-01")))
    days = {"period": ("2026-11-29", "2026-11-29"), "day": "2026-11-29"}
    third = statement(credit("1.00", booked_on="2026-11-29"), opening="15.00", number="3", **days)

    shown = imported(operator, third)

    assert (shown["previous_closing_balance"], shown["opening_balance"]) == ("10.00", "15.00")
    assert shown["difference"] == "5.00"
    assert alarms[STATEMENT_DIFFERENCES] == 1
    second = statement(
        credit("5.00", booked_on="2026-11-28"), opening="10.00", number="2", period=("2026-11-28", "2026-11-28"),
        day="2026-11-28",
    )  # fmt: skip
    assert imported(operator, second)["difference"] == "0.00"
    assert operator.call("GET", f"{STATEMENTS}{shown['id']}/")["difference"] == "0.00"
    assert alarms[STATEMENT_DIFFERENCES] == 1


def test_end_of_the_period_in_the_future_is_ignored(operator: User, container: Container) -> None:
    period = (bank_files.DAY, "2027-12-31")
    first = imported(operator, statement(credit("10.00"), period=period))
    days = {"period": ("2026-11-28", "2026-11-28"), "day": "2026-11-28"}

    second = imported(operator, statement(Entry("5.00", booked_on="2026-11-28"), opening="10.00", number="2", **days))

    assert (first["to"], second["difference"]) == (bank_files.DAY, "0.00")
    newest = container.statements.newest()
    assert newest is not None
    assert newest.id == second["id"]


SAME = Entry("10.00", (Detail(text="rent"),))


def page(number: int, is_last: bool, **balances: Any) -> bytes:
    """A page of a statement, with one payment of 10.00."""
    return bank_files.document(bank_files.Statement([SAME], page=(number, is_last), **balances))


@pytest.mark.parametrize(
    "files",
    [
        [statement(SAME, number="41"), statement(SAME, opening="10.00", number="42")],
        [page(1, False, closing=None), page(2, True, opening=None, closing="20.00")],
        [
            bank_files.document(
                bank_files.Statement([SAME], statement_id="S41", sequence="41"),
                bank_files.Statement([SAME], "10.00", statement_id="S42", sequence="42"),
            )
        ],
    ],
    ids=["statements", "pages", "statements of one file"],
)
def test_equal_payment_in_a_continuing_statement_is_booked(
    operator: User, tables: Storage, clock: FixedClock, files: list[bytes]
) -> None:
    for content in files:
        shown = imported(operator, content)
        clock.advance(seconds=1)
        assert (shown["duplicates"], shown["difference"]) == (0, "0.00")
    assert assert_ledger_balances(tables)["platform:suspense"] == 2000

    whole = imported(operator, statement(SAME, SAME, number="99"))

    assert (whole["duplicates"], whole["difference"]) == (2, "0.00")
    again = imported(operator, files[-1] + b" ")
    assert (again["duplicates"], again["difference"]) == (again["lines"], "0.00")
    assert assert_ledger_balances(tables)["platform:suspense"] == 2000


def test_parts_of_an_imported_statement_are_duplicates(operator: User, tables: Storage, clock: FixedClock) -> None:
    files = [
        statement(SAME, SAME, number="41"),
        statement(SAME, number="42"),
        statement(SAME, opening="10.00", number="43"),
    ]
    for content in files:
        shown = imported(operator, content)
        clock.advance(seconds=1)

    assert (shown["duplicates"], shown["difference"]) == (1, "0.00")
    third = imported(operator, statement(SAME, opening="20.00", number="44"))
    assert (third["duplicates"], third["difference"]) == (0, "0.00")
    assert assert_ledger_balances(tables)["platform:suspense"] == 3000


def test_statement_that_is_exported_again_is_a_duplicate(operator: User, tables: Storage) -> None:
    entries = SAME, replace(SAME, amount="-10.00")
    imported(operator, statement(*entries, number="41"))

    again = imported(operator, statement(*entries, number="42"))

    assert (again["duplicates"], again["difference"]) == (2, "0.00")
    assert assert_ledger_balances(tables)["platform:suspense"] == 0


class TestAccountWithOpeningBalance:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, bank_opening_balance=Money.of("1234.56"))

    def test_opening_balance_is_no_difference(self, operator: User, container: Container, alarms: Counter[str]) -> None:
        shown = imported(operator, statement(credit("10.00"), opening="1234.56"))

        newest = container.statements.newest()
        assert (shown["closing_balance"], shown["difference"]) == ("1244.56", "0.00")
        assert newest is not None
        assert newest.difference == Money(0)
        booked = container.statement_repository.booked_by_day(IBAN)
        assert container.settings.bank_opening_balance + Money.total(booked.values()) == Money.of("1244.56")
        assert not alarms


def test_second_statement_of_a_day_continues_the_first(operator: User, clock: FixedClock, alarms: Counter[str]) -> None:
    first = imported(operator, statement(credit("10.00", servicer_reference="A")))
    clock.advance(seconds=1)

    second = imported(operator, statement(credit("5.00", servicer_reference="B"), opening="10.00", number="2"))

    assert (first["difference"], second["difference"]) == ("0.00", "0.00")
    assert second["previous_closing_balance"] == second["opening_balance"] == "10.00"
    listed = operator.call("GET", STATEMENTS)["items"]
    assert listed == [second, first]
    assert not alarms


def test_statements_are_listed_by_import(operator: User, clock: FixedClock) -> None:
    ids = []
    for number in ("1", "2", "3"):
        ids.append(imported(operator, statement(credit(f"{number}.00"), number=number))["id"])
        clock.advance(seconds=1)

    listed = all_of(operator, STATEMENTS, limit=2)

    assert [each["id"] for each in listed] == ids[::-1]
    assert operator.call("GET", f"{STATEMENTS}{ids[0]}/")["id"] == ids[0]
    problem(operator.http.get(f"{STATEMENTS}{'7' * 26}/"), 404, "statement_not_found")


def test_import_is_audited(operator: User) -> None:
    shown = imported(operator, statement(credit("10.00")))

    [entry] = operator.call("GET", "/api/admin/audit/")["items"]
    assert (entry["action"], entry["subject"]) == ("IMPORT_STATEMENT", f"statement:{shown['id']}")
    assert (entry["details"]["lines"], entry["details"]["closing_balance"]) == ("1", "10.00")


GOOD = statement(credit("10.00"))
BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>"""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD.replace(b'<?xml version="1.0" encoding="UTF-8"?>', BOMB), "forbidden_xml"),
        (
            GOOD.replace(b"<Document", b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document'),
            "forbidden_xml",
        ),
        (GOOD.replace(b"camt.053.001.08", b"camt.054.001.08"), "unsupported_message"),
        (GOOD.replace(b'Ccy="EUR"', b'Ccy="USD"'), "wrong_currency"),
        (GOOD[:-200], "truncated_file"),
        (statement(credit("10.00"), closing="11.00"), "balance_mismatch"),
        (b"", "truncated_file"),
    ],
    ids=["entities", "external entity", "another message", "currency", "truncated", "balances", "empty"],
)
def test_bad_file_changes_nothing(operator: User, tables: Storage, content: bytes, reason: str) -> None:
    response = send(operator, content)

    assert problem(response, 422, "invalid_bank_file")["reason"] == reason
    assert tables.items("transfers") == tables.items("ledger") == []


def test_statement_of_another_account_is_rejected(operator: User, tables: Storage) -> None:
    response = send(operator, statement(credit("10.00"), iban=OTHER_IBAN))

    problem(response, 422, "wrong_account")
    assert tables.items("transfers") == []


def test_other_media_type_is_rejected(operator: User) -> None:
    response = operator.http.post(STATEMENTS, raw=GOOD, headers={"Content-Type": "application/json"})

    assert "application/xml" in problem(response, 415, "unsupported_media_type")["detail"]


def test_file_over_4_mib_is_rejected(operator: User, tables: Storage) -> None:
    blanks = GOOD + b" " * (4 * MIB - len(GOOD))

    assert send(operator, blanks).status == 201
    assert "4 MiB" in problem(send(operator, blanks + b" "), 413, "body_too_large")["detail"]


def test_others_cannot_import(user: User) -> None:
    problem(send(user, GOOD), 403, "forbidden")
