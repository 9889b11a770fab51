"""Effects of changes in the loans table: invalid cached responses, and metrics."""

from collections.abc import Iterator
from typing import Final

from chalicelib.cache.invalidation import RawItem
from chalicelib.loans.domain.cache_namespaces import OPEN_LOANS, loan_namespace, own_loans_namespace
from chalicelib.loans.domain.loan import LoanStatus

_NEAR_THE_MARKET: Final = frozenset({LoanStatus.REQUESTED, LoanStatus.PENDING_FUNDING, LoanStatus.CANCELLED})
"""A loan that comes into the list of open loans, changes in it or leaves it has one of these after the change."""


def namespaces_of(item: RawItem) -> Iterator[str]:
    """Yield the namespaces of cached responses that show an item, given the item or its key.

    The schedule, which every change of a running loan writes, names the investors. If a loan has so many that
    they are stored separately, their cached lists expire instead.
    """
    kind, _, identifier = str(item["pk"]["S"]).partition("#")
    if kind != "LOAN":
        return
    yield loan_namespace(identifier)
    yield from map(own_loans_namespace, _concerned(item))
    if "status" in item and LoanStatus(item["status"]["S"]) in _NEAR_THE_MARKET:
        yield OPEN_LOANS


def affected_lists(item: RawItem) -> Iterator[tuple[str, str]]:
    """Yield the lists that show a loan differently after an item is written, each with the loan's id."""
    kind, _, identifier = str(item["pk"]["S"]).partition("#")
    if kind == "LOAN" and "borrower_id" in item:
        yield own_loans_namespace(str(item["borrower_id"]["S"])), identifier
    if kind == "LOAN" and "lender_id" in item and "funded_at" in item:
        yield own_loans_namespace(str(item["lender_id"]["S"])), identifier


def metrics_for(item: RawItem) -> Iterator[tuple[str, int]]:
    """Yield the metrics of a committed item: a loan in its first version is a new request."""
    if item["pk"]["S"].startswith("LOAN#") and "borrower_id" in item and item["version"]["N"] == "1":
        yield "LoansRequested", 1


def _concerned(item: RawItem) -> Iterator[str]:
    if "borrower_id" in item:
        yield str(item["borrower_id"]["S"])
    owner, _, lender_id = str(item["sk"]["S"]).partition("#")
    if owner == "OFFER":
        yield lender_id
    for investor in item.get("investors", {}).get("L", ()) if owner == "SCHEDULE" else ():
        yield str(investor["L"][0]["S"])
