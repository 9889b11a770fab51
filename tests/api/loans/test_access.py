"""Visibility of loans and offers; the authorization matrix in tests/security covers every role and state."""

import pytest

from tests.factories import User, UserFactory, accept_offer, funded_loan, make_offer, ok, open_loan


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("2000.00")


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("5000.00")


@pytest.fixture
def other_lender(user_factory: UserFactory) -> User:
    return user_factory.lender("5000.00")


def test_open_loan_is_visible_without_foreign_offers(
    borrower: User, lender: User, other_lender: User, user_factory: UserFactory
) -> None:
    path = f"/api/loans/{open_loan(borrower)['id']}/"
    make_offer(lender, path.split("/")[3], "11.00")
    make_offer(other_lender, path.split("/")[3], "10.00")

    def offers_visible_to(user: User) -> list[str]:
        in_loan = [offer["lender_id"] for offer in user.call("GET", path)["offers"]]
        assert in_loan == [offer["lender_id"] for offer in user.call("GET", f"{path}offers/")["items"]]
        return in_loan

    lowest_first = [other_lender.id, lender.id]
    assert offers_visible_to(borrower) == offers_visible_to(user_factory.operator()) == lowest_first
    assert offers_visible_to(lender) == [lender.id]
    assert offers_visible_to(other_lender) == [other_lender.id]
    assert offers_visible_to(user_factory.borrower()) == []


def test_declined_offer_leaves_the_lenders_list(borrower: User, lender: User, other_lender: User) -> None:
    loan = open_loan(borrower)
    make_offer(other_lender, loan["id"], "12.00")

    accept_offer(borrower, loan["id"], make_offer(lender, loan["id"], "11.00")["id"])

    assert other_lender.call("GET", "/api/loans/my-offers/")["items"] == []
    ok(other_lender.http.delete(f"/api/loans/{loan['id']}/offer/"))


def test_lists_contain_own_loans_only(
    borrower: User, lender: User, other_lender: User, user_factory: UserFactory
) -> None:
    own = funded_loan(borrower, lender)
    other_borrower = user_factory.borrower()

    for user, expected in ((borrower, [own["id"]]), (lender, [own["id"]]), (other_borrower, []), (other_lender, [])):
        assert [loan["id"] for loan in user.call("GET", "/api/loans/my-loans/")["items"]] == expected
    assert other_borrower.call("GET", "/api/loans/pending-payments/")["items"] == []
