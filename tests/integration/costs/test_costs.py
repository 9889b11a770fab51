"""The cost of each example at DynamoDB is exactly the one in the catalogue."""

import pytest

from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.clock import FixedClock
from tests.catalogue import ROUTES
from tests.factories import User, UserFactory, funded_loan, ok
from tests.integration.costs.table import PAGE, page, shown
from tests.marketplace import Marketplace
from tests.route_examples import Cost, Route

# LocalStack and others count units in their own ways.
pytestmark = pytest.mark.own_process
EXAMPLES = [pytest.param(route, cost, id=route.title(cost.label)) for route in ROUTES for cost in route.costs]


@pytest.mark.parametrize(("route", "cost"), EXAMPLES)
def test_example_costs_what_the_catalogue_says(route: Route, cost: Cost, user_factory: UserFactory) -> None:
    situation = (cost.setup or route.setup)(Marketplace[User](user_factory))
    client = situation.user.http if situation.user else user_factory.http
    address, body = route.address(situation.values), route.body_for(situation.values)
    key = "key" if route.is_keyed else None
    if cost.is_replay:
        ok(client.send(route.method, address, body, key=key, headers=situation.headers))

    with record_consumed_capacity() as capacity:
        ok(client.send(route.method, address, body, key=key, headers=situation.headers))

    assert shown((capacity.round_trips, capacity.write_units, capacity.read_units)) == shown(cost.figures)


@pytest.mark.parametrize("days", [0, 20], ids=["a refund", "no refund"])
def test_closing_with_a_refund_costs_one_posting_more(user_factory: UserFactory, clock: FixedClock, days: int) -> None:
    borrower = user_factory.borrower("100.00")
    loan_id = funded_loan(borrower, user_factory.lender("1003.75"))["id"]
    clock.advance(days=days)
    amount = ok(borrower.http.get(f"/api/loans/{loan_id}/payoff/")).json["amount"]

    with record_consumed_capacity() as capacity:
        ok(borrower.http.post(f"/api/loans/{loan_id}/pay/", {"amount": amount}, key="key"))

    assert (capacity.round_trips, capacity.write_units) == (2, 19 if days else 21)


def test_page_shows_the_costs() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.integration.costs.table"


def test_figures_above_their_floor_are_explained() -> None:
    costs = [cost for route in ROUTES for cost in route.costs]

    assert [cost for cost in costs if cost.floor not in ("", shown(cost.figures)) and not cost.note] == []
