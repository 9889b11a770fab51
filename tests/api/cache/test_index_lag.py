"""Borrowers and lenders see their own new writes, even while indexes lag."""

from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.clock import FixedClock
from tests.api.cache.index_lag import LaggingIndexes
from tests.factories import User, UserFactory, ok, open_loan, subscribed_loan
from tests.integration.cache.builders import ManualTime


@pytest.fixture
def indexes(container: Container) -> LaggingIndexes:
    return LaggingIndexes(container)


def request_loan(borrower: User, clock: FixedClock) -> str:
    """Request a loan a second after the last one; return its id."""
    clock.advance(seconds=1)
    return str(open_loan(borrower)["id"])


def ids(person: User, path: str) -> list[str]:
    return [loan["id"] for loan in page(person, path)["items"]]


def page(person: User, path: str) -> Any:
    return ok(person.http.get(f"/api/loans/{path}")).json


def test_borrower_sees_a_new_request_in_both_lists(
    user_factory: UserFactory, indexes: LaggingIndexes, clock: FixedClock
) -> None:
    borrower, other = user_factory.borrower(), user_factory.borrower()
    old = request_loan(borrower, clock)
    before = [ids(borrower, path) for path in ("my-loans/", "available/")]

    with indexes.lagging():
        new = request_loan(borrower, clock)
        assert [ids(borrower, path) for path in ("my-loans/", "available/")] == [[new, old], [new, old]]
        assert ids(other, "available/") == before[1]

    assert ids(borrower, "available/") == [new, old]


def test_new_request_does_not_hide_other_pages(
    user_factory: UserFactory, indexes: LaggingIndexes, clock: FixedClock
) -> None:
    borrower = user_factory.borrower()
    old = [request_loan(borrower, clock) for _ in range(3)][::-1]
    for path in ("available/?limit=2", "available/?limit=1"):
        ids(borrower, path)

    with indexes.lagging():
        new = request_loan(borrower, clock)
        for limit in (1, 2):
            first = page(borrower, f"available/?limit={limit}")
            assert [loan["id"] for loan in first["items"]] == [new, *old][:limit]

    rest = page(borrower, f"available/?limit=10&cursor={page(borrower, 'available/?limit=2')['next_cursor']}")
    assert [loan["id"] for loan in rest["items"]] == old[1:]


def test_cancelled_request_leaves_the_open_loans(
    user_factory: UserFactory, indexes: LaggingIndexes, clock: FixedClock
) -> None:
    borrower = user_factory.borrower()
    first, second = request_loan(borrower, clock), request_loan(borrower, clock)
    ids(borrower, "available/")

    with indexes.lagging():
        ok(borrower.http.post(f"/api/loans/{second}/cancel/"))
        assert ids(borrower, "available/") == [first]


def test_new_request_obeys_the_filter(user_factory: UserFactory, indexes: LaggingIndexes) -> None:
    borrower = user_factory.borrower()
    with indexes.lagging():
        new = open_loan(borrower, amount="1000.00")["id"]
        assert ids(borrower, "available/?max_amount=999.99") == []
        assert ids(borrower, "available/?max_amount=1000.00") == [new]


def test_lender_sees_a_newly_funded_loan(user_factory: UserFactory, indexes: LaggingIndexes) -> None:
    borrower, lender = user_factory.borrower(), user_factory.lender("2000.00")
    loan = subscribed_loan(borrower, lender)["id"]
    assert ids(lender, "my-loans/") == []

    with indexes.lagging():
        ok(lender.http.post(f"/api/loans/{loan}/fund/"))
        assert ids(lender, "my-loans/") == [loan]


def test_page_of_a_lagging_index_is_not_cached(
    user_factory: UserFactory, indexes: LaggingIndexes, time_of_day: ManualTime, clock: FixedClock
) -> None:
    borrower, other = user_factory.borrower(), user_factory.borrower()
    ids(other, "available/")
    with indexes.lagging():
        new = request_loan(borrower, clock)
        assert ids(other, "available/") == []

    assert ids(other, "available/") == [new]
    time_of_day.advance(3)
    assert ids(other, "available/") == [new]


def test_changed_loan_keeps_its_position(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower, lender = user_factory.borrower(), user_factory.lender("2000.00")
    loans = []
    for _ in range(3):
        clock.advance(seconds=1)
        loans.append(subscribed_loan(borrower, lender)["id"])

    ok(lender.http.post(f"/api/loans/{loans[0]}/fund/"))

    assert ids(borrower, "my-loans/") == loans[::-1]
    assert ids(borrower, "my-loans/?limit=2")[0] == loans[2]
