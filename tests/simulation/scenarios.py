"""The operations that move money or promise it, each in a world that leads up to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from chalicelib.common.actor import Role
from tests.lending import a_funded_loan, accept, an_accepted_loan, offer, request_loan
from tests.people import Person, ok
from tests.simulation.callers import asking, many, posting, registered, scheduled, two, working
from tests.simulation.faults import FAILED, Action, Scenario
from tests.simulation.world import World

MANY: Final = 22


def _deposit(world: World) -> Action:
    return posting(two(world)[1], "/api/wallets/deposit/", {"amount": "12.34"})


def _withdraw(world: World) -> Action:
    return posting(two(world)[1], "/api/wallets/withdraw/", {"amount": "1999.99"})


def _request(world: World) -> Action:
    body = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": 6}
    return posting(two(world)[0], "/api/loans/", body)


def _offer(world: World) -> Action:
    borrower, lender = two(world)
    loan = request_loan(borrower)
    return posting(lender, f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "11.00"})


def _withdraw_offer(world: World) -> Action:
    borrower, lender = two(world)
    loan = request_loan(borrower)
    offer(lender, loan["id"])
    return asking(lambda _: lender.http.delete(f"/api/loans/{loan['id']}/offer/"), key=False)


def _accept(world: World) -> Action:
    borrower, lender = two(world)
    loan = request_loan(borrower)
    made = offer(lender, loan["id"])
    return posting(borrower, f"/api/loans/{loan['id']}/accept-offer/", {"offer_id": made["id"]})


def _fund(world: World) -> Action:
    borrower, lender = two(world)
    loan = an_accepted_loan(borrower, lender)
    return posting(lender, f"/api/loans/{loan['id']}/fund/")


def _fund_one_of(parts: int, funded: int) -> Callable[[World], Action]:
    def prepare(world: World) -> Action:
        loan_id, lenders = many(world, world.person(Role.BORROWER, "bob"), parts, funded=funded)
        return posting(lenders[funded], f"/api/loans/{loan_id}/fund/")

    return prepare


def _pay(body: object, *, days: int = 0, key: bool = True) -> Callable[[World], Action]:
    def prepare(world: World) -> Action:
        borrower, lender = two(world, borrower_has="500.00")
        loan = a_funded_loan(borrower, lender)
        world.clock.advance(days=days)
        return posting(borrower, f"/api/loans/{loan['id']}/pay/", body, key=key)

    return prepare


def _pay_many(world: World) -> Action:
    borrower = world.person(Role.BORROWER, "bob", "500.00")
    loan_id, _ = many(world, borrower, MANY, funded=MANY)
    return posting(borrower, f"/api/loans/{loan_id}/pay/", {})


def _distribute(world: World) -> Action:
    _pay_many(world)()
    return working(world, "DISTRIBUTION")


def _cancel(parts: int, funded: int) -> Callable[[World], Action]:
    def prepare(world: World) -> Action:
        borrower = world.person(Role.BORROWER, "bob")
        loan_id, _ = many(world, borrower, parts, funded=funded)
        return posting(borrower, f"/api/loans/{loan_id}/cancel/")

    return prepare


def _refund(world: World) -> Action:
    _cancel(5, 4)(world)()
    return working(world, "REFUND")


def _operator(world: World) -> Person:
    return world.person(Role.ADMIN, "olga")


def _freeze(world: World) -> Action:
    _, lender = two(world)
    registered(world, lender)
    return posting(_operator(world), f"/api/admin/users/{lender.id}/freeze/", {"reason": "asked by the court"})


def _unfreeze(world: World) -> Action:
    _, lender = two(world)
    registered(world, lender)
    operator = _operator(world)
    ok(operator.http.post(f"/api/admin/users/{lender.id}/freeze/", {"reason": "a check"}))
    return posting(operator, f"/api/admin/users/{lender.id}/unfreeze/", {"reason": "all is well"})


def _reschedule(world: World) -> Action:
    borrower, lender = two(world)
    loan = a_funded_loan(borrower, lender)
    return posting(_operator(world), f"/api/admin/loans/{loan['id']}/reschedule/", {"remaining_terms": 9})


_RULE: Final[dict[str, Any]] = {
    "amount_per_loan": "400.00",
    "min_rate": "5.00",
    "max_term": 12,
    "max_exposure": "1000.00",
}


def _with_rules(world: World, lenders: int, amount: str = "1000.00") -> tuple[Person, list[Person], str]:
    """Lenders with a rule each, and a request that they take; nothing is placed yet."""
    people = [world.person(Role.LENDER, f"lender{number}", "900.00") for number in range(lenders)]
    for person in people:
        ok(person.http.post("/api/loans/auto-invest/", _RULE))
    world.settle()
    borrower = world.person(Role.BORROWER, "bob")
    loan_id = request_loan(borrower, amount=amount)["id"]
    return borrower, people, loan_id


def _match_loan(world: World) -> Action:
    _with_rules(world, 2)
    return working(world, "MATCH_LOAN")


def _placed(world: World, lenders: int, amount: str) -> tuple[Person, Sequence[Person], str]:
    borrower, people, loan_id = _with_rules(world, lenders, amount)
    world.settle()
    return borrower, people, loan_id


def _offers_on(world: World, loan_id: str) -> list[str]:
    items = world.storage.items("loans")
    offers = [item for item in items if item["sk"]["S"].startswith("OFFER#") and item["loan_id"]["S"] == loan_id]
    return [item["offer_id"]["S"] for item in offers]


def _cover(world: World) -> Action:
    borrower, _, loan_id = _placed(world, 2, "800.00")
    for offer_id in _offers_on(world, loan_id):
        accept(borrower, loan_id, offer_id)
    return working(world, "COVER")


def _withdraw_placed(world: World) -> Action:
    _, people, loan_id = _placed(world, 1, "1000.00")
    return asking(lambda _: people[0].http.delete(f"/api/loans/{loan_id}/offer/"), key=False)


def _stop_rule(world: World) -> Action:
    _, people, _ = _placed(world, 1, "1000.00")
    [rule] = [item for item in world.storage.items("loans") if item["sk"]["S"].startswith("RULE#")]
    path = f"/api/loans/auto-invest/{rule['sk']['S'].removeprefix('RULE#')}/"
    return asking(lambda key: people[0].http.patch(path, {"active": False}, key=key))


def _create_rule(world: World) -> Action:
    return posting(two(world)[1], "/api/loans/auto-invest/", _RULE)


def _overdue(days: int) -> Callable[[World], Action]:
    def prepare(world: World) -> Action:
        borrower, lender = two(world)
        a_funded_loan(borrower, lender)
        world.clock.advance(days=days)
        return scheduled(world, world.platform.loans.sweeps.check_overdue)

    return prepare


def _expire(world: World) -> Action:
    borrower, lender = two(world)
    loan = request_loan(borrower)
    offer(lender, loan["id"])
    world.clock.advance(days=31)
    return scheduled(world, world.platform.loans.sweeps.expire_stale)


def _lapse(parts: int, funded: int) -> Callable[[World], Action]:
    def prepare(world: World) -> Action:
        many(world, world.person(Role.BORROWER, "bob"), parts, funded=funded)
        world.clock.advance(days=8)
        return scheduled(world, world.platform.loans.sweeps.expire_stale)

    return prepare


def _sweep(world: World) -> Action:
    _pay_many(world)()
    world.records("loans")  # the stream's handler never saw it
    world.clock.advance(minutes=6)
    return scheduled(world, lambda: {"sent": world.platform.loans.worker.send_again()})


def _project(world: World) -> Action:
    borrower, lender = two(world)
    a_funded_loan(borrower, lender)
    world.projects = True
    start = dict(world.moment().read)

    def follow() -> str:
        world.read_from(start)
        return "done" if world.follow() else FAILED

    return follow


SCENARIOS: Final = (
    Scenario("deposit", _deposit),
    Scenario("withdraw", _withdraw),
    Scenario("request a loan", _request),
    Scenario("offer", _offer),
    Scenario("withdraw an offer", _withdraw_offer, repeats=False),
    Scenario("accept", _accept),
    Scenario("fund, one lender", _fund),
    Scenario("fund, first of three", _fund_one_of(3, 0)),
    Scenario("fund, last of three", _fund_one_of(3, 2)),
    Scenario("fund, last of 22", _fund_one_of(MANY, MANY - 1)),
    Scenario("pay an instalment", _pay({})),
    Scenario("prepay", _pay({"amount": "400.00"})),
    Scenario("pay late", _pay({}, days=45)),
    Scenario("pay, 22 investors", _pay_many),
    Scenario("distribute", _distribute),
    Scenario("cancel, one has paid in", _cancel(1, 0)),
    Scenario("cancel, four of five have paid in", _cancel(5, 4)),
    Scenario("refund", _refund),
    Scenario("freeze", _freeze),
    Scenario("unfreeze", _unfreeze),
    Scenario("reschedule", _reschedule),
    Scenario("create a rule", _create_rule),
    Scenario("match a loan", _match_loan),
    Scenario("cover", _cover),
    Scenario("withdraw a rule's offer", _withdraw_placed, repeats=False),
    Scenario("stop a rule", _stop_rule, settles=True),
    Scenario("overdue check", _overdue(60)),
    Scenario("default", _overdue(200)),
    Scenario("expiry", _expire),
    Scenario("lapse of one", _lapse(2, 1)),
    Scenario("lapse of many", _lapse(4, 3)),
    Scenario("outbox sweep", _sweep, settles=True),
    Scenario("projections", _project),
)
WITHOUT_KEY: Final = (
    Scenario("pay without a key", _pay({}, key=False)),
    Scenario(
        "deposit without a key", lambda w: posting(two(w)[1], "/api/wallets/deposit/", {"amount": "5"}, key=False)
    ),
    Scenario(
        "withdraw without a key", lambda w: posting(two(w)[1], "/api/wallets/withdraw/", {"amount": "5"}, key=False)
    ),
)
