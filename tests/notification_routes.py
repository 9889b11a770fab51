"""The catalogue's entries of the routes of notifications."""

from typing import Any, Final

from tests.marketplace import Marketplace
from tests.relations import ANYONE, FOR_SIGNED_IN
from tests.route_examples import Cost, Route

_M = Marketplace[Any]
_OFF: Final = {"items": [{"type": "transfer.settled", "email": False}]}

NOTIFICATION_ROUTES: Final = (
    Route(
        "GET /api/notifications", FOR_SIGNED_IN, _M.notified,
        costs=(
            Cost((2, 0, 1.5), "", "the number of unread ones, consistently", "(one)"),
        ),
    ),
    Route(
        "POST /api/notifications/read", FOR_SIGNED_IN, _M.notified, {"ids": ["{notification_id}"]}, {"all": True},
        is_keyed=True,
        costs=(
            Cost((3, 9, 2), "", "notification and its index, 3; unread count, 2; record; the wallet's check, 2"),
        ),
    ),
    Route("GET /api/notifications/preferences", FOR_SIGNED_IN, _M.notified, costs=(Cost((1, 0, 1)),)),
    Route(
        "PATCH /api/notifications/preferences", FOR_SIGNED_IN, _M.notified, _OFF,
        costs=(Cost((2, 4, 1), "", "the wallet's check, 2"),),
    ),
    Route(
        "POST /api/notifications/unsubscribe", {ANYONE: "invalid_unsubscribe_token"}, _M.unsubscribing,
        query="?token={token}", costs=(Cost((2, 2, 1)),),
    ),
)  # fmt: skip
