"""Every call once, in the order of a loan's life, with what it takes at DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.actor import Role
from tests.factories import PASSWORD, User, UserFactory, make_offer, ok, open_loan, subscribed_loan
from tests.http_client import HttpClient, Response

INSTALMENTS = 12


@dataclass(frozen=True, slots=True)
class Measured:
    """What one call took."""

    call: str
    round_trips: int
    write_units: float
    read_units: float


def measured(call: str, send: Callable[[], Response]) -> Measured:
    """Send a request, which must succeed, and count."""
    with record_consumed_capacity() as meter:
        ok(send())
    return Measured(call, meter.round_trips, meter.write_units, meter.read_units)


def everything(user_factory: UserFactory) -> Iterator[Measured]:
    """All that is measured."""
    borrower = user_factory.user(Role.BORROWER, "2000.00", name="john_borrower")
    lender = user_factory.user(Role.LENDER, "20000.00", name="sarah_lender")
    yield from users_calls(user_factory.http)
    yield from wallet_calls(user_factory.lender())
    yield from loan_calls(borrower, lender)
    yield from operators_calls(user_factory)


def users_calls(http: HttpClient) -> Iterator[Measured]:
    """A session from registration to a new password."""
    body = {"username": "ana", "email": "ana@example.com", "password": PASSWORD, "role": "LENDER"}
    yield measured("POST /api/users/register/", lambda: http.post("/api/users/register/", body))
    login = {"username": "ana", "password": PASSWORD}
    yield measured("POST /api/users/login/", lambda: http.post("/api/users/login/", login))
    grant = ok(http.post("/api/users/login/", login)).json
    ana = http.signed_in(grant["token"])
    yield measured("GET /api/users/profile/", lambda: ana.get("/api/users/profile/"))
    yield measured("PATCH /api/users/profile/", lambda: ana.patch("/api/users/profile/", {"first_name": "Ana"}))
    token = {"refresh_token": grant["refresh_token"]}
    yield measured("POST /api/users/token/refresh/", lambda: http.post("/api/users/token/refresh/", token))
    yield measured("POST /api/users/logout/", lambda: http.post("/api/users/logout/", token))
    passwords = {"current_password": PASSWORD, "new_password": PASSWORD + "2"}
    yield measured("POST /api/users/password/", lambda: ana.post("/api/users/password/", passwords))


def wallet_calls(person: User) -> Iterator[Measured]:
    """Money in, money out, and reading of it."""
    money = {"amount": "50.00"}
    yield measured("POST /api/wallets/deposit/", lambda: person.http.post("/api/wallets/deposit/", money, key="in"))
    again = partial(person.http.post, "/api/wallets/deposit/", money, key="in")
    yield measured("POST /api/wallets/deposit/ (replay)", again)
    out = partial(person.http.post, "/api/wallets/withdraw/", money, key="out")
    yield measured("POST /api/wallets/withdraw/", out)
    for _ in range(20):
        ok(person.http.post("/api/wallets/deposit/", money))
    yield measured("GET /api/wallets/", lambda: person.http.get("/api/wallets/"))
    for what, entries in (("transactions", 20), ("statement", 22)):
        path = f"/api/wallets/{what}/"
        yield measured(f"GET {path} ({entries} entries)", partial(person.http.get, path))


def loan_calls(borrower: User, lender: User) -> Iterator[Measured]:
    """The life of a loan of twelve instalments with one lender."""
    asked = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": INSTALMENTS}
    yield measured("POST /api/loans/quote/", lambda: borrower.http.post("/api/loans/quote/", asked))
    yield measured("POST /api/loans/", lambda: borrower.http.post("/api/loans/", asked, key="ask"))
    loan = open_loan(borrower, months=INSTALMENTS)
    yield from _market_calls(borrower, lender, loan["id"])
    yield from _funding_calls(borrower, lender, f"/api/loans/{loan['id']}/")
    cancelled = subscribed_loan(borrower, lender)
    cancel = partial(borrower.http.post, f"/api/loans/{cancelled['id']}/cancel/", key="cancel")
    yield measured("POST /api/loans/{id}/cancel/", cancel)


def _market_calls(borrower: User, lender: User, loan_id: str) -> Iterator[Measured]:
    at, rate = f"/api/loans/{loan_id}/", {"annual_interest_rate": "11.00"}
    yield measured("POST /api/loans/{id}/offer/", lambda: lender.http.post(f"{at}offer/", rate, key="offer"))
    yield measured("DELETE /api/loans/{id}/offer/", lambda: lender.http.delete(f"{at}offer/", key="take"))
    made = make_offer(lender, loan_id, "11.00")
    yield measured("GET /api/loans/my-offers/ (one)", lambda: lender.http.get("/api/loans/my-offers/"))
    yield measured("GET /api/loans/{id}/offers/ (one)", lambda: borrower.http.get(f"{at}offers/"))
    for _ in range(18):
        open_loan(borrower)
    yield measured("GET /api/loans/available/ (20 loans)", lambda: lender.http.get("/api/loans/available/"))
    accept = partial(borrower.http.post, f"{at}accept-offer/", {"offer_id": made["id"]}, key="accept")
    yield measured("POST /api/loans/{id}/accept-offer/", accept)


def _funding_calls(borrower: User, lender: User, at: str) -> Iterator[Measured]:
    yield measured("POST /api/loans/{id}/fund/", lambda: lender.http.post(f"{at}fund/", key="fund"))
    yield measured("POST /api/loans/{id}/fund/ (replay)", lambda: lender.http.post(f"{at}fund/", key="fund"))
    yield measured("POST /api/loans/{id}/pay/", lambda: borrower.http.post(f"{at}pay/", key="pay"))
    yield measured("GET /api/loans/{id}/ (the borrower)", lambda: borrower.http.get(at))
    yield measured("GET /api/loans/{id}/ (a lender)", lambda: lender.http.get(at))
    for read in ("schedule", "payments", "payoff"):
        yield measured(f"GET /api/loans/{{id}}/{read}/", partial(borrower.http.get, f"{at}{read}/"))
    for path, person in (("my-loans", lender), ("investments", lender), ("pending-payments", borrower)):
        yield measured(f"GET /api/loans/{path}/ (one funded)", partial(person.http.get, f"/api/loans/{path}/"))
    for number in range(INSTALMENTS - 2):
        ok(borrower.http.post(f"{at}pay/", key=f"pay-{number}"))
    last = partial(borrower.http.post, f"{at}pay/", key="last")
    yield measured("POST /api/loans/{id}/pay/ (the last)", last)


def operators_calls(user_factory: UserFactory) -> Iterator[Measured]:
    """What an operator reads and does."""
    operator, ana = user_factory.operator().http, _ana(user_factory)
    loan = open_loan(user_factory.user(Role.BORROWER, name="john_borrower"))
    reads: dict[str, Any] = {
        "GET /api/admin/users/ (one)": "/api/admin/users/",
        "GET /api/admin/loans/ (20 loans)": "/api/admin/loans/?status=REQUESTED",
        "GET /api/admin/loans/{id}/": f"/api/admin/loans/{loan['id']}/",
        "GET /api/admin/ledger/accounts/{id}/ (20 postings)": f"/api/admin/ledger/accounts/wallet:{ana}/",
    }
    for call, path in reads.items():
        yield measured(call, partial(operator.get, path))
    for act in ("freeze", "unfreeze"):
        send = partial(operator.post, f"/api/admin/users/{ana}/{act}/", {"reason": "A test"}, key=act)
        yield measured(f"POST /api/admin/users/{{id}}/{act}/", send)
    yield measured("GET /api/admin/audit/ (two entries)", partial(operator.get, "/api/admin/audit/"))


def _ana(user_factory: UserFactory) -> str:
    """The id of the one person who has registered."""
    listed = ok(user_factory.operator().http.get("/api/admin/users/")).json["items"]
    return str(listed[0]["id"])
