"""Endpoints that show loans and lists of loans."""

from typing import Any, Final

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import Cached, RequestContext, Router
from chalicelib.cache.service import LIST_SECONDS, RESOURCE_SECONDS
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.loans.domain.cache_namespaces import OPEN_LOANS, loan_namespace, own_loans_namespace
from chalicelib.loans.domain.errors import LoanNotFound
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter, OpenPage, with_own_changes
from chalicelib.loans.domain.visibility import LoanView
from chalicelib.loans.schemas import (
    AvailableLoansQuery,
    LoanList,
    LoanResponse,
    MyLoansQuery,
    OfferWithLoanList,
    OfferWithLoanResponse,
)
from chalicelib.loans.service.queries import ShardPositions

router: Final = Router(__name__, get_container)


def _with_own_changes(
    context: RequestContext[NoBody, AvailableLoansQuery], items: dict[str, Any], position: Any
) -> tuple[dict[str, Any], Any]:
    """Correct the shared page by the caller's latest changes, which an index may not show yet."""
    container, only = get_container(), _filter_of(context.query)
    recent = container.cache.recent_writes(own_loans_namespace(context.actor.user_id))
    changes = {
        loan.id: LoanResponse.of(LoanView(loan)).model_dump(mode="json") if loan.is_open and only.admits(loan) else None
        for loan in container.loan_queries.find_all(recent)
    }
    page = with_own_changes(
        OpenPage(items, tuple(position) if position else None),
        changes,
        limit=context.query.limit,
        shards=container.settings.status_shards,
        is_first=context.position is None,
    )
    return dict(page.items), page.rest


@router.endpoint(
    "GET",
    "/api/loans/available",
    "List open loans",
    query=AvailableLoansQuery,
    response=LoanList,
    paginated=tuple[str | None, ...],
    cached=Cached(lambda _: OPEN_LOANS, LIST_SECONDS, from_index=True, personalise=_with_own_changes),
)
def list_available(context: RequestContext[NoBody, AvailableLoansQuery]) -> CursorPage:
    """List loan requests that are open for offers, newest first."""
    loans, rest = get_container().loan_queries.with_status(
        LoanStatus.REQUESTED,
        limit=context.query.limit,
        positions=ShardPositions(context.position) if context.position else None,
        only=_filter_of(context.query),
    )
    return CursorPage([LoanResponse.of(LoanView(loan)) for loan in loans], rest.before if rest else None)


@router.endpoint(
    "GET",
    "/api/loans/my-offers",
    "List my unfunded offers",
    query=ListQuery,
    response=OfferWithLoanList,
    paginated=Key,
)
def list_my_offers(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List the caller's offers with their loans, newest first. Only lenders may call this."""
    page = get_container().loan_queries.my_offers(context.actor, limit=context.query.limit, after=context.position)
    items = [OfferWithLoanResponse.of(each, loan=LoanResponse.of(LoanView(each.loan))) for each in page.items]
    return CursorPage(items, page.last_key)


@router.endpoint(
    "GET",
    "/api/loans/my-loans",
    "List my loans",
    query=MyLoansQuery,
    response=LoanList,
    paginated=Key,
    cached=Cached(lambda context: own_loans_namespace(context.actor.user_id), LIST_SECONDS, from_index=True),
)
def list_my_loans(context: RequestContext[NoBody, MyLoansQuery]) -> CursorPage:
    """List the loans that the caller borrowed or invested in, newest first."""
    container, actor, query = get_container(), context.actor, context.query
    recent = container.cache.recent_writes(own_loans_namespace(actor.user_id))
    page = container.loan_queries.my_loans(
        actor, limit=query.limit, after=context.position, status=query.status, fresh=recent
    )
    return CursorPage([LoanResponse.of(LoanView(loan)) for loan in page.items], page.last_key)


@router.endpoint(
    "GET",
    "/api/loans/{id}",
    "Get a loan",
    response=LoanResponse,
    errors=(LoanNotFound,),
    cached=Cached(
        lambda context: loan_namespace(context.id()), RESOURCE_SECONDS, varies_by=lambda: get_container().today()
    ),
)
def show_loan(context: RequestContext[NoBody, NoQuery]) -> LoanResponse:
    """Only parties to the loan and operators may call this; while the loan is open, any signed-in user may."""
    return LoanResponse.of(get_container().loan_queries.detail(context.actor, context.id()))


def _filter_of(query: AvailableLoansQuery) -> OpenLoanFilter:
    return OpenLoanFilter(query.min_amount, query.max_amount, query.min_rate, query.max_term)
