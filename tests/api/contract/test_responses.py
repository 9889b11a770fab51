"""Every route of a loan's life, in both forms of its path; the client validates each response against its schema."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from tests.factories import (
    PASSWORD,
    User,
    UserFactory,
    accept_offer,
    funded_loan,
    make_offer,
    open_loan,
    pay,
    subscribed_loan,
)
from tests.http_client import HttpClient, Response
from tests.paging import all_of

BOTH_FORMS = pytest.mark.parametrize("end", ["", "/"], ids=["without slash", "with slash"])
MOST_EQUAL_LOANS = {"amount": "600.00", "annual_interest_rate": "9.50"}


def created(answer: Response) -> Any:
    assert answer.status == 201, answer.body
    return _json(answer)


def given(answer: Response) -> Any:
    assert answer.status == 200, answer.body
    return _json(answer)


def listed(page: Any) -> list[Any]:
    """The items of a page, which must have some."""
    assert page["items"]
    items: list[Any] = page["items"]
    return items


def _json(answer: Response) -> Any:
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.json


def nothing(answer: Response) -> None:
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["x-request-id"]


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("2000.00")


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("10000.00")


@BOTH_FORMS
def test_user_routes_respond_as_documented(http: HttpClient, end: str) -> None:
    body = {"username": "ana", "email": "ana@example.com", "password": PASSWORD, "role": "LENDER"}
    user = created(http.post(f"/api/users/register{end}", body))
    assert user["status"] == "ACTIVE"

    grant = given(http.post(f"/api/users/login{end}", {"username": "ana", "password": PASSWORD}))
    ana = http.signed_in(grant["token"])

    given(ana.get(f"/api/users/profile{end}"))
    details = {"first_name": "Ana", "profile": {"date_of_birth": "1990-02-28"}}
    given(ana.patch(f"/api/users/profile{end}", details))
    renewed = given(http.post(f"/api/users/token/refresh{end}", {"refresh_token": grant["refresh_token"]}))
    nothing(http.post(f"/api/users/logout{end}", {"refresh_token": renewed["refresh_token"]}))
    passwords = {"current_password": PASSWORD, "new_password": PASSWORD + "-2"}
    nothing(ana.post(f"/api/users/password{end}", passwords))


@BOTH_FORMS
def test_wallet_routes_respond_as_documented(borrower: User, end: str) -> None:
    given(borrower.http.post(f"/api/wallets/deposit{end}", {"amount": 10, "description": "Pay"}))
    taken = given(borrower.http.post(f"/api/wallets/withdraw{end}", {"amount": "2.5"}))
    assert taken["transaction"]["amount"] == "-2.50"

    wallet = given(borrower.http.get(f"/api/wallets{end}"))
    assert wallet["id"] == wallet["user_id"] == borrower.id
    assert wallet["balance"] == wallet["available"] == "2007.50"
    listed(given(borrower.http.get(f"/api/wallets/transactions{end}")))
    given(borrower.http.get(f"/api/wallets/statement{end}?from=2026-01-01&to=2026-01-31"))


@BOTH_FORMS
def test_request_and_offer_routes_respond_as_documented(borrower: User, lender: User, end: str) -> None:
    loan = created(borrower.http.post(f"/api/loans{end}", MOST_EQUAL_LOANS))
    assert (loan["status"], loan["offers"], loan["investments"]) == ("REQUESTED", [], [])
    at = f"/api/loans/{loan['id']}"

    listed(given(lender.http.get(f"/api/loans/available{end}")))
    created(lender.http.post(f"{at}/offer{end}", {"annual_interest_rate": 9}))
    nothing(lender.http.delete(f"{at}/offer{end}"))
    second = make_offer(lender, loan["id"], "9.00")
    own = listed(given(lender.http.get(f"/api/loans/my-offers{end}")))
    assert [each["id"] for each in own] == [second["id"]]
    listed(given(borrower.http.get(f"{at}/offers{end}")))

    accepted = given(borrower.http.post(f"{at}/accept-offer{end}", {"offer_id": second["id"]}))
    assert accepted["status"] == "PENDING_FUNDING"
    cancelled = given(borrower.http.post(f"{at}/cancel{end}"))
    assert cancelled["status"] == "CANCELLED"


@BOTH_FORMS
def test_servicing_routes_respond_as_documented(borrower: User, lender: User, end: str) -> None:
    at = f"/api/loans/{subscribed_loan(borrower, lender, months=2)['id']}"

    funded = given(lender.http.post(f"{at}/fund{end}"))
    assert funded["status"] == "FUNDED"
    assert [each["lender_id"] for each in funded["investments"]] == [lender.id]

    given(borrower.http.post(f"{at}/pay{end}"))
    schedule = given(lender.http.get(f"{at}/schedule{end}"))
    assert [row["status"] for row in schedule["items"]] == ["PAID", "PENDING"]
    payoff = given(borrower.http.get(f"{at}/payoff{end}"))
    listed(given(lender.http.get(f"{at}/payments{end}")))
    listed(given(borrower.http.get(f"/api/loans/pending-payments{end}")))
    for person in (borrower, lender):
        listed(given(person.http.get(f"/api/loans/my-loans{end}")))

    closed = given(borrower.http.post(f"{at}/pay{end}", {"amount": payoff["amount"]}))
    assert closed["loan"]["status"] == "COMPLETED"
    for person in (borrower, lender):
        given(person.http.get(f"{at}{end}"))


def test_root_and_health_respond(http: HttpClient) -> None:
    root = given(http.get("/"))

    assert set(root) == {"name", "version", "links"}
    for end in ("", "/"):
        assert given(http.get(f"/health{end}")) == {"status": "ok"}


@pytest.mark.parametrize("path", ["/api/swagger", "/api/redoc", "/app", "/admin"])
def test_pages_need_nothing_from_the_internet(http: HttpClient, path: str) -> None:
    for end in ("", "/"):
        answer = http.get(path + end)

        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert b'="http' not in answer.body
        assert b'="//' not in answer.body


def test_every_response_has_a_unique_request_id(borrower: User) -> None:
    paths = ("/health", "/api/wallets/", "/api/nothing/", "/api/loans/x/", "/api/swagger/", "/api/wallets/deposit/")

    answers = [borrower.http.get(path) for path in paths]

    assert len({answer.headers["x-request-id"] for answer in answers}) == len(paths)


@BOTH_FORMS
def test_both_forms_of_a_path_are_one_request_to_the_idempotency_key(borrower: User, end: str) -> None:
    first = borrower.http.post("/api/wallets/deposit", {"amount": "1.00"}, key="one")

    again = borrower.http.post(f"/api/wallets/deposit{end}", {"amount": "1.00"}, key="one")

    assert given(again)["transaction"] == given(first)["transaction"]
    assert again.headers["idempotent-replayed"] == "true"


def test_lists_page_through_everything_once(borrower: User, clock: FixedClock) -> None:
    asked = []
    for _ in range(5):
        clock.advance(seconds=1)
        asked.append(open_loan(borrower)["id"])

    for path in ("/api/loans/available/", "/api/loans/my-loans/"):
        assert [loan["id"] for loan in all_of(borrower, path, limit=2)] == asked[::-1]


def test_cursor_is_bound_to_user_and_list(borrower: User, user_factory: UserFactory) -> None:
    for _ in range(2):
        open_loan(borrower)
    cursor = given(borrower.http.get("/api/loans/available/?limit=1"))["next_cursor"]

    for person, path in (
        (user_factory.borrower(), "/api/loans/available/?limit=1"),
        (borrower, "/api/loans/my-loans/?limit=1"),
        (borrower, "/api/loans/available/?limit=1&max_term=12"),
    ):
        answer = person.http.get(f"{path}&cursor={cursor}")

        assert (answer.status, answer.json["errors"][0]["field"]) == (422, "cursor")


def test_completed_loan_shows_completion_time(borrower: User, lender: User, clock: FixedClock) -> None:
    loan = funded_loan(borrower, lender, months=1)
    clock.advance(days=3)

    ended = pay(borrower, loan["id"])["loan"]

    assert ended["funded_at"] == "2026-01-15T09:30:00.000Z"
    assert ended["completed_at"] == "2026-01-18T09:30:00.000Z"
    assert ended["next_due_date"] is None


def test_partial_offer_shows_its_accepted_amount(borrower: User, lender: User) -> None:
    loan = open_loan(borrower, "1000.00")
    part = make_offer(lender, loan["id"], amount="400.00")

    shown = accept_offer(borrower, loan["id"], part["id"])

    assert shown["status"] == "REQUESTED"
    assert shown["accepted_amount"] == shown["offers"][0]["accepted_amount"] == "400.00"
