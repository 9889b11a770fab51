"""The catalogue's entries of the routes of events."""

from typing import Any, Final

from chalicelib.container import get_container
from chalicelib.shared.actor import Role
from tests.example_events import example_event
from tests.marketplace import Marketplace, Situation
from tests.relations import ANONYMOUS_REJECTED, FOR_ANYONE, FOR_SIGNED_IN, SIGNED_IN
from tests.route_examples import Cost, Route

_M = Marketplace[Any]
_PAGE: Final = 20


def _user_with_events(market: Marketplace[Any]) -> Situation[Any]:
    """A user with a full page of events and one more."""
    user = market._users.user(Role.LENDER)
    container = get_container()
    events = [example_event(number) for number in range(_PAGE + 1)]
    for event in events:
        container.publisher.record(user.actor.user_id, event)
    return Situation(user, {"id": events[0].id})


EVENT_ROUTES: Final = (
    Route("GET /api/schema/events", FOR_ANYONE, _M.anonymous, fault_free=True),
    Route("GET /api/events", FOR_SIGNED_IN, _user_with_events, costs=(Cost((1, 0, 0.5), "", "", "(20 events)"),)),
    Route(
        "GET /api/events/{id}", {SIGNED_IN: "event_not_found", **ANONYMOUS_REJECTED}, _user_with_events,
        costs=(Cost((1, 0, 0.5)),),
    ),
)  # fmt: skip
