"""One effect per Idempotency-Key on every call that changes something, however often and late it is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.api.routing import REGISTRY
from chalicelib.shared.clock import FixedClock
from tests.api.loans.keyed_calls import CALLS, Call, Stage
from tests.engines import Storage
from tests.factories import UserFactory, accept_offer, funded_loan, make_offer, ok, open_loan, pay
from tests.http_client import Response
from tests.problems import problem
from tests.stored_state import assert_ledger_balances

TABLES = ("wallets", "ledger", "loans", "operations")
FAMILIES = ("/api/wallets", "/api/loans")
STANDING_RULES = "/api/loans/auto-invest"  # tried where they are tested


EVERY_CALL = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


def contents(tables: Storage) -> dict[str, list[dict[str, Any]]]:
    return {name: tables.items(name) for name in TABLES}


@EVERY_CALL
def test_a_replay_gives_the_answer_again_and_changes_nothing(
    stage: Stage, tables: Storage, call: Callable[[Stage], Call]
) -> None:
    request = call(stage)
    first = ok(request.send())
    after = contents(tables)

    second = ok(request.send())

    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert (second.status, second.body) == (first.status, first.body)
    assert contents(tables) == after
    assert_ledger_balances(tables)


@EVERY_CALL
def test_the_key_of_another_request_is_refused(stage: Stage, tables: Storage, call: Callable[[Stage], Call]) -> None:
    request = call(stage)
    ok(request.send())
    elsewhere = Call(request.person, "/api/wallets/deposit/", {"amount": "0.07"})
    after = contents(tables)

    refused = [elsewhere.send(), request.send(body=request.other_body) if request.other_body else elsewhere.send()]

    assert [problem(answer, 422, "idempotency_key_reused")["status"] for answer in refused] == [422, 422]
    assert contents(tables) == after


@EVERY_CALL
def test_requests_with_one_key_at_the_same_time_have_one_effect(
    stage: Stage, tables: Storage, call: Callable[[Stage], Call]
) -> None:
    request = call(stage)
    together = threading.Barrier(4)

    def send(_: int) -> Response:
        together.wait()
        return ok(request.send())

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))

    assert [answer.headers.get("idempotent-replayed", "false") for answer in answers].count("false") == 1
    assert len({effect(answer) for answer in answers}) == 1
    assert_ledger_balances(tables)


def effect(answer: Response) -> str:
    """The id of what an answer says was made or changed; nothing where something was taken away."""
    content: Any = answer.json if answer.body else {"id": ""}
    thing = content.get("transaction") or content.get("payment") or content
    return str(thing["id"])


def test_every_call_that_takes_a_key_is_tried_here(stage: Stage) -> None:
    calls = [call(stage) for call in CALLS.values()]
    tried = {(call.method, call.path.rstrip("/").rpartition("/")[2]) for call in calls}

    declared = {
        (each.method, each.path.rpartition("/")[2])
        for each in REGISTRY
        if each.idempotent and each.path.startswith(FAMILIES) and not each.path.startswith(STANDING_RULES)
    }

    assert declared == tried


def test_a_key_belongs_to_its_user(stage: Stage, user_factory: UserFactory) -> None:
    other = user_factory.lender()
    ok(stage.deposit().send("shared"))

    answer = ok(other.http.post("/api/wallets/deposit/", {"amount": "9.00"}, key="shared"))

    assert "idempotent-replayed" not in answer.headers
    assert other.balance() == "9.00"


def test_amounts_written_differently_are_one_request(stage: Stage) -> None:
    ok(stage.deposit().send(body={"amount": "5"}))

    again = ok(stage.deposit().send(body={"amount": 5.00, "description": ""}))

    assert again.headers["idempotent-replayed"] == "true"
    assert stage.lender.balance() == "5005.00"


def test_without_a_key_every_request_counts(stage: Stage) -> None:
    for _ in range(2):
        ok(stage.deposit().send(key=None))

    assert stage.lender.balance() == "5010.00"


def test_a_refused_request_leaves_its_key_free(stage: Stage) -> None:
    wish = Call(stage.lender, "/api/wallets/withdraw/", {"amount": "5001.00"})
    problem(wish.send(), 409, "insufficient_funds")
    ok(stage.lender.http.post("/api/wallets/deposit/", {"amount": "1.00"}))

    answer = ok(wish.send())

    assert "idempotent-replayed" not in answer.headers
    assert stage.lender.balance() == "0.00"


def test_a_replayed_withdrawal_shows_the_wallet_of_today(stage: Stage) -> None:
    wish = Call(stage.lender, "/api/wallets/withdraw/", {"amount": "5000.00"})
    first = ok(wish.send()).json
    ok(stage.lender.http.post("/api/wallets/deposit/", {"amount": "1.00"}))

    again = ok(wish.send()).json

    assert again["transaction"] == first["transaction"]
    assert (first["wallet"]["balance"], again["wallet"]["balance"]) == ("0.00", "1.00")


def test_funding_and_accepting_are_replayed_when_the_loan_has_gone_on(stage: Stage) -> None:
    accepting = stage.accept()
    loan_id = ok(accepting.send("accept")).json["id"]
    funding = Call(stage.lender, f"/api/loans/{loan_id}/fund/", {})
    ok(funding.send("fund"))
    pay(stage.borrower, loan_id)

    for call, key in ((accepting, "accept"), (funding, "fund")):
        again = ok(call.send(key))
        assert again.headers["idempotent-replayed"] == "true"
        assert again.json["status"] == "FUNDED"
        assert again.json["remaining_amount"] == "862.73"


def test_the_last_payment_is_replayed_after_the_loan_is_completed(stage: Stage, tables: Storage) -> None:
    loan = funded_loan(stage.borrower, stage.lender, months=1)
    paying = Call(stage.borrower, f"/api/loans/{loan['id']}/pay/", {})
    first = ok(paying.send()).json
    assert first["loan"]["status"] == "COMPLETED"

    again = ok(paying.send())

    assert again.headers["idempotent-replayed"] == "true"
    assert again.json == first
    assert_ledger_balances(tables)


def test_each_payment_is_replayed_as_itself(stage: Stage) -> None:
    loan = funded_loan(stage.borrower, stage.lender)
    paying = Call(stage.borrower, f"/api/loans/{loan['id']}/pay/", {})
    first, second = (ok(paying.send(key)).json["payment"] for key in ("one", "two"))

    again = [ok(paying.send(key)).json["payment"] for key in ("two", "one")]

    assert again == [second, first]
    assert (first["number"], second["number"]) == (1, 2)


def test_an_offer_withdrawn_since_is_not_replayed_as_the_one_that_followed_it(stage: Stage) -> None:
    call = stage.offer()
    ok(call.send("first"))
    ok(stage.lender.http.delete(call.path))
    ok(call.send("second"))

    again = call.send("first")

    problem(again, 404, "offer_not_found")


def test_a_withdrawal_sent_again_leaves_a_later_offer_alone(stage: Stage) -> None:
    call = stage.take_back()
    ok(call.send())
    made = ok(stage.lender.http.post(call.path, {"annual_interest_rate": "9.00"})).json

    again = ok(call.send())

    assert again.headers["idempotent-replayed"] == "true"
    assert [each["id"] for each in stage.lender.http.get("/api/loans/my-offers/").json["items"]] == [made["id"]]


def test_a_withdrawal_that_was_refused_leaves_its_key_free(stage: Stage) -> None:
    call = Call(stage.lender, f"/api/loans/{open_loan(stage.borrower)['id']}/offer/", None, method="DELETE")
    problem(call.send(), 404, "offer_not_found")
    ok(stage.lender.http.post(call.path, {"annual_interest_rate": "9.00"}))

    answer = ok(call.send())

    assert "idempotent-replayed" not in answer.headers
    problem(call.send("another"), 404, "offer_not_found")


def test_without_a_key_a_withdrawal_takes_back_what_offer_there_is(stage: Stage) -> None:
    call = stage.take_back()
    ok(call.send(None))
    ok(stage.lender.http.post(call.path, {"annual_interest_rate": "9.00"}))

    ok(call.send(None))

    assert stage.lender.http.get("/api/loans/my-offers/").json["items"] == []


def test_a_key_is_free_again_after_thirty_days(stage: Stage, clock: FixedClock) -> None:
    ok(stage.deposit().send())
    clock.advance(days=30)
    assert ok(stage.deposit().send()).headers["idempotent-replayed"] == "true"

    clock.advance(days=1)
    fresh = ok(stage.deposit().send(body={"amount": "7.00"}))

    assert "idempotent-replayed" not in fresh.headers
    assert stage.lender.balance() == "5012.00"


def test_an_expired_key_does_not_explain_a_refusal(stage: Stage, clock: FixedClock) -> None:
    wish = Call(stage.lender, "/api/wallets/withdraw/", {"amount": "5000.00"})
    ok(wish.send())

    clock.advance(days=31)

    problem(wish.send(), 409, "insufficient_funds")


def test_a_key_survives_the_acceptance_of_parts(stage: Stage, user_factory: UserFactory) -> None:
    loan = open_loan(stage.borrower, "1000.00")
    part = make_offer(stage.lender, loan["id"], amount="400.00")
    path = f"/api/loans/{loan['id']}/accept-offer/"
    accepting = Call(stage.borrower, path, {"offer_id": part["id"]})
    ok(accepting.send())
    other = user_factory.lender()
    accept_offer(stage.borrower, loan["id"], make_offer(other, loan["id"], amount="600.00")["id"])

    again = ok(accepting.send())

    assert again.headers["idempotent-replayed"] == "true"
    assert again.json["accepted_amount"] == "1000.00"
