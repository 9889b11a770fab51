"""Concurrent requests and stale reads: the conditions of the writes decide."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.settings import Settings
from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.factories import User, UserFactory, accept_offer, funded_loan, make_offer, ok, open_loan, subscribed_loan
from tests.http_client import Response
from tests.stored_state import assert_ledger_balances


def results(responses: Sequence[Response]) -> Counter[str]:
    """Count the results: a status, or the code of an error."""
    return Counter(str(response.status) if response.status < 400 else response.code for response in responses)


def accept_concurrently(borrower: User, loan_id: str, offer_ids: Sequence[str]) -> Counter[str]:
    path = f"/api/loans/{loan_id}/accept-offer/"
    return results(run_concurrently([partial(borrower.http.post, path, {"offer_id": each}) for each in offer_ids]))


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("1000.00")


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("1003.75")


def test_concurrent_withdrawals_never_exceed_the_balance(user_factory: UserFactory, tables: Storage) -> None:
    person = user_factory.lender("100.00")
    withdraw = {"amount": "30.00"}

    responses = run_concurrently([lambda: person.http.post("/api/wallets/withdraw/", withdraw)] * 8)

    assert results(responses) == {"200": 3, "insufficient_funds": 5}
    assert person.balance() == "10.00"
    assert_ledger_balances(tables)


def test_wallet_funds_only_one_of_two_loans(borrower: User, lender: User, tables: Storage) -> None:
    loans = [subscribed_loan(borrower, lender) for _ in range(2)]

    responses = run_concurrently([partial(lender.http.post, f"/api/loans/{loan['id']}/fund/") for loan in loans])

    assert results(responses) == {"200": 1, "insufficient_funds": 1}
    assert assert_ledger_balances(tables)["platform:fees"] == 375


def test_loan_is_funded_once_with_different_keys(borrower: User, user_factory: UserFactory, tables: Storage) -> None:
    lender = user_factory.lender("9000.00")
    at = f"/api/loans/{subscribed_loan(borrower, lender)['id']}/fund/"

    responses = run_concurrently([partial(lender.http.post, at, key=str(number)) for number in range(6)])

    assert results(responses) == {"200": 1, "already_funded": 5}
    assert lender.balance() == "7996.25"
    assert_ledger_balances(tables)


def test_concurrent_payments_settle_successive_instalments(borrower: User, lender: User, tables: Storage) -> None:
    loan = funded_loan(borrower, lender)

    responses = run_concurrently([lambda: borrower.http.post(f"/api/loans/{loan['id']}/pay/")] * 8)

    assert results(responses) == {"200": 6, "loan_not_active": 2}
    numbers = sorted(response.json["payment"]["number"] for response in responses if response.status == 200)
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert lender.balance() == "1035.28"
    assert_ledger_balances(tables)


def test_only_one_full_offer_is_accepted(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower)
    offers = [make_offer(user_factory.lender(), loan["id"], rate)["id"] for rate in ("11.00", "12.00")]

    assert accept_concurrently(borrower, loan["id"], offers) == {"200": 1, "loan_not_open": 1}

    shown = borrower.call("GET", f"/api/loans/{loan['id']}/")
    assert [each["accepted"] for each in shown["offers"]].count(True) == 1
    assert shown["accepted_amount"] == "1000.00"


def test_concurrent_acceptances_never_exceed_the_amount(borrower: User, user_factory: UserFactory) -> None:
    loan = open_loan(borrower, "1000.00", "12.00")
    rates = ("8.00", "9.00", "10.00", "11.00", "12.00", "7.00")
    offers = [make_offer(user_factory.lender(), loan["id"], rate, "300.00")["id"] for rate in rates]

    assert accept_concurrently(borrower, loan["id"], offers) == {"200": 4, "loan_not_open": 2}

    shown = borrower.call("GET", f"/api/loans/{loan['id']}/")
    taken = [each for each in shown["offers"] if each["accepted"]]
    assert sorted(each["accepted_amount"] for each in taken) == ["100.00", "300.00", "300.00", "300.00"]
    assert shown["annual_interest_rate"] == max((each["annual_interest_rate"] for each in taken), key=float)


def test_offer_is_either_accepted_or_withdrawn(borrower: User, user_factory: UserFactory) -> None:
    for _ in range(5):
        lender = user_factory.lender()
        loan = open_loan(borrower)
        made = make_offer(lender, loan["id"])
        at = f"/api/loans/{loan['id']}/"

        accepted, withdrawn = run_concurrently(
            [
                partial(borrower.http.post, f"{at}accept-offer/", {"offer_id": made["id"]}),
                partial(lender.http.delete, f"{at}offer/"),
            ]
        )

        assert (accepted.status, withdrawn.status) in {(200, 409), (404, 204)}
        status = ok(borrower.http.get(at)).json["status"]
        assert status == ("PENDING_FUNDING" if accepted.status == 200 else "REQUESTED")


def test_loan_is_either_cancelled_or_funded(borrower: User, user_factory: UserFactory, tables: Storage) -> None:
    for _ in range(5):
        lender = user_factory.lender("1003.75")
        at = f"/api/loans/{subscribed_loan(borrower, lender)['id']}/"

        cancelled, funded = run_concurrently(
            [partial(borrower.http.post, f"{at}cancel/"), partial(lender.http.post, f"{at}fund/")]
        )

        assert sorted((cancelled.status, funded.status)) == [200, 409]
        assert lender.balance() == ("0.00" if funded.status == 200 else "1003.75")
    assert_ledger_balances(tables)


def test_stale_offers_do_not_lower_the_clearing_rate(
    borrower: User, user_factory: UserFactory, container: Container, tables: Storage
) -> None:
    """DynamoDB may return the loan after an acceptance with the offer as it was before."""
    loan = open_loan(borrower, "1000.00", "12.00")
    high = make_offer(user_factory.lender(), loan["id"], "12.00", "400.00")
    low = make_offer(user_factory.lender(), loan["id"], "5.00", "600.00")
    [before] = [item for item in tables.items("loans") if item.get("offer_id", {}).get("S") == high["id"]]
    accept_offer(borrower, loan["id"], high["id"])
    lag = _Lag(before)
    container.database.client.meta.events.register("after-call.dynamodb.Query", lag)

    covered = accept_offer(borrower, loan["id"], low["id"])

    assert lag.shown == 1
    assert covered["annual_interest_rate"] == "12.00"


class _Lag:
    """Replace an item by its earlier state in the first response that contains it."""

    def __init__(self, before: dict[str, Any]) -> None:
        self._before = before
        self.shown = 0

    def __call__(self, parsed: dict[str, Any], **_: Any) -> None:
        for place, item in enumerate(parsed.get("Items", ())):
            if item.get("sk") == self._before["sk"] and not self.shown:
                parsed["Items"][place] = self._before
                self.shown += 1


class TestOpenRequests:
    """The default limit of open requests."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, max_open_requests=Settings().max_open_requests)

    def test_concurrent_requests_stay_within_the_limit(self, borrower: User, container: Container) -> None:
        terms = {"amount": "1000.00", "annual_interest_rate": "12.00"}

        responses = run_concurrently([lambda: borrower.http.post("/api/loans/", terms)] * 6)

        assert results(responses) == {"201": 3, "too_many_requests_open": 3}
        assert container.wallets.balance_of(borrower.id).open_requests == 3


def test_release_and_funding_exclude_each_other(borrower: User, user_factory: UserFactory, tables: Storage) -> None:
    lenders = [user_factory.lender("1000.00") for _ in range(2)]
    loan = subscribed_loan(borrower, dict.fromkeys(lenders, "500.00"))
    at = f"/api/loans/{loan['id']}"

    responses = run_concurrently(
        [
            partial(borrower.http.post, f"{at}/release/"),
            *[partial(lender.http.post, f"{at}/fund/") for lender in lenders],
            partial(borrower.http.post, f"{at}/release/"),
        ]
    )

    assert all(response.status < 500 for response in responses)
    shown = borrower.call("GET", f"{at}/")
    if shown["status"] == "FUNDED":
        assert (borrower.balance(), *(each.balance() for each in lenders)) == ("2000.00", "498.12", "498.13")
    else:
        assert (shown["status"], shown["offers"]) == ("REQUESTED", [])
        assert [each.balance() for each in lenders] == ["1000.00", "1000.00"]
    assert_ledger_balances(tables)
