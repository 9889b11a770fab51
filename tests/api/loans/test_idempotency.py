"""One effect per Idempotency-Key for every request that changes something."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.clock import FixedClock
from tests.catalogue import ROUTES
from tests.engines import Storage
from tests.factories import User, UserFactory, accept_offer, funded_loan, make_offer, ok, open_loan, pay
from tests.http_client import Response
from tests.marketplace import Marketplace
from tests.problems import problem
from tests.route_examples import Route
from tests.stored_state import assert_ledger_balances

TABLES = ("users", "wallets", "ledger", "loans", "transfers", "operations", "audit")
KEYED = [route for route in ROUTES if route.is_keyed]
EVERY_KEYED_ROUTE = pytest.mark.parametrize("route", KEYED, ids=lambda route: route.name)


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request of a signed-in user, ready to be sent with a key."""

    user: User
    path: str
    body: Mapping[str, Any] | str | None
    other_body: Mapping[str, Any] | str | None = None
    method: str = "POST"

    def send(self, key: str | None = "the-key", body: Mapping[str, Any] | str | None = None) -> Response:
        return self.user.http.send(self.method, self.path, body or self.body, key=key)


def example(route: Route, users: UserFactory) -> KeyedRequest:
    """The example of a route in the catalogue."""
    situation = route.setup(Marketplace[User](users))
    assert situation.user is not None
    body, other = (route.body_for(situation.values, other=other) for other in (False, True))
    return KeyedRequest(situation.user, route.address(situation.values), body, other, route.method)


def contents(tables: Storage) -> dict[str, list[dict[str, Any]]]:
    return {name: tables.items(name) for name in TABLES}


@EVERY_KEYED_ROUTE
def test_replay_returns_the_same_response_and_changes_nothing(
    user_factory: UserFactory, tables: Storage, route: Route
) -> None:
    request = example(route, user_factory)
    first = ok(request.send())
    after = contents(tables)

    second = ok(request.send())

    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert (second.status, resource(second)) == (first.status, resource(first))
    assert contents(tables) == after
    assert_ledger_balances(tables)


@EVERY_KEYED_ROUTE
def test_key_of_another_request_is_rejected(user_factory: UserFactory, tables: Storage, route: Route) -> None:
    request = example(route, user_factory)
    ok(request.send())
    elsewhere = KeyedRequest(request.user, "/api/wallets/deposit/", {"amount": "0.07"})
    after = contents(tables)

    rejected = [elsewhere.send(), request.send(body=request.other_body) if request.other_body else elsewhere.send()]

    assert [problem(response, 422, "idempotency_key_reused")["status"] for response in rejected] == [422, 422]
    assert contents(tables) == after


@EVERY_KEYED_ROUTE
def test_concurrent_requests_with_one_key_have_one_effect(
    user_factory: UserFactory, tables: Storage, route: Route
) -> None:
    request = example(route, user_factory)
    together = threading.Barrier(4)

    def send(_: int) -> Response:
        together.wait()
        return ok(request.send())

    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(send, range(4)))

    assert [response.headers.get("idempotent-replayed", "false") for response in responses].count("false") == 1
    assert len({effect(response) for response in responses}) == 1
    assert_ledger_balances(tables)


def resource(response: Response) -> Any:
    """The content without the schedule before a reschedule: a replay reads the loan again, which shows the new one."""
    content: Any = response.json if response.body else None
    return {name: value for name, value in content.items() if name != "before"} if content else content


def effect(response: Response) -> str:
    """The id of the thing that a response shows as made or changed; empty if something was deleted."""
    content: Any = response.json if response.body else {"id": ""}
    thing = content.get("transaction") or content.get("payment") or content
    return str(thing.get("id", ""))


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("500.00")


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("5000.00")


def deposit_of(lender: User) -> KeyedRequest:
    return KeyedRequest(lender, "/api/wallets/deposit/", {"amount": "5.00"})


def withdrawal_of_offer(borrower: User, lender: User) -> KeyedRequest:
    loan = open_loan(borrower)
    make_offer(lender, loan["id"])
    return KeyedRequest(lender, f"/api/loans/{loan['id']}/offer/", None, method="DELETE")


def test_equal_amounts_in_other_notation_are_one_request(lender: User) -> None:
    ok(deposit_of(lender).send(body={"amount": "5"}))

    again = ok(deposit_of(lender).send(body={"amount": 5.00, "description": ""}))

    assert again.headers["idempotent-replayed"] == "true"
    assert lender.balance() == "5005.00"


def test_without_a_key_every_request_counts(lender: User) -> None:
    for _ in range(2):
        ok(deposit_of(lender).send(key=None))

    assert lender.balance() == "5010.00"


def test_rejected_request_leaves_its_key_free(lender: User) -> None:
    wish = KeyedRequest(lender, "/api/wallets/withdraw/", {"amount": "5001.00"})
    problem(wish.send(), 409, "insufficient_funds")
    ok(lender.http.post("/api/wallets/deposit/", {"amount": "1.00"}))

    response = ok(wish.send())

    assert "idempotent-replayed" not in response.headers
    assert lender.balance() == "0.00"


def test_replayed_withdrawal_shows_the_current_wallet(lender: User) -> None:
    wish = KeyedRequest(lender, "/api/wallets/withdraw/", {"amount": "5000.00"})
    first = ok(wish.send()).json
    ok(lender.http.post("/api/wallets/deposit/", {"amount": "1.00"}))

    again = ok(wish.send()).json

    assert again["transaction"] == first["transaction"]
    assert (first["wallet"]["balance"], again["wallet"]["balance"]) == ("0.00", "1.00")


