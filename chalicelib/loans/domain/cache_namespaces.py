"""Names under which cached responses about loans become invalid together."""

from typing import Final

OPEN_LOANS: Final = "available"
"""Pages of open loans."""


def loan_namespace(loan_id: str) -> str:
    return f"loan:{loan_id}"


def own_loans_namespace(user_id: str) -> str:
    return f"loans-of:{user_id}"
