"""What a lender has invested."""

from __future__ import annotations

from chalicelib.common.api import Call, endpoint
from chalicelib.common.fields import ListQuery, NoBody
from chalicelib.loans.routes.blueprint import loans
from chalicelib.loans.schemas.investments import InvestmentList
from chalicelib.wiring import platform


@endpoint(
    loans,
    "GET",
    "/api/loans/investments",
    "My investments, their totals and their return",
    query=ListQuery,
    answer=InvestmentList,
)
def list_investments(call: Call[NoBody, ListQuery]) -> InvestmentList:
    """Lenders; positions newest first, and with the first page the portfolio, its XIRR and what is expected."""
    scope = f"investments:{call.actor.user_id}"
    cursors = platform().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    found = platform().loans.investments.investments(call.actor, limit=call.query.limit, after=after)
    rest = found.page.last_key
    return InvestmentList.of(found, cursors.seal(scope, rest) if rest else None)