def test_funding_and_acceptance_are_replayed_later(borrower: User, lender: User) -> None:
    loan = open_loan(borrower)
    made = make_offer(lender, loan["id"])
    accepting = KeyedRequest(borrower, f"/api/loans/{loan['id']}/accept-offer/", {"offer_id": made["id"]})
    loan_id = ok(accepting.send("accept")).json["id"]
    funding = KeyedRequest(lender, f"/api/loans/{loan_id}/fund/", {})
    ok(funding.send("fund"))
    pay(borrower, loan_id)

    for call, key in ((accepting, "accept"), (funding, "fund")):
        again = ok(call.send(key))
        assert again.headers["idempotent-replayed"] == "true"
        assert again.json["status"] == "FUNDED"
        assert again.json["remaining_amount"] == "862.73"


def test_last_payment_is_replayed_after_completion(borrower: User, lender: User, tables: Storage) -> None:
    loan = funded_loan(borrower, lender, months=1)
    paying = KeyedRequest(borrower, f"/api/loans/{loan['id']}/pay/", {})
    first = ok(paying.send()).json
    assert first["loan"]["status"] == "COMPLETED"

    again = ok(paying.send())

    assert again.headers["idempotent-replayed"] == "true"
    assert again.json == first
    assert_ledger_balances(tables)


def test_each_payment_is_replayed_as_itself(borrower: User, lender: User) -> None:
    loan = funded_loan(borrower, lender)
    paying = KeyedRequest(borrower, f"/api/loans/{loan['id']}/pay/", {})
    first, second = (ok(paying.send(key)).json["payment"] for key in ("one", "two"))

    again = [ok(paying.send(key)).json["payment"] for key in ("two", "one")]

    assert again == [second, first]
    assert (first["number"], second["number"]) == (1, 2)


def test_withdrawn_offer_is_not_replayed(borrower: User, lender: User) -> None:
    path = f"/api/loans/{open_loan(borrower)['id']}/offer/"
    call = KeyedRequest(lender, path, {"annual_interest_rate": "9.00"})
    ok(call.send("first"))
    ok(lender.http.delete(call.path))
    ok(call.send("second"))

    again = call.send("first")

    problem(again, 404, "offer_not_found")


def test_replayed_offer_withdrawal_keeps_a_later_offer(borrower: User, lender: User) -> None:
    call = withdrawal_of_offer(borrower, lender)
    ok(call.send())
    made = ok(lender.http.post(call.path, {"annual_interest_rate": "9.00"})).json

    again = ok(call.send())

    assert again.headers["idempotent-replayed"] == "true"
    assert [each["id"] for each in lender.http.get("/api/loans/my-offers/").json["items"]] == [made["id"]]


def test_rejected_offer_withdrawal_leaves_its_key_free(borrower: User, lender: User) -> None:
    call = KeyedRequest(lender, f"/api/loans/{open_loan(borrower)['id']}/offer/", None, method="DELETE")
    problem(call.send(), 404, "offer_not_found")
    ok(lender.http.post(call.path, {"annual_interest_rate": "9.00"}))

    response = ok(call.send())

    assert "idempotent-replayed" not in response.headers
    problem(call.send("another"), 404, "offer_not_found")


def test_offer_withdrawal_without_key_takes_the_current_offer(borrower: User, lender: User) -> None:
    call = withdrawal_of_offer(borrower, lender)
    ok(call.send(None))
    ok(lender.http.post(call.path, {"annual_interest_rate": "9.00"}))

    ok(call.send(None))

    assert lender.http.get("/api/loans/my-offers/").json["items"] == []


def test_deposit_with_lost_response_counts_once(
    lender: User, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = WriteTransaction.commit

    def commit_twice(self: WriteTransaction) -> None:
        """Repeat the transaction, as an SDK's retry does if the database no longer knows the request's token."""
        commit(self)
        commit(self)

    with monkeypatch.context() as patch:
        patch.setattr(WriteTransaction, "commit", commit_twice)
        ok(deposit_of(lender).send(key=None))

    assert lender.balance() == "5005.00"
    assert_ledger_balances(storage)


def test_key_expires_after_thirty_days(lender: User, clock: FixedClock) -> None:
    ok(deposit_of(lender).send())
    clock.advance(days=30)
    assert ok(deposit_of(lender).send()).headers["idempotent-replayed"] == "true"

    clock.advance(days=1)
    fresh = ok(deposit_of(lender).send(body={"amount": "7.00"}))

    assert "idempotent-replayed" not in fresh.headers
    assert lender.balance() == "5012.00"


def test_expired_key_does_not_replay(lender: User, clock: FixedClock) -> None:
    wish = KeyedRequest(lender, "/api/wallets/withdraw/", {"amount": "5000.00"})
    ok(wish.send())

    clock.advance(days=31)

    problem(wish.send(), 409, "insufficient_funds")


def test_acceptance_is_replayed_after_further_acceptances(
    borrower: User, lender: User, user_factory: UserFactory
) -> None:
    loan = open_loan(borrower, "1000.00")
    part = make_offer(lender, loan["id"], amount="400.00")
    path = f"/api/loans/{loan['id']}/accept-offer/"
    accepting = KeyedRequest(borrower, path, {"offer_id": part["id"]})
    ok(accepting.send())
    other = user_factory.lender()
    accept_offer(borrower, loan["id"], make_offer(other, loan["id"], amount="600.00")["id"])

    again = ok(accepting.send())

    assert again.headers["idempotent-replayed"] == "true"
    assert again.json["accepted_amount"] == "1000.00"
