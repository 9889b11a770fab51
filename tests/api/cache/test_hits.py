"""What a repeated request costs, and that nobody gets an answer that was made for somebody else."""

from __future__ import annotations

from chalicelib.container import Container
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from tests.integration.cache.answers import SteppedTime
from tests.lending import a_funded_loan, accept, offer, request_loan
from tests.newcomers import Newcomers
from tests.people import Person, ok


def trips(person: Person, path: str) -> int:
    """Round trips to the database of one request."""
    with record_consumed_capacity() as meter:
        ok(person.http.get(path))
    return meter.round_trips


def test_a_second_look_costs_no_round_trip(newcomers: Newcomers, time_of_day: SteppedTime) -> None:
    borrower, lender = newcomers.borrower(), newcomers.lender("2000.00")
    loan = a_funded_loan(borrower, lender)["id"]
    request_loan(newcomers.borrower())
    time_of_day.advance(3)
    paths = ("wallets/", "loans/my-loans/", f"loans/{loan}/", f"loans/{loan}/schedule/")

    for person in (borrower, lender):
        found = {path: [trips(person, f"/api/{path}") for _ in range(3)] for path in paths}
        assert {path: seen[1:] for path, seen in found.items()} == {path: [0, 0] for path in paths}


def test_open_loans_are_read_once_for_everybody(newcomers: Newcomers, time_of_day: SteppedTime) -> None:
    request_loan(newcomers.borrower())
    time_of_day.advance(3)
    readers = [newcomers.lender() for _ in range(4)]
    trips(readers[0], "/api/loans/available/")
    trips(readers[0], "/api/loans/available/")

    assert [trips(reader, "/api/loans/available/") for reader in readers] == [0, 0, 0, 0]


def test_cursors_in_shared_pages_are_the_callers_own(newcomers: Newcomers, time_of_day: SteppedTime) -> None:
    borrower = newcomers.borrower()
    for _ in range(3):
        request_loan(borrower)
    time_of_day.advance(3)
    first, second = newcomers.lender(), newcomers.lender()

    cursors = [ok(person.http.get("/api/loans/available/?limit=1")).json["next_cursor"] for person in (first, second)]

    assert second.http.get(f"/api/loans/available/?limit=1&cursor={cursors[0]}").status == 422
    assert second.http.get(f"/api/loans/available/?limit=1&cursor={cursors[1]}").status == 200


def test_a_cached_detail_is_not_shown_to_whom_it_does_not_concern(newcomers: Newcomers) -> None:
    borrower, lender, other = newcomers.borrower(), newcomers.lender("2000.00"), newcomers.lender()
    loan = request_loan(borrower)["id"]
    made, rival = offer(lender, loan), offer(other, loan)

    seen = [
        {each["id"] for each in ok(person.http.get(f"/api/loans/{loan}/")).json["offers"]}
        for person in (borrower, lender, other, newcomers.lender())
    ]
    accept(borrower, loan, made["id"])
    statuses = [person.http.get(f"/api/loans/{loan}/").status for person in (borrower, lender, other) for _ in "12"]

    assert seen == [{made["id"], rival["id"]}, {made["id"]}, {rival["id"]}, set()]
    assert statuses == [200, 200, 200, 200, 404, 404]


def test_money_is_decided_by_the_database_alone(newcomers: Newcomers, container: Container) -> None:
    """Even an answer that lies about the balance lets nobody spend more than there is."""
    borrower = newcomers.borrower("10.00")
    borrower.balance()
    backend = container.cache.backend
    assert backend is not None
    [name] = [key for key in backend.keys("answer:wallet:") if borrower.id in key]
    [entry] = backend.get([name])
    backend.put({name: (entry or "").replace("10.00", "9999.00")}, 60)
    assert borrower.balance() == "9999.00"

    refused = borrower.http.post("/api/wallets/withdraw/", {"amount": "10.01"})

    assert (refused.status, refused.code) == (409, "insufficient_funds")
    assert ok(borrower.http.post("/api/wallets/withdraw/", {"amount": "10.00"})).json["wallet"]["balance"] == "0.00"
    assert borrower.balance() == "0.00"
