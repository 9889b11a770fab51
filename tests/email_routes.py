"""The catalogue's entries of routes about emails that were sent."""

from typing import Any, Final

from tests.marketplace import Marketplace
from tests.relations import FOR_ANYONE, FOR_OPERATORS
from tests.route_examples import Cost, Route

_M = Marketplace[Any]

NOT_SUPPRESSED: Final = {**FOR_OPERATORS, "operator": "suppressed_address_not_found"}

EMAIL_ROUTES: Final = (
    Route("GET /dev/mail", FOR_ANYONE, _M.anonymous, fault_free=True),
    Route(
        "GET /api/admin/suppressed-addresses", FOR_OPERATORS, _M.suppressed_address,
        costs=(Cost((4, 1, 1.5), "", "list, addresses, users, and an audit entry of the view", "(one)"),),
    ),
    Route(
        "DELETE /api/admin/suppressed-addresses/{id}", NOT_SUPPRESSED, _M.suppressed_address,
        is_keyed=True,
        costs=(Cost((1, 9, 0), "", "address and its index, 3; audit entry, record, the operator's wallet, 6"),),
    ),
)  # fmt: skip
