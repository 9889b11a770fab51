"""Successful responses; the client validates each against its schema in the OpenAPI document."""

import pytest

from chalicelib.shared.clock import FixedClock
from tests.api.contract.declared import CALLS
from tests.catalogue import ROUTES
from tests.factories import (
    User,
    UserFactory,
    accept_offer,
    funded_loan,
    make_offer,
    ok,
    open_loan,
    pay,
)
from tests.http_client import HttpClient
from tests.marketplace import Marketplace
from tests.paging import all_of
from tests.route_examples import Route

DOCUMENTATION = ("/schema", "/swagger", "/redoc")

DEPOSIT = "/api/wallets/deposit"
STATUSES = {f"{declared.method} {declared.path}": int(declared.status) for declared in CALLS}
EXAMPLES = [route for route in ROUTES if route.path.startswith("/api/") and not route.path.endswith(DOCUMENTATION)]


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("2000.00")


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("10000.00")


@pytest.mark.parametrize("route", EXAMPLES, ids=lambda route: route.name)
def test_examples_succeed_without_trailing_slash(route: Route, user_factory: UserFactory) -> None:
    situation = route.setup(Marketplace[User](user_factory, page=2))
    client = situation.user.http if situation.user else user_factory.http
    path, mark, query = route.address(situation.values).partition("?")

    response = client.send(
        route.method,
        path.rstrip("/") + mark + query,
        route.body_for(situation.values),
        key="key" * route.is_keyed,
        headers=situation.headers,
    )

    assert response.status == STATUSES[route.name], response.body
    assert response.headers["x-request-id"]
    assert response.headers["cache-control"] == "no-store"
    assert response.status == 204 or response.media_type == "application/json"
    assert response.status == 204 or response.json.get("items") != []


def test_root_and_health_respond(http: HttpClient) -> None:
    assert set(ok(http.get("/")).json) == {"name", "version", "links"}
    assert [ok(http.get(f"/health{end}")).json for end in ("", "/")] == [{"status": "ok"}] * 2


@pytest.mark.parametrize("path", ["/api/swagger", "/api/redoc", "/app", "/admin"])
def test_pages_need_nothing_from_the_internet(http: HttpClient, path: str) -> None:
    for end in ("", "/"):
        response = http.get(path + end)

        assert response.status == 200
        assert response.headers["content-type"].startswith("text/html")
        assert b'="http' not in response.body
        assert b'="//' not in response.body


def test_every_response_has_a_unique_request_id(borrower: User) -> None:
    paths = ("/health", "/api/wallets/", "/api/nothing/", "/api/loans/x/", "/api/swagger/", "/api/wallets/deposit/")

    responses = [borrower.http.get(path) for path in paths]

    assert len({response.headers["x-request-id"] for response in responses}) == len(paths)


def test_idempotency_key_ignores_trailing_slash(borrower: User) -> None:
    first, again = (ok(borrower.http.post(path, {"amount": "1.00"}, key="one")) for path in (DEPOSIT, DEPOSIT + "/"))

    assert again.json["transaction"] == first.json["transaction"]
    assert again.headers["idempotent-replayed"] == "true"


def test_lists_page_through_everything_once(borrower: User, clock: FixedClock) -> None:
    loans = []
    for _ in range(5):
        clock.advance(seconds=1)
        loans.append(open_loan(borrower)["id"])

    for path in ("/api/loans/available/", "/api/loans/my-loans/"):
        assert [loan["id"] for loan in all_of(borrower, path, limit=2)] == loans[::-1]


def test_cursor_is_bound_to_user_and_list(borrower: User, user_factory: UserFactory) -> None:
    for _ in range(2):
        open_loan(borrower)
    cursor = borrower.call("GET", "/api/loans/available/?limit=1")["next_cursor"]

    for person, path in (
        (user_factory.borrower(), "/api/loans/available/?limit=1"),
        (borrower, "/api/loans/my-loans/?limit=1"),
        (borrower, "/api/loans/available/?limit=1&max_term=12"),
    ):
        response = person.http.get(f"{path}&cursor={cursor}")

        assert (response.status, response.json["errors"][0]["field"]) == (422, "cursor")


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
