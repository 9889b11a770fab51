"""Scenarios of the calls that change something."""

from __future__ import annotations

from itertools import count

from benchmarks.market import INSTALMENTS, Market
from benchmarks.scenarios import SLOW, Requests, scenario
from benchmarks.stage import Request


@scenario("POST /api/users/register/", "POST /api/users/register", SLOW)
def register(market: Market) -> Requests:
    """New people."""
    while True:
        yield Request("POST", "/api/users/register/", body=market.registration())


@scenario("POST /api/users/login/", "POST /api/users/login", SLOW)
def login(market: Market) -> Requests:
    """One person, again and again."""
    account = market.account()
    while True:
        yield account.login()


@scenario("POST /api/users/token/refresh/", "POST /api/users/token/refresh")
def refresh(market: Market) -> Requests:
    """Each time with the token that the last answer gave."""
    account = market.account()
    token = market.send(account.login())["refresh_token"]
    while True:
        given = yield Request("POST", "/api/users/token/refresh/", body={"refresh_token": token})
        token = given["refresh_token"]


@scenario("POST /api/users/logout/", "POST /api/users/logout", SLOW)
def logout(market: Market) -> Requests:
    """Sign in, then measure the sign-out."""
    account = market.account()
    while True:
        token = market.send(account.login())["refresh_token"]
        yield Request("POST", "/api/users/logout/", body={"refresh_token": token})


@scenario("POST /api/users/password/", "POST /api/users/password", SLOW)
def password(market: Market) -> Requests:
    """The same password anew."""
    account = market.account()
    body = {"current_password": account.password, "new_password": account.password}
    while True:
        yield Request("POST", "/api/users/password/", account.caller, body)


@scenario("PATCH /api/users/profile/", "PATCH /api/users/profile")
def change_profile(market: Market) -> Requests:
    """A name."""
    account = market.account()
    for number in count():
        yield Request("PATCH", "/api/users/profile/", account.caller, {"first_name": f"Ana {number % 7}"})


@scenario("POST /api/wallets/deposit/", "POST /api/wallets/deposit")
def deposit(market: Market) -> Requests:
    """One wallet."""
    person = market.lender("1.00")
    while True:
        yield Request("POST", "/api/wallets/deposit/", person, {"amount": "50.00"}, market.key())


@scenario("POST /api/wallets/deposit/ (replay)", "POST /api/wallets/deposit")
def deposit_again(market: Market) -> Requests:
    """The same key."""
    person, key = market.lender("1.00"), market.key()
    while True:
        yield Request("POST", "/api/wallets/deposit/", person, {"amount": "50.00"}, key)


@scenario("POST /api/wallets/withdraw/", "POST /api/wallets/withdraw")
def withdraw(market: Market) -> Requests:
    """One wallet."""
    person = market.lender("1000000.00")
    while True:
        yield Request("POST", "/api/wallets/withdraw/", person, {"amount": "5.00"}, market.key())


@scenario("POST /api/loans/", "POST /api/loans")
def ask(market: Market) -> Requests:
    """One borrower."""
    person = market.borrower()
    while True:
        yield Request("POST", "/api/loans/", person, market.terms(), market.key())


@scenario("POST /api/loans/{id}/offer/", "POST /api/loans/{id}/offer")
def make_offer(market: Market) -> Requests:
    """A loan each."""
    borrower, lender = market.borrower(), market.lender("10.00")
    while True:
        yield market.offer(lender, market.open_loan(borrower))


@scenario("DELETE /api/loans/{id}/offer/", "DELETE /api/loans/{id}/offer")
def withdraw_offer(market: Market) -> Requests:
    """Offered, then measured."""
    borrower, lender = market.borrower(), market.lender("10.00")
    at = market.open_loan(borrower)
    while True:
        market.send(market.offer(lender, at))
        yield Request("DELETE", f"{at}offer/", lender, key=market.key())


@scenario("POST /api/loans/{id}/accept-offer/", "POST /api/loans/{id}/accept-offer")
def accept(market: Market) -> Requests:
    """A loan each."""
    borrower, lender = market.borrower(), market.lender("10.00")
    while True:
        yield market.acceptance(borrower, lender)[1]


@scenario("POST /api/loans/{id}/fund/", "POST /api/loans/{id}/fund")
def fund(market: Market) -> Requests:
    """A loan each, twelve instalments, one lender."""
    borrower, lender = market.borrower(), market.lender("900000.00")
    while True:
        yield Request("POST", f"{market.accepted_loan(borrower, lender)}fund/", lender, key=market.key())


