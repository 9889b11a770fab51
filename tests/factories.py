"""Users and loans for tests: made through the API by any client, or directly through the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any, Final, Protocol, TypeVar

from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessTokens
from chalicelib.auto_invest.domain import RuleTerms
from chalicelib.auto_invest.service.rules import RuleView
from chalicelib.container import Container, get_container
from chalicelib.loans.domain.offer import Offer
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from chalicelib.shared.settings import Settings
from chalicelib.transfers.domain.references import creditor_reference
from chalicelib.transfers.domain.transfer import Direction, Transfer, first_status
from tests.http_client import HttpClient, Response

PASSWORD: Final = "correct-horse-battery"
UNKNOWN_ID: Final = "7" * 26
_LIFE_OF_A_LOAN: Final = timedelta(days=4000)
_NUMBERS = count(1)


class ApiUser(Protocol):
    """A signed-in user who can send requests, over whatever transport."""

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must succeed; the JSON of its response."""


AnyUser = TypeVar("AnyUser", bound=ApiUser)


@dataclass(frozen=True, slots=True)
class User:
    """A user with an access token."""

    http: HttpClient
    actor: Actor

    @property
    def id(self) -> str:
        """The user's id."""
        return self.actor.user_id

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must succeed; the JSON of its response."""
        return ok(self.http.send(method, path, body)).json

    def balance(self) -> str:
        """The wallet's balance, as the API shows it."""
        return str(self.call("GET", "/api/wallets/")["balance"])


def ok(response: Response) -> Response:
    """The response, which must be a success."""
    assert 200 <= response.status < 300, (response.status, response.body)
    return response


# Users.


@dataclass(frozen=True, slots=True)
class UserFactory:
    """Signs users in, with tokens that outlive a loan, so that a test may move the clock by years.

    Users have no account unless a test asks for one: hashing a password takes longer than most tests.
    """

    http: HttpClient
    tokens: AccessTokens
    clock: Clock

    @classmethod
    def create(cls, http: HttpClient, settings: Settings, clock: Clock, real_time: Clock) -> UserFactory:
        """A factory for the application that ``http`` calls."""
        lasting = replace(settings, access_token_lifetime=_LIFE_OF_A_LOAN)
        return cls(http, AccessTokens(SigningKeys.of(settings, real_time), real_time, lasting), clock)

    def user(self, role: Role, balance: str = "", *, name: str = "") -> User:
        """A new user; ``balance`` is deposited."""
        return self._signed_in(Actor(new_id(self.clock()), name or _new_name(role), role), balance)

    def borrower(self, balance: str = "") -> User:
        return self.user(Role.BORROWER, balance)

    def lender(self, balance: str = "") -> User:
        return self.user(Role.LENDER, balance)

    def operator(self) -> User:
        return self.user(Role.ADMIN)

    def registered(self, role: Role, balance: str = "", *, name: str = "") -> User:
        """A user with an account, whose password is ``PASSWORD``; ``balance`` is deposited."""
        username = name or _new_name(role)
        if role is Role.ADMIN:
            email = f"{username}@example.com"
            operator = get_container().users.create_operator(username=username, email=email, password=PASSWORD)
            return self._signed_in(operator.as_actor(), balance)
        body = {"username": username, "email": f"{username}@example.com", "password": PASSWORD, "role": role.value}
        account = ok(self.http.post("/api/users/register/", body)).json
        return self._signed_in(Actor(account["id"], username, role), balance)

    def _signed_in(self, actor: Actor, balance: str) -> User:
        user = User(self.http.signed_in(self.tokens.issue(actor).text), actor)
        return deposit(user, balance) if balance else user


def deposit(user: AnyUser, amount: str) -> AnyUser:
    """The user, after a deposit."""
    user.call("POST", "/api/wallets/deposit/", {"amount": amount})
    return user


# Transfers that wait for the provider, stored directly: `instant`, the provider of most tests, starts none.


def pending_deposit(user_id: str, amount: str = "5.00") -> str:
    """Store a pending deposit, and return its id."""
    return _store_transfer(user_id, Direction.DEPOSIT, amount)


def requested_withdrawal(user_id: str, amount: str = "5.00", destination: str | None = None) -> str:
    """Store a requested withdrawal, whose amount the wallet must have, and return its id."""
    return _store_transfer(user_id, Direction.WITHDRAWAL, amount, destination)


def _store_transfer(user_id: str, direction: Direction, amount: str, destination: str | None = None) -> str:
    container = get_container()
    now = container.clock()
    transfer_id = new_id(now)
    transfer = Transfer(
        transfer_id,
        user_id,
        direction,
        Money.of(amount),
        first_status(direction),
        creditor_reference("transfer", transfer_id),
        now,
        destination=destination,
    )
    writes = container.transfers.writes()
    container.transfer_repository.add(writes, transfer)
    if direction is Direction.WITHDRAWAL:
        container.wallets.add(writes, None, {user_id: transfer.amount})
    writes.commit()
    return transfer_id


# Loans through the API. Each function returns the JSON of its last response.


def open_loan(borrower: ApiUser, amount: str = "1000.00", rate: str = "12.00", months: int = 6, **more: Any) -> Any:
    """A requested loan."""
    terms = {"amount": amount, "annual_interest_rate": rate, "term_months": months, **more}
    return borrower.call("POST", "/api/loans/", terms)


