"""Costs of repeated requests, and privacy of cached responses."""

from chalicelib.container import Container
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from tests.factories import User, UserFactory, accept_offer, funded_loan, make_offer, ok, open_loan
from tests.integration.cache.builders import ManualTime


def trips(person: User, path: str) -> int:
    """Round trips to the database of one request."""
    with record_consumed_capacity() as meter:
        ok(person.http.get(path))
    return meter.round_trips


def test_repeated_read_costs_no_round_trip(user_factory: UserFactory, time_of_day: ManualTime) -> None:
    borrower, lender = user_factory.borrower(), user_factory.lender("2000.00")
    loan = funded_loan(borrower, lender)["id"]
    open_loan(user_factory.borrower())
    time_of_day.advance(3)
    paths = ("wallets/", "loans/my-loans/", f"loans/{loan}/", f"loans/{loan}/schedule/")

    for person in (borrower, lender):
        found = {path: [trips(person, f"/api/{path}") for _ in range(3)] for path in paths}
        assert {path: seen[1:] for path, seen in found.items()} == {path: [0, 0] for path in paths}


def test_open_loans_are_read_once_for_all_lenders(user_factory: UserFactory, time_of_day: ManualTime) -> None:
    open_loan(user_factory.borrower())
    time_of_day.advance(3)
    readers = [user_factory.lender() for _ in range(4)]
    trips(readers[0], "/api/loans/available/")
    trips(readers[0], "/api/loans/available/")

    assert [trips(reader, "/api/loans/available/") for reader in readers] == [0, 0, 0, 0]


def test_cursors_in_shared_pages_belong_to_the_caller(user_factory: UserFactory, time_of_day: ManualTime) -> None:
    borrower = user_factory.borrower()
    for _ in range(3):
        open_loan(borrower)
    time_of_day.advance(3)
    first, second = user_factory.lender(), user_factory.lender()

    cursors = [ok(person.http.get("/api/loans/available/?limit=1")).json["next_cursor"] for person in (first, second)]

    assert second.http.get(f"/api/loans/available/?limit=1&cursor={cursors[0]}").status == 422
    assert second.http.get(f"/api/loans/available/?limit=1&cursor={cursors[1]}").status == 200


def test_cached_details_are_hidden_from_other_users(user_factory: UserFactory) -> None:
    borrower, lender, other = user_factory.borrower(), user_factory.lender("2000.00"), user_factory.lender()
    loan = open_loan(borrower)["id"]
    made, rival = make_offer(lender, loan), make_offer(other, loan)

    seen = [
        {each["id"] for each in ok(person.http.get(f"/api/loans/{loan}/")).json["offers"]}
        for person in (borrower, lender, other, user_factory.lender())
    ]
    accept_offer(borrower, loan, made["id"])
    statuses = [person.http.get(f"/api/loans/{loan}/").status for person in (borrower, lender, other) for _ in "12"]

    assert seen == [{made["id"], rival["id"]}, {made["id"]}, {rival["id"]}, set()]
    assert statuses == [200, 200, 200, 200, 404, 404]


def test_cached_balance_cannot_be_spent(user_factory: UserFactory, container: Container) -> None:
    """The database decides, even where a cached response shows more money."""
    borrower = user_factory.borrower("10.00")
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
