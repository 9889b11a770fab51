"""The catalogue's entries of the operators' bank routes."""

from typing import Any, Final

from tests.marketplace import STATEMENT_FILE, Marketplace
from tests.route_examples import Allowed, Cost, Route

_M = Marketplace[Any]


def bank_routes(operators: Allowed, *, view: str, wallet_check: str) -> tuple[Route, ...]:
    """The entries.

    Args:
        operators: the result by relation, for routes of operators.
        view, wallet_check: parts of notes on costs.
    """
    return (
        Route(
            "POST /api/admin/bank/statements", operators, _M.new_statement, STATEMENT_FILE,
            STATEMENT_FILE.replace("MESSAGE", "OTHER"), is_keyed=True, costs=(Cost(
                (14, 37, 16), "",
                "the file: audit entry, record, statement, counters, entries, job and the operator's wallet, 16; "
                "each unmatched line 13; the result 8", "(one unmatched line)",
            ),),
        ),
        Route(
            "GET /api/admin/bank/statements", operators, _M.bank_statements,
            costs=(Cost((5, 1, 4.5), "", f"the newest is compared with what is booked; {view}", "(one)"),),
        ),
        Route(
            "GET /api/admin/bank/statements/{id}", operators, _M.bank_statements,
            costs=(Cost((4, 1, 4), "", f"the newest is compared with what is booked; {view}"),),
        ),
        Route(
            "GET /api/admin/bank/lines", operators, _M.bank_statements,
            costs=(Cost((7, 1, 3), "", f"one query for each status; {view}", "(one)"),),
        ),
        Route(
            "POST /api/admin/bank/lines/{id}/assign", operators, _M.unmatched_line, {"user_id": "{user_id}"},
            {"transfer_id": "7" * 26}, is_keyed=True, costs=(Cost(
                (4, 23, 3), "",
                "the deposit and its indexes, two postings, the wallet, line and counters, audit entry, record, and the "
                "operator's wallet",
            ),),
        ),
        Route(
            "POST /api/admin/bank/lines/{id}/reject", operators, _M.unmatched_line, {}, {"reason": "a question"}, is_keyed=True,
            costs=(Cost((2, 12, 1), "", f"line and its index, counters, audit entry, record; {wallet_check}"),),
        ),
    )  # fmt: skip
