"""The catalogue's entries of the operators' bank routes."""

from typing import Any, Final

from tests.marketplace import STATEMENT_FILE, Marketplace
from tests.relations import FOR_OPERATORS, NO_PAYOUT, WITHOUT_WITHDRAWALS
from tests.route_examples import Cost, Route

_M = Marketplace[Any]

BANK_ROUTES: Final = (
    Route(
        "POST /api/admin/bank/statements", FOR_OPERATORS, _M.new_statement, STATEMENT_FILE,
        STATEMENT_FILE.replace("MESSAGE", "OTHER"), is_keyed=True, costs=(Cost(
            (15, 39, 17), "",
            "the file: audit, record, statement and its end, counters, entries, job, the operator's wallet, 18; "
            "the result 8; each line: 5 for a duplicate, 13 if unmatched, 20 for a deposit", "(one unmatched line)",
        ),),
    ),
    Route(
        "GET /api/admin/bank/statements", FOR_OPERATORS, _M.bank_statements,
        costs=(Cost((5, 1, 4.5), "", "compared with what is booked; an audit entry of the view", "(one)"),),
    ),
    Route(
        "GET /api/admin/bank/statements/{id}", FOR_OPERATORS, _M.bank_statements,
        costs=(Cost((4, 1, 4), "", "the newest is compared with what is booked; an audit entry of the view"),),
    ),
    Route(
        "GET /api/admin/bank/lines", FOR_OPERATORS, _M.bank_statements,
        costs=(Cost((7, 1, 3), "", "one query for each status; an audit entry of the view", "(one)"),),
    ),
    Route(
        "POST /api/admin/bank/lines/{id}/assign", FOR_OPERATORS, _M.unmatched_line, {"user_id": "{user_id}"},
        {"transfer_id": "7" * 26}, is_keyed=True, costs=(Cost(
            (4, 23, 3), "",
            "deposit and indexes, two postings, wallet, line and counters, audit entry, record, the operator's wallet",
        ),),
    ),
    Route(
        "POST /api/admin/bank/lines/{id}/reject", FOR_OPERATORS, _M.unmatched_line, {}, {"reason": "a question"},
        is_keyed=True,
        costs=(Cost((2, 12, 1), "", "line and its index, counters, audit entry, record; the wallet's check, 2"),),
    ),
    Route(
        "POST /api/admin/bank/payouts", WITHOUT_WITHDRAWALS, _M.withdrawal_to_pay_out, {}, is_keyed=True, costs=(Cost(
            (6, 16, 4), "",
            "the transfer and two of its indexes, 5; its wallet, 2; payout and index, 3; audit entry, record and the "
            "operator's wallet, 6",
            "(one withdrawal)",
        ),),
    ),
    Route(
        "GET /api/admin/bank/payouts", FOR_OPERATORS, _M.payout,
        costs=(Cost((2, 1, 0.5), "", "an audit entry of the view", "(one)"),),
    ),
    Route(
        "GET /api/admin/bank/payouts/{id}", NO_PAYOUT, _M.payout,
        costs=(Cost((2, 1, 1), "", "an audit entry of the view"),),
    ),
)  # fmt: skip
