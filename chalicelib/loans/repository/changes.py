"""Which cached answers show an item of the loans table."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.common.invalidation import RawItem

AVAILABLE = "available"


def namespaces_of(item: RawItem) -> Iterator[str]:
    """The loan's own answers; its borrower's or lender's list; and the open loans where the loan itself changed."""
    kind, _, identifier = str(item["pk"]["S"]).partition("#")
    if kind != "LOAN":
        return
    yield f"loan:{identifier}"
    for owner in ("borrower_id", "lender_id"):
        if owner in item:
            yield f"loans-of:{item[owner]['S']}"
    if item["sk"]["S"] == "LOAN":
        yield AVAILABLE
