"""What a lender has invested."""

from __future__ import annotations

from typing import Final

from chalice.app import Blueprint

from chalicelib.api.fields import ListQuery, NoBody
from chalicelib.api.routing import RequestContext, endpoint
from chalicelib.container import get_container
from chalicelib.investments.schemas import InvestmentList

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "GET",
    "/api/loans/investments",
    "My investments, their totals and their return",
    query=ListQuery,
    answer=InvestmentList,
)
def list_investments(call: RequestContext[NoBody, ListQuery]) -> InvestmentList:
    """Lenders; positions newest first, and with the first page the portfolio, its XIRR and what is expected."""
    scope = f"investments:{call.actor.user_id}"
    cursors = get_container().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    found = get_container().investments.investments(call.actor, limit=call.query.limit, after=after)
    rest = found.page.last_key
    return InvestmentList.of(found, cursors.seal(scope, rest) if rest else None)
