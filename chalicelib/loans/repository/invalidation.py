"""Effects of changes in the loans table on cached responses, and their metrics."""

from collections.abc import Iterator
from typing import Final

from chalicelib.cache.invalidation import RawItem
from chalicelib.loans.domain.cache_namespaces import OPEN_LOANS, loan_namespace, own_loans_namespace
from chalicelib.loans.domain.loan import LoanStatus

_AFFECTS_OPEN_LOANS: Final = frozenset({LoanStatus.REQUESTED, LoanStatus.PENDING_FUNDING, LoanStatus.CANCELLED})
"""A loan that enters, leaves or changes in the list of open loans has one of these statuses afterwards."""


def namespaces_of(item: RawItem) -> Iterator[str]:
    """Yield the namespaces of cached responses that show an item, given the item or its key.

    The schedule, which every change of a running loan writes, names up to 20 investors. The pages of more investors
    are not invalidated, but expire.
    """
    kind, _, identifier = str(item["pk"]["S"]).partition("#")
    if kind != "LOAN":
        return
    yield loan_namespace(identifier)
    yield from map(own_loans_namespace, _parties(item))
    if "status" in item and LoanStatus(item["status"]["S"]) in _AFFECTS_OPEN_LOANS:
        yield OPEN_LOANS


def affected_lists(item: RawItem) -> Iterator[tuple[str, str]]:
    """Yield the lists of the loan's parties that an item changes, each with the loan's id."""
    kind, _, identifier = str(item["pk"]["S"]).partition("#")
    if kind == "LOAN" and "borrower_id" in item:
        yield own_loans_namespace(str(item["borrower_id"]["S"])), identifier
    if kind == "LOAN" and "lender_id" in item and "funded_at" in item:
        yield own_loans_namespace(str(item["lender_id"]["S"])), identifier


def metrics_for(item: RawItem) -> Iterator[tuple[str, int]]:
    """Yield metrics of a committed item. A loan in its first version is a new request."""
    if item["pk"]["S"].startswith("LOAN#") and "borrower_id" in item and item["version"]["N"] == "1":
        yield "LoansRequested", 1


def _parties(item: RawItem) -> Iterator[str]:
    if "borrower_id" in item:
        yield str(item["borrower_id"]["S"])
    owner, _, lender_id = str(item["sk"]["S"]).partition("#")
    if owner == "OFFER":
        yield lender_id
    for investor in item.get("investors", {}).get("L", ()) if owner == "SCHEDULE" else ():
        yield str(investor["L"][0]["S"])
