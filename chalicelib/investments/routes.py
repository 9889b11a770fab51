"""Endpoints that show a lender's investments."""

from typing import Final

from chalicelib.api.fields import ListQuery, NoBody
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.investments.schemas import InvestmentList, PositionResponse, portfolio_fields

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/loans/investments",
    "List my investments",
    query=ListQuery,
    response=InvestmentList,
    paginated=Key,
)
def list_investments(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List positions, newest first. Only lenders may call this.

    The first page also has the portfolio totals, the XIRR and the expected income.
    """
    found = get_container().investments.investments(context.actor, limit=context.query.limit, after=context.position)
    items = [PositionResponse.of(position) for position in found.page.items]
    return CursorPage(items, found.page.last_key, portfolio_fields(found))