@scenario("POST /api/loans/{id}/fund/ (replay)", "POST /api/loans/{id}/fund")
def fund_again(market: Market) -> Requests:
    """The same key."""
    borrower, lender = market.borrower(), market.lender("5000.00")
    prepared = Request("POST", f"{market.accepted_loan(borrower, lender)}fund/", lender, key=market.key())
    while True:
        yield prepared


@scenario("POST /api/loans/{id}/pay/", "POST /api/loans/{id}/pay")
def pay(market: Market) -> Requests:
    """All instalments but the last, loan after loan."""
    borrower, lender = market.borrower("900000.00"), market.lender("900000.00")
    while True:
        at = market.running_loan(borrower, lender)
        for _ in range(INSTALMENTS - 1):
            yield Request("POST", f"{at}pay/", borrower, key=market.key())


@scenario("POST /api/loans/{id}/pay/ (the last)", "POST /api/loans/{id}/pay", SLOW)
def pay_last(market: Market) -> Requests:
    """The last instalment, loan after loan."""
    borrower, lender = market.borrower("900000.00"), market.lender("900000.00")
    while True:
        at = market.running_loan(borrower, lender)
        for _ in range(INSTALMENTS - 1):
            market.send(Request("POST", f"{at}pay/", borrower))
        yield Request("POST", f"{at}pay/", borrower, key=market.key())


@scenario("POST /api/loans/{id}/cancel/", "POST /api/loans/{id}/cancel")
def cancel(market: Market) -> Requests:
    """A loan whose offer is accepted."""
    borrower, lender = market.borrower(), market.lender("10.00")
    while True:
        yield Request("POST", f"{market.accepted_loan(borrower, lender)}cancel/", borrower, key=market.key())


@scenario("POST /api/loans/auto-invest/", "POST /api/loans/auto-invest")
def set_rule(market: Market) -> Requests:
    """A lender each: rules are limited in number."""
    while True:
        yield market.rule(market.lender("10.00"))


@scenario("PATCH /api/loans/auto-invest/{rule_id}/", "PATCH /api/loans/auto-invest/{rule_id}")
def change_rule(market: Market) -> Requests:
    """Its bound, up and down."""
    lender = market.lender("10.00")
    at = f"/api/loans/auto-invest/{market.send(market.rule(lender))['id']}/"
    for number in count():
        yield Request("PATCH", at, lender, {"max_exposure": f"{5000 + number % 2}.00"}, market.key())


@scenario("DELETE /api/loans/auto-invest/{rule_id}/", "DELETE /api/loans/auto-invest/{rule_id}")
def delete_rule(market: Market) -> Requests:
    """Set, then measured."""
    lender = market.lender("10.00")
    while True:
        at = f"/api/loans/auto-invest/{market.send(market.rule(lender))['id']}/"
        yield Request("DELETE", at, lender, key=market.key())


@scenario("POST /api/admin/users/{id}/freeze/", "POST /api/admin/users/{id}/freeze")
def freeze(market: Market) -> Requests:
    """Frozen, thawed, and again."""
    at = f"/api/admin/users/{market.account().caller.actor.user_id}/"
    while True:
        yield Request("POST", f"{at}freeze/", market.operator, {"reason": "benchmarks"}, market.key())
        market.send(Request("POST", f"{at}unfreeze/", market.operator, {"reason": "benchmarks"}))


@scenario("POST /api/admin/users/{id}/unfreeze/", "POST /api/admin/users/{id}/unfreeze")
def unfreeze(market: Market) -> Requests:
    """Frozen, then measured."""
    at = f"/api/admin/users/{market.account().caller.actor.user_id}/"
    while True:
        market.send(Request("POST", f"{at}freeze/", market.operator, {"reason": "benchmarks"}))
        yield Request("POST", f"{at}unfreeze/", market.operator, {"reason": "benchmarks"}, market.key())


@scenario("POST /api/admin/loans/{id}/reschedule/", "POST /api/admin/loans/{id}/reschedule")
def reschedule(market: Market) -> Requests:
    """New terms, a loan each."""
    borrower, lender = market.borrower(), market.lender("900000.00")
    while True:
        at = market.running_loan(borrower, lender).replace("/api/", "/api/admin/", 1)
        body = {"remaining_terms": 24, "reason": "benchmarks", "dry_run": False}
        yield Request("POST", f"{at}reschedule/", market.operator, body, market.key())
