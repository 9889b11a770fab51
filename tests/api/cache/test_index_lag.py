"""Who has just written sees it, even where the indexes do not show it yet."""

from __future__ import annotations

from collections.abc import Callable
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


Ask = Callable[[User], str]


@pytest.fixture
def ask(clock: FixedClock) -> Ask:
    """Asks for a loan, a moment after whatever came before; gives its id."""

    def asked(borrower: User) -> str:
        clock.advance(seconds=1)
        return str(open_loan(borrower)["id"])

    return asked


def ids(person: User, path: str) -> list[str]:
    return [loan["id"] for loan in page(person, path)["items"]]


def page(person: User, path: str) -> Any:
    return ok(person.http.get(f"/api/loans/{path}")).json


def test_a_new_request_stands_in_both_lists_of_its_borrower(
    user_factory: UserFactory, indexes: LaggingIndexes, ask: Ask
) -> None:
    borrower, other = user_factory.borrower(), user_factory.borrower()
    old = ask(borrower)
    before = [ids(borrower, path) for path in ("my-loans/", "available/")]

    with indexes.standing_still():
        new = ask(borrower)
        assert [ids(borrower, path) for path in ("my-loans/", "available/")] == [[new, old], [new, old]]
        assert ids(other, "available/") == before[1]

    assert ids(borrower, "available/") == [new, old]


def test_a_new_request_leaves_room_to_the_pages_that_follow(
    user_factory: UserFactory, indexes: LaggingIndexes, ask: Ask
) -> None:
    borrower = user_factory.borrower()
    old = [ask(borrower) for _ in range(3)][::-1]
    for path in ("available/?limit=2", "available/?limit=1"):
        ids(borrower, path)

    with indexes.standing_still():
        new = ask(borrower)
        for limit in (1, 2):
            first = page(borrower, f"available/?limit={limit}")
            assert [loan["id"] for loan in first["items"]] == [new, *old][:limit]

    rest = page(borrower, f"available/?limit=10&cursor={page(borrower, 'available/?limit=2')['next_cursor']}")
    assert [loan["id"] for loan in rest["items"]] == old[1:]


def test_what_was_taken_back_is_gone_from_the_open_loans(
    user_factory: UserFactory, indexes: LaggingIndexes, ask: Ask
) -> None:
    borrower = user_factory.borrower()
    first, second = ask(borrower), ask(borrower)
    ids(borrower, "available/")

    with indexes.standing_still():
        ok(borrower.http.post(f"/api/loans/{second}/cancel/"))
        assert ids(borrower, "available/") == [first]


def test_a_new_request_outside_of_the_filter_is_not_shown(user_factory: UserFactory, indexes: LaggingIndexes) -> None:
    borrower = user_factory.borrower()
    with indexes.standing_still():
        new = open_loan(borrower, amount="1000.00")["id"]
        assert ids(borrower, "available/?max_amount=999.99") == []
        assert ids(borrower, "available/?max_amount=1000.00") == [new]


def test_a_loan_just_funded_stands_among_the_lenders_loans(user_factory: UserFactory, indexes: LaggingIndexes) -> None:
    borrower, lender = user_factory.borrower(), user_factory.lender("2000.00")
    loan = subscribed_loan(borrower, lender)["id"]
    assert ids(lender, "my-loans/") == []

    with indexes.standing_still():
        ok(lender.http.post(f"/api/loans/{loan}/fund/"))
        assert ids(lender, "my-loans/") == [loan]


def test_a_page_that_was_read_while_the_index_lagged_is_not_kept(
    user_factory: UserFactory, indexes: LaggingIndexes, time_of_day: ManualTime, ask: Ask
) -> None:
    borrower, other = user_factory.borrower(), user_factory.borrower()
    ids(other, "available/")
    with indexes.standing_still():
        new = ask(borrower)
        assert ids(other, "available/") == []

    assert ids(other, "available/") == [new]
    time_of_day.advance(3)
    assert ids(other, "available/") == [new]


def test_an_old_loan_that_changed_keeps_its_place(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower, lender = user_factory.borrower(), user_factory.lender("2000.00")
    loans = []
    for _ in range(3):
        clock.advance(seconds=1)
        loans.append(subscribed_loan(borrower, lender)["id"])

    ok(lender.http.post(f"/api/loans/{loans[0]}/fund/"))

    assert ids(borrower, "my-loans/") == loans[::-1]
    assert ids(borrower, "my-loans/?limit=2")[0] == loans[2]
