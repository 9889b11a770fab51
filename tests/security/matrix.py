"""Who may do what: the row of each route, written by hand from the contract of the API.

An entry names relations and the answers that they get: one answer for all states of the loan, or six in the
order REQUESTED, PENDING_FUNDING, FUNDED, COMPLETED, CANCELLED, DEFAULTED. ``ok`` is the call's own success; any
other word is the stable code of a refusal. Nobody may be left out of a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Row = Mapping[str, str]

STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "not_authenticated": 401, "wrong_login": 401, "invalid_refresh_token": 401,
    "forbidden": 403, "role_required": 403, "not_the_borrower": 403,
    "loan_not_found": 404, "offer_not_found": 404, "rule_not_found": 404, "report_not_found": 404,
    "asset_not_found": 404,
    "loan_not_open": 409, "loan_not_ready": 409, "loan_not_active": 409, "loan_not_cancellable": 409,
    "already_funded": 409, "offer_exists": 409, "offer_accepted": 409, "account_frozen": 409, "not_frozen": 409,
    "nothing_to_reschedule": 409,
    "invalid_request": 422, "wrong_password": 422,
}  # fmt: skip

BORROWER: Final = "borrower, frozen borrower"
LENDER: Final = "lender, frozen lender"
LENDERS: Final = "lender, frozen lender, passed over, other lender"
NO_LENDERS: Final = "borrower, frozen borrower, other borrower, operator"
BORROWERS: Final = "borrower, frozen borrower, other borrower"
NO_BORROWERS: Final = "lender, frozen lender, passed over, other lender, operator"
PARTIES_AND_OPERATORS: Final = "borrower, frozen borrower, lender, frozen lender, operator"
STRANGERS: Final = "passed over, other borrower, other lender"
PEOPLE: Final = "borrower, frozen borrower, lender, frozen lender, passed over, other borrower, other lender"
SIGNED_IN: Final = f"{PEOPLE}, operator"
EVERYBODY: Final = f"{SIGNED_IN}, nobody"

SIGN_IN_FIRST: Final = {"nobody": "not_authenticated"}
SHOWN_WHILE_OPEN: Final = "ok loan_not_found loan_not_found loan_not_found loan_not_found loan_not_found"
ANOTHERS: Final = "not_the_borrower loan_not_found loan_not_found loan_not_found loan_not_found loan_not_found"
ONCE_FUNDED: Final = "loan_not_active loan_not_active ok ok loan_not_active ok"
WHILE_OWED: Final = "loan_not_active loan_not_active ok loan_not_active loan_not_active ok"

FOR_EVERYBODY: Final = {EVERYBODY: "ok"}
FOR_THE_SIGNED_IN: Final = {SIGNED_IN: "ok", **SIGN_IN_FIRST}
FOR_BORROWERS: Final = {BORROWERS: "ok", NO_BORROWERS: "role_required", **SIGN_IN_FIRST}
FOR_LENDERS: Final = {LENDERS: "ok", NO_LENDERS: "role_required", **SIGN_IN_FIRST}
FOR_THE_RULE_S_LENDER: Final = {
    LENDER: "ok", "passed over, other lender": "rule_not_found", NO_LENDERS: "role_required", **SIGN_IN_FIRST,
}  # fmt: skip
FOR_OPERATORS: Final = {"operator": "ok", PEOPLE: "forbidden", **SIGN_IN_FIRST}
BEFORE_THE_FIRST_REPORT: Final = {**FOR_OPERATORS, "operator": "report_not_found"}

MATRIX: Final[Mapping[str, Row]] = {
    # Pages and documents hold nothing of anybody.
    "GET /": FOR_EVERYBODY,
    "GET /health": FOR_EVERYBODY,
    "GET /app": FOR_EVERYBODY,
    "GET /admin": FOR_EVERYBODY,
    "GET /static/{name}": {EVERYBODY: "asset_not_found"},
    "GET /api/schema": FOR_EVERYBODY,
    "GET /api/swagger": FOR_EVERYBODY,
    "GET /api/redoc": FOR_EVERYBODY,
    # Users. Sign-in is tried with what nobody knows: no relation makes it easier.
    "POST /api/users/register": {EVERYBODY: "invalid_request"},
    "POST /api/users/login": {EVERYBODY: "wrong_login"},
    "POST /api/users/token/refresh": {EVERYBODY: "invalid_refresh_token"},
    "POST /api/users/logout": FOR_EVERYBODY,
    "GET /api/users/profile": FOR_THE_SIGNED_IN,
    "PATCH /api/users/profile": FOR_THE_SIGNED_IN,
    "POST /api/users/password": {SIGNED_IN: "wrong_password", **SIGN_IN_FIRST},
    # Wallets: the address names no wallet, so there is none but one's own.
    "GET /api/wallets": FOR_THE_SIGNED_IN,
    "GET /api/wallets/transactions": FOR_THE_SIGNED_IN,
    "GET /api/wallets/statement": FOR_THE_SIGNED_IN,
    "POST /api/wallets/deposit": FOR_THE_SIGNED_IN,
    "POST /api/wallets/withdraw": {
        "borrower, lender, passed over, other borrower, other lender, operator": "ok",
        "frozen borrower, frozen lender": "account_frozen",
        **SIGN_IN_FIRST,
    },
    # Lists of one's own, and the market.
    "POST /api/loans": FOR_BORROWERS,
    "POST /api/loans/quote": FOR_EVERYBODY,
    "GET /api/loans/available": FOR_THE_SIGNED_IN,
    "GET /api/loans/my-loans": FOR_THE_SIGNED_IN,
    "GET /api/loans/my-offers": FOR_LENDERS,
    "GET /api/loans/investments": FOR_LENDERS,
    "GET /api/loans/pending-payments": FOR_BORROWERS,
    "GET /api/loans/auto-invest": FOR_LENDERS,
    "POST /api/loans/auto-invest": FOR_LENDERS,
    "PATCH /api/loans/auto-invest/{rule_id}": FOR_THE_RULE_S_LENDER,
    "DELETE /api/loans/auto-invest/{rule_id}": FOR_THE_RULE_S_LENDER,
    # One loan.
    "GET /api/loans/{id}": {PARTIES_AND_OPERATORS: "ok", STRANGERS: SHOWN_WHILE_OPEN, **SIGN_IN_FIRST},
    "GET /api/loans/{id}/offers": {PARTIES_AND_OPERATORS: "ok", STRANGERS: SHOWN_WHILE_OPEN, **SIGN_IN_FIRST},
    "GET /api/loans/{id}/schedule": {
        PARTIES_AND_OPERATORS: ONCE_FUNDED, STRANGERS: "loan_not_found", **SIGN_IN_FIRST,
    },
    "GET /api/loans/{id}/payments": {PARTIES_AND_OPERATORS: "ok", STRANGERS: "loan_not_found", **SIGN_IN_FIRST},
    "GET /api/loans/{id}/payoff": {
        BORROWER: WHILE_OWED, "other borrower": ANOTHERS, NO_BORROWERS: "role_required", **SIGN_IN_FIRST,
    },
    "POST /api/loans/{id}/pay": {
        "borrower": WHILE_OWED,
        "frozen borrower": WHILE_OWED.replace("ok", "account_frozen"),
        "other borrower": ANOTHERS,
        NO_BORROWERS: "role_required",
        **SIGN_IN_FIRST,
    },
    "POST /api/loans/{id}/cancel": {
        BORROWER: "ok ok loan_not_cancellable loan_not_cancellable loan_not_cancellable loan_not_cancellable",
        "other borrower": ANOTHERS,
        NO_BORROWERS: "role_required",
        **SIGN_IN_FIRST,
    },
    "POST /api/loans/{id}/accept-offer": {
        BORROWER: "ok loan_not_open loan_not_open loan_not_open loan_not_open loan_not_open",
        "other borrower": ANOTHERS,
        NO_BORROWERS: "role_required",
        **SIGN_IN_FIRST,
    },
    # A lender who comes too late hears so: the loan was there for every lender to see while it was open.
    "POST /api/loans/{id}/offer": {
        "lender, frozen lender, passed over":
            "offer_exists loan_not_open loan_not_open loan_not_open loan_not_open loan_not_open",
        "other lender": "ok loan_not_open loan_not_open loan_not_open loan_not_open loan_not_open",
        NO_LENDERS: "role_required",
        **SIGN_IN_FIRST,
    },
    "DELETE /api/loans/{id}/offer": {
        LENDER: "offer_accepted",
        "passed over": "ok",
        "other lender": "offer_not_found",
        NO_LENDERS: "role_required",
        **SIGN_IN_FIRST,
    },
    "POST /api/loans/{id}/fund": {
        "lender": "loan_not_ready ok already_funded already_funded loan_not_ready already_funded",
        "frozen lender": "loan_not_ready account_frozen already_funded already_funded loan_not_ready already_funded",
        "passed over, other lender": SHOWN_WHILE_OPEN.replace("ok", "loan_not_ready"),
        NO_LENDERS: "role_required",
        **SIGN_IN_FIRST,
    },
    # Operators.
    "GET /api/admin/audit": FOR_OPERATORS,
    "GET /api/admin/ledger/trial-balance": FOR_OPERATORS,
    "GET /api/admin/ledger/accounts/{id}": FOR_OPERATORS,
    "GET /api/admin/loans": FOR_OPERATORS,
    "GET /api/admin/loans/{id}": FOR_OPERATORS,
    "POST /api/admin/loans/{id}/reschedule": {
        **FOR_OPERATORS,
        "operator": "nothing_to_reschedule nothing_to_reschedule ok nothing_to_reschedule nothing_to_reschedule "
        "nothing_to_reschedule",
    },
    "GET /api/admin/reports/{kind}": BEFORE_THE_FIRST_REPORT,
    "GET /api/admin/reports/{kind}/latest": BEFORE_THE_FIRST_REPORT,
    "GET /api/admin/reports/{kind}/days": FOR_OPERATORS,
    "GET /api/admin/cache": FOR_OPERATORS,
    "POST /api/admin/cache/invalidate": FOR_OPERATORS,
    "GET /api/admin/tasks": FOR_OPERATORS,
    "POST /api/admin/tasks/{name}/run": FOR_OPERATORS,
    "GET /api/admin/users": FOR_OPERATORS,
    "POST /api/admin/users/{id}/freeze": FOR_OPERATORS,
    "POST /api/admin/users/{id}/unfreeze": {**FOR_OPERATORS, "operator": "not_frozen"},
}  # fmt: skip


def expected(row: Row, relation: str, state: int) -> str:
    """What a row says of a relation in the state of that place. Raises LookupError where it says nothing."""
    for relations, answers in row.items():
        if relation in relations.split(", "):
            words = answers.split()
            return words[0] if len(words) == 1 else words[state]
    raise LookupError(relation)
