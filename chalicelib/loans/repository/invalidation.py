"""What a change of the loans table does to what people are shown, and what it counts as."""

from collections.abc import Iterator
from typing import Final

from chalicelib.cache.invalidation import RawItem
from chalicelib.loans.domain.cache_namespaces import OPEN_LOANS, loan_namespace, own_loans_namespace
from chalicelib.loans.domain.loan import LoanStatus

_NEAR_THE_MARKET: Final = frozenset({LoanStatus.REQUESTED, LoanStatus.PENDING_FUNDING, LoanStatus.CANCELLED})
"""A loan that comes into the list of open loans, changes in it or leaves it has one of these after the change."""


def namespaces_of(item: RawItem) -> Iterator[str]:
    """Whose cached answers show an item, or the item of which this is the key.

    The investors of a loan are told by its schedule, which every change of the running loan writes; those of a
    loan with so many that they are kept elsewhere see it when their page expires.
    """
    kind, _, identifier = str(item["pk"]["S"]).partition("#")
    if kind != "LOAN":
        return
    yield loan_namespace(identifier)
    yield from map(own_loans_namespace, _concerned(item))
    if "status" in item and LoanStatus(item["status"]["S"]) in _NEAR_THE_MARKET:
        yield OPEN_LOANS


def affected_lists(item: RawItem) -> Iterator[tuple[str, str]]:
    """The lists, with the loan's id, in which an item makes a loan new or different: its parties' own lists."""
    kind, _, identifier = str(item["pk"]["S"]).partition("#")
    if kind == "LOAN" and "borrower_id" in item:
        yield own_loans_namespace(str(item["borrower_id"]["S"])), identifier
    if kind == "LOAN" and "lender_id" in item and "funded_at" in item:
        yield own_loans_namespace(str(item["lender_id"]["S"])), identifier


def metrics_for(item: RawItem) -> Iterator[tuple[str, int]]:
    """Metrics of a committed item: a loan in its first version was requested just now."""
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
