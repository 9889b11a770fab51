"""The catalogue's entries of webhook endpoints and deliveries."""

from typing import Any, Final

from chalicelib.container import get_container
from tests.marketplace import Marketplace, Situation
from tests.relations import ANONYMOUS_REJECTED, FOR_OPERATORS, FOR_SIGNED_IN, SIGNED_IN
from tests.route_examples import Cost, Route

WEBHOOK_ENDPOINT: Final = {"url": "https://93.184.215.14/hooks", "event_types": ["*"]}
"""A public IP address, so that no test resolves a name."""
_NO_ENDPOINT: Final = {SIGNED_IN: "webhook_endpoint_not_found", **ANONYMOUS_REJECTED}
_ROUTE: Final = "/api/webhook-endpoints"
_CHECK: Final = "the check that the token isn't revoked, 2"


def _new_user(market: Marketplace[Any]) -> Situation[Any]:
    return market.new_user()


def _endpoint(market: Marketplace[Any]) -> Situation[Any]:
    """A user with one endpoint."""
    user: Any = market.new_user().user
    return Situation(user, {"id": user.call("POST", f"{_ROUTE}/", WEBHOOK_ENDPOINT)["id"]})


def _delivery(market: Marketplace[Any]) -> Situation[Any]:
    """A user with one endpoint and a delivery to it."""
    situation = _endpoint(market)
    user: Any = situation.user
    endpoint_id = situation.values["id"]
    delivery = user.call("POST", f"{_ROUTE}/{endpoint_id}/test/")
    return Situation(user, {"id": endpoint_id, "delivery_id": delivery["id"]})


def _failed_delivery(market: Marketplace[Any]) -> Situation[Any]:
    """An operator, and one delivery that failed."""
    values = _delivery(market).values
    repository = get_container().delivery_repository
    delivery = repository.find(values["id"], values["delivery_id"])
    if delivery is None:
        raise TypeError("the delivery exists")
    repository.save(delivery, delivery.given_up())
    return market.as_operator()


WEBHOOK_ROUTES: Final = (
    Route(f"GET {_ROUTE}", FOR_SIGNED_IN, _endpoint, costs=(Cost((1, 0, 1), "", "", "(one)"),)),
    Route(
        f"POST {_ROUTE}", FOR_SIGNED_IN, _new_user, WEBHOOK_ENDPOINT, {**WEBHOOK_ENDPOINT, "description": "mine"},
        is_keyed=True,
        costs=(Cost((2, 8, 1), "", f"all endpoints are read; endpoint, counter and record, 6; {_CHECK}"),),
    ),
    Route(f"GET {_ROUTE}/{{id}}", _NO_ENDPOINT, _endpoint, costs=(Cost((1, 0, 1)),)),
    Route(
        f"PATCH {_ROUTE}/{{id}}", _NO_ENDPOINT, _endpoint, {"description": "mine"}, {"enabled": False},
        costs=(Cost((2, 4, 1), "", f"the endpoint, 2; {_CHECK}"),),
    ),
    Route(
        f"DELETE {_ROUTE}/{{id}}", _NO_ENDPOINT, _endpoint, is_keyed=True,
        costs=(Cost((1, 6, 0), "", f"endpoint and record, 4; {_CHECK}"),),
    ),
    Route(
        f"POST {_ROUTE}/{{id}}/rotate-secret", _NO_ENDPOINT, _endpoint, is_keyed=True,
        costs=(Cost((2, 6, 1), "", f"endpoint and record, 4; {_CHECK}"),),
    ),
    Route(
        f"POST {_ROUTE}/{{id}}/test", _NO_ENDPOINT, _endpoint, is_keyed=True,
        costs=(Cost((2, 9, 1), "", f"the endpoint's check, delivery with its index, record, 7; {_CHECK}"),),
    ),
    Route(
        f"GET {_ROUTE}/{{id}}/deliveries", _NO_ENDPOINT, _delivery,
        costs=(Cost((2, 0, 1.5), "", "the endpoint, and its deliveries", "(one)"),),
    ),
    Route(
        f"POST {_ROUTE}/{{id}}/deliveries/{{delivery_id}}/resend", _NO_ENDPOINT, _delivery, is_keyed=True,
        costs=(Cost((3, 8, 2), "", f"the endpoint's check, delivery, record, 6; {_CHECK}"),),
    ),
    Route(
        "GET /api/admin/webhook-deliveries", FOR_OPERATORS, _failed_delivery,
        costs=(Cost((3, 1, 1.5), "", "the index, then the deliveries; an audit entry of the view", "(one)"),),
    ),
)  # fmt: skip