def make_offer(lender: ApiUser, loan_id: str, rate: str = "12.00", amount: str | None = None) -> Any:
    """An offer for a part of a loan; without an amount, for all of it."""
    body = {"annual_interest_rate": rate, **({"amount": amount} if amount else {})}
    return lender.call("POST", f"/api/loans/{loan_id}/offer/", body)


def accept_offer(borrower: ApiUser, loan_id: str, offer_id: str) -> Any:
    """The loan, after an offer was accepted."""
    return borrower.call("POST", f"/api/loans/{loan_id}/accept-offer/", {"offer_id": offer_id})


def fund(lender: ApiUser, loan_id: str) -> Any:
    """The loan, after one of its lenders funded its part."""
    return lender.call("POST", f"/api/loans/{loan_id}/fund/")


def pay(borrower: ApiUser, loan_id: str, amount: str | None = None, **more: Any) -> Any:
    """The response to a payment; without an amount, of the next instalment."""
    body = {**({"amount": amount} if amount else {}), **more}
    return borrower.call("POST", f"/api/loans/{loan_id}/pay/", body)


def subscribed_loan(borrower: ApiUser, lenders: AnyUser | Mapping[AnyUser, str], **terms: Any) -> Any:
    """A loan whose whole amount is accepted: from one lender, or from several with their parts."""
    if isinstance(lenders, Mapping):
        terms["amount"] = str(Money.total(Money.of(part) for part in lenders.values()))
    loan = open_loan(borrower, **terms)
    for lender, part in lenders.items() if isinstance(lenders, Mapping) else [(lenders, None)]:
        offer = make_offer(lender, loan["id"], loan["requested_rate"], part)
        loan = accept_offer(borrower, loan["id"], offer["id"])
    return loan


def funded_loan(borrower: ApiUser, lenders: AnyUser | Mapping[AnyUser, str], **terms: Any) -> Any:
    """A running loan of one lender, or of several with their parts."""
    loan = subscribed_loan(borrower, lenders, **terms)
    for lender in lenders if isinstance(lenders, Mapping) else [lenders]:
        loan = fund(lender, loan["id"])
    return loan


# Users and loans through the services.


@dataclass(frozen=True, slots=True)
class ServiceFactory:
    """Makes actors, loans and auto-invest rules by calling the services of a container."""

    container: Container

    def user(self, role: Role, balance: str = "", *, name: str = "") -> Actor:
        """A new user without an account; ``balance`` is deposited."""
        actor = Actor(new_id(self.container.clock()), name or _new_name(role), role)
        if balance:
            self.container.wallets.deposit(actor, Money.of(balance), "")
        return actor

    def borrower(self, balance: str = "", *, name: str = "") -> Actor:
        return self.user(Role.BORROWER, balance, name=name)

    def lender(self, balance: str = "", *, name: str = "") -> Actor:
        return self.user(Role.LENDER, balance, name=name)

    def open_loan(self, borrower: Actor, amount: str = "1000.00", rate: str = "12", months: int = 6) -> str:
        """The id of a requested loan."""
        terms = LoanTerms(Money.of(amount), Rate.percent(rate), months)
        return self.container.loan_requests.request(borrower, terms).value.loan.id

    def make_offer(self, lender: Actor, loan_id: str, amount: str, rate: str = "12") -> Offer:
        """An offer for a part of a loan."""
        return self.container.offers.make(lender, loan_id, Rate.percent(rate), Money.of(amount)).value.offer

    def accept_offer(self, borrower: Actor, lender: Actor, loan_id: str, amount: str, rate: str = "12") -> None:
        """Accept a new offer of the lender."""
        offer = self.make_offer(lender, loan_id, amount, rate)
        self.container.offers.accept(borrower, loan_id, [offer.id])

    def subscribed_loan(self, borrower: Actor, parts: Mapping[Actor, str], months: int = 6) -> str:
        """The id of a loan whose whole amount is accepted in these parts."""
        total = Money.total(Money.of(part) for part in parts.values())
        loan_id = self.open_loan(borrower, str(total), months=months)
        for lender, part in parts.items():
            self.accept_offer(borrower, lender, loan_id, part)
        return loan_id

    def funded_loan(self, borrower: Actor, parts: Mapping[Actor, str], months: int = 6) -> str:
        """The id of a running loan."""
        loan_id = self.subscribed_loan(borrower, parts, months)
        for lender in parts:
            self.container.funding.fund(lender, loan_id)
        return loan_id

    def rule(
        self,
        lender: Actor,
        amount: str = "100.00",
        cap: str = "1000.00",
        min_rate: str = "10.00",
        max_term: int = 12,
        share: str = "100.00",
        per_borrower: str = "",
    ) -> RuleView:
        """A new auto-invest rule; one borrower may take its whole exposure, unless ``per_borrower`` is less."""
        terms = RuleTerms(
            Money.of(amount),
            Rate.percent(min_rate),
            max_term,
            Rate.percent(share),
            Money.of(cap),
            max_per_borrower=Money.of(per_borrower or cap),
        )
        return self.container.auto_invest.create(lender, terms).value


def _new_name(role: Role) -> str:
    return f"{role.value.lower()}_{next(_NUMBERS)}"
