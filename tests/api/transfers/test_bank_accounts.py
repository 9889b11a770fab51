"""Bank accounts of users over HTTP."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import ZERO
from chalicelib.transfers.domain.bank_account import BankAccountNotFound, BankAccountNotUsableYet, BankDetails
from chalicelib.transfers.schemas_bank_accounts import BankAccountRequest
from tests.bank_files import IBAN
from tests.engines import Storage
from tests.factories import UNKNOWN_ID, User, UserFactory, ok
from tests.http_client import Response
from tests.marketplace import BANK_ACCOUNT, US_ACCOUNT
from tests.problems import problem

ACCOUNTS = "/api/bank-accounts/"


@pytest.fixture
def person(user_factory: UserFactory) -> User:
    return user_factory.borrower()


def add(person: User, body: dict[str, str], key: str | None = None) -> Response:
    return person.http.post(ACCOUNTS, body, key=key)


def us_account(number: int) -> dict[str, str]:
    return {**US_ACCOUNT, "account_number": f"{number:06}6789"}


def listed(person: User) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = ok(person.http.get(ACCOUNTS)).json["items"]
    return items


def test_added_account_is_shown_masked(person: User) -> None:
    response = add(person, {"holder": " Ána Example ", "iban": "gb29 nwbk 6016 1331 9268 19"})

    assert response.status == 201
    shown = {name: value for name, value in response.json.items() if name != "id"}
    assert shown == {
        "holder": "Ána Example",
        "type": "IBAN",
        "masked": "GB29 •••• 6819",
        "usable_from": "2026-01-16T09:30:00.000Z",
        "created_at": "2026-01-15T09:30:00.000Z",
    }
    assert listed(person) == [response.json]


def test_us_account_is_shown_masked(person: User) -> None:
    account = ok(add(person, US_ACCOUNT)).json

    assert (account["type"], account["masked"]) == ("US", "•••• 6789")


def test_numbers_are_stored_encrypted(person: User, tables: Storage, container: Container) -> None:
    ok(add(person, BANK_ACCOUNT))
    ok(add(person, US_ACCOUNT))

    stored = json.dumps([tables.items(name) for name in ("users", "operations", "audit")])
    numbers = [BANK_ACCOUNT["iban"], US_ACCOUNT["account_number"], US_ACCOUNT["routing_number"]]
    assert [number for number in numbers if number in stored] == []
    texts = [item["ciphertext"]["S"] for item in tables.items("users") if "ciphertext" in item]
    decrypted = {container.bank_accounts.decrypted(person.id, text) for text in texts}
    assert decrypted == {BankDetails(**BANK_ACCOUNT), BankDetails(**US_ACCOUNT)}


def test_list_has_pages_newest_first(person: User, clock: FixedClock) -> None:
    for number in range(3):
        ok(add(person, us_account(number)))
        clock.advance(seconds=1)

    first = ok(person.http.get(f"{ACCOUNTS}?limit=2")).json
    second = ok(person.http.get(f"{ACCOUNTS}?limit=2&cursor={first['next_cursor']}")).json

    times = [account["created_at"] for account in (*first["items"], *second["items"])]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)
    assert second["next_cursor"] is None


def test_users_see_and_delete_only_their_own_accounts(person: User, user_factory: UserFactory) -> None:
    account, stranger = ok(add(person, BANK_ACCOUNT)).json, user_factory.lender()

    rejected = stranger.http.delete(f"{ACCOUNTS}{account['id']}/")

    problem(rejected, 404, "bank_account_not_found")
    assert listed(stranger) == []
    assert listed(person) == [account]


def test_deleted_account_is_gone_and_can_be_added_again(person: User) -> None:
    account = ok(add(person, BANK_ACCOUNT)).json

    deleted = person.http.delete(f"{ACCOUNTS}{account['id']}/")

    assert (deleted.status, deleted.body) == (204, b"")
    assert listed(person) == []
    assert ok(add(person, BANK_ACCOUNT)).status == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"holder": "Ana"}, "iban"),
        ({**BANK_ACCOUNT, **US_ACCOUNT}, "iban"),
        ({**BANK_ACCOUNT, "iban": "DE88370400440532013000"}, "iban"),
        ({**BANK_ACCOUNT, "holder": ""}, "holder"),
        ({**BANK_ACCOUNT, "holder": "x" * 71}, "holder"),
        ({"iban": BANK_ACCOUNT["iban"]}, "holder"),
        ({**US_ACCOUNT, "routing_number": "112000025"}, "routing_number"),
        ({**US_ACCOUNT, "account_number": "123"}, "account_number"),
        ({"holder": "Ana", "account_number": "12345678"}, "routing_number"),
        ({**BANK_ACCOUNT, "bic": "COBADEFF"}, "bic"),
        ({**BANK_ACCOUNT, "iban": 7}, "iban"),
    ],
)
def test_invalid_accounts_are_rejected_by_field(
    person: User, tables: Storage, body: dict[str, str], field: str
) -> None:
    rejected = problem(person.http.post(ACCOUNTS, body), 422, "invalid_request")

    assert [error["field"] for error in rejected["errors"]] == [field]
    assert tables.items("users") == []


@pytest.mark.parametrize("iban", [IBAN, "de89 3704 0044 0532 0130 00"])
def test_account_of_the_platform_is_rejected(person: User, tables: Storage, iban: str) -> None:
    rejected = problem(add(person, {"holder": "Ana Example", "iban": iban}), 422, "invalid_request")

    assert [error["field"] for error in rejected["errors"]] == ["iban"]
    assert tables.items("users") == []


@pytest.mark.parametrize("holder", ["Ana Example", "A. Example"])
def test_same_account_is_rejected_whatever_the_holder(person: User, holder: str) -> None:
    ok(add(person, BANK_ACCOUNT))

    rejected = add(person, {"holder": holder, "iban": "gb29 nwbk 6016 1331 9268 19"})

    problem(rejected, 409, "bank_account_exists")
    assert len(listed(person)) == 1


def test_accounts_that_look_alike_are_different(person: User) -> None:
    ok(add(person, us_account(1)))

    assert add(person, us_account(2)).status == 201
    assert {account["masked"] for account in listed(person)} == {"•••• 6789"}


def test_same_account_belongs_to_two_users(person: User, user_factory: UserFactory) -> None:
    assert add(person, BANK_ACCOUNT).status == add(user_factory.lender(), BANK_ACCOUNT).status == 201


def test_eleventh_account_is_rejected(person: User) -> None:
    for number in range(10):
        ok(add(person, us_account(number)))

    rejected = add(person, us_account(10))

    problem(rejected, 409, "too_many_bank_accounts")
    assert len(listed(person)) == 10


def test_another_account_replaces_a_deleted_one(person: User) -> None:
    accounts = [ok(add(person, us_account(number))).json for number in range(10)]

    ok(person.http.delete(f"{ACCOUNTS}{accounts[4]['id']}/"))

    assert add(person, us_account(10)).status == 201


def test_simultaneous_requests_never_exceed_the_limit(person: User) -> None:
    for number in range(8):
        ok(add(person, us_account(number)))

    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda number: add(person, us_account(number)), range(8, 14)))

    assert sorted(response.status for response in responses) == [201, 201, 409, 409, 409, 409]
    assert len(listed(person)) == 10


def test_simultaneous_requests_add_an_account_once(person: User) -> None:
    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda _: add(person, BANK_ACCOUNT), range(6)))

    assert sorted(response.status for response in responses) == [201, 409, 409, 409, 409, 409]
    assert len(listed(person)) == 1


def test_repeated_request_returns_the_same_account(person: User) -> None:
    first = add(person, BANK_ACCOUNT, key="once")

    second = add(person, BANK_ACCOUNT, key="once")

    assert (second.status, second.json) == (201, first.json)
    assert second.headers["idempotent-replayed"] == "true"


# Use for withdrawals.


def use(container: Container, person: User, account_id: str) -> tuple[WriteTransaction, str]:
    writes = container.wallet_repository.writes()
    return writes, container.bank_accounts.add_use(writes, person.actor, account_id)


def test_account_is_usable_after_the_cooling_period(person: User, container: Container, clock: FixedClock) -> None:
    account = ok(add(person, BANK_ACCOUNT)).json
    clock.advance(hours=24)

    writes, destination = use(container, person, account["id"])
    writes.commit()

    assert container.bank_accounts.decrypted(person.id, destination) == BankDetails(**BANK_ACCOUNT)


def test_account_is_not_usable_before(person: User, container: Container, clock: FixedClock) -> None:
    account = ok(add(person, BANK_ACCOUNT)).json
    clock.advance(hours=23, minutes=59, seconds=59)

    with pytest.raises(BankAccountNotUsableYet):
        use(container, person, account["id"])


def test_other_users_account_is_not_usable(
    person: User, container: Container, clock: FixedClock, user_factory: UserFactory
) -> None:
    account = ok(add(person, BANK_ACCOUNT)).json
    clock.advance(hours=24)

    for actor, account_id in ((user_factory.lender(), account["id"]), (person, UNKNOWN_ID)):
        with pytest.raises(BankAccountNotFound):
            use(container, actor, account_id)


def test_account_that_is_deleted_meanwhile_is_not_used(person: User, container: Container, clock: FixedClock) -> None:
    account = ok(add(person, BANK_ACCOUNT)).json
    clock.advance(hours=24)
    writes, _ = use(container, person, account["id"])
    container.wallets.add(writes, reservations={person.id: ZERO})

    ok(person.http.delete(f"{ACCOUNTS}{account['id']}/"))

    with pytest.raises(BankAccountNotFound):
        writes.commit()


def test_idempotency_record_does_not_reveal_the_account(person: User, tables: Storage) -> None:
    ok(add(person, BANK_ACCOUNT, key="4f2c1d9e-once"))

    [fingerprint] = [item["fingerprint"]["S"] for item in tables.items("operations") if "fingerprint" in item]
    body = BankAccountRequest(**BANK_ACCOUNT).model_dump_json()
    guess = "\x1f".join(("POST", ACCOUNTS.rstrip("/"), body)).encode()
    assert hashlib.sha256(guess).hexdigest()[:32] != fingerprint
    assert hmac.digest(b"4f2c1d9e-once", guess, "sha256").hex()[:32] == fingerprint


def test_numbers_reach_neither_logs_nor_errors(person: User, capfd: pytest.CaptureFixture[str]) -> None:
    wrong = {"holder": "Ana", "iban": "DE88370400440532013000"}
    too_long = {**US_ACCOUNT, "account_number": "98765432" * 10}

    responses = [add(person, body) for body in (BANK_ACCOUNT, BANK_ACCOUNT, wrong, too_long)]

    shown = "".join(str(response.body) for response in responses) + "".join(capfd.readouterr())
    assert [response.status for response in responses] == [201, 409, 422, 422]
    numbers = (BANK_ACCOUNT["iban"], wrong["iban"], "98765432")
    assert "bank-accounts" in shown
    assert [number for number in numbers if number in shown] == []
