"""Relations to a loan, and the results that routes have for them. The catalogue of routes explains the words."""

from typing import Final

RELATIONS: Final = (
    "borrower", "lender", "declined lender", "other borrower", "other lender", "operator", "anonymous",
    "frozen borrower", "frozen lender",
)  # fmt: skip
FROZEN: Final = frozenset({"frozen borrower", "frozen lender"})

BORROWER: Final = "borrower, frozen borrower"
LENDER: Final = "lender, frozen lender"
LENDERS: Final = "lender, frozen lender, declined lender, other lender"
NO_LENDERS: Final = "borrower, frozen borrower, other borrower, operator"
BORROWERS: Final = "borrower, frozen borrower, other borrower"
NO_BORROWERS: Final = "lender, frozen lender, declined lender, other lender, operator"
PARTIES_AND_OPERATORS: Final = "borrower, frozen borrower, lender, frozen lender, operator"
STRANGERS: Final = "declined lender, other borrower, other lender"
MEMBERS: Final = f"{BORROWERS}, {LENDERS}"
SIGNED_IN: Final = f"{MEMBERS}, operator"
ANYONE: Final = f"{SIGNED_IN}, anonymous"

ANONYMOUS_REJECTED: Final = {"anonymous": "not_authenticated"}
SHOWN_WHILE_OPEN: Final = "ok loan_not_found loan_not_found loan_not_found loan_not_found loan_not_found"
OTHER_BORROWER: Final = "not_the_borrower loan_not_found loan_not_found loan_not_found loan_not_found loan_not_found"
ONCE_FUNDED: Final = "loan_not_active loan_not_active ok ok loan_not_active ok"
ONLY_RUNNING: Final = " ".join("ok" if state == 2 else "nothing_to_reschedule" for state in range(6))
ACCEPTING: Final = "ok loan_not_open loan_not_open loan_not_open loan_not_open loan_not_open"
WHILE_RUNNING: Final = "loan_not_active loan_not_active ok loan_not_active loan_not_active loan_not_active"
WHILE_OWED: Final = "loan_not_active loan_not_active ok loan_not_active loan_not_active ok"

FOR_ANYONE: Final = {ANYONE: "ok"}
FOR_SIGNED_IN: Final = {SIGNED_IN: "ok", **ANONYMOUS_REJECTED}
UNLESS_FROZEN: Final = {
    "borrower, lender, declined lender, other borrower, other lender, operator": "ok",
    "frozen borrower, frozen lender": "account_frozen",
    **ANONYMOUS_REJECTED,
}
FOR_BORROWERS: Final = {BORROWERS: "ok", NO_BORROWERS: "role_required", **ANONYMOUS_REJECTED}
FOR_LENDERS: Final = {LENDERS: "ok", NO_LENDERS: "role_required", **ANONYMOUS_REJECTED}
FOR_RULE_OWNER: Final = {
    LENDER: "ok", "declined lender, other lender": "rule_not_found", NO_LENDERS: "role_required", **ANONYMOUS_REJECTED,
}  # fmt: skip
FOR_OPERATORS: Final = {"operator": "ok", MEMBERS: "forbidden", **ANONYMOUS_REJECTED}
BEFORE_FIRST_REPORT: Final = {**FOR_OPERATORS, "operator": "report_not_found"}
WITHOUT_WITHDRAWALS: Final = {**FOR_OPERATORS, "operator": "nothing_to_pay_out"}
NO_PAYOUT: Final = {**FOR_OPERATORS, "operator": "payout_not_found"}
FOR_LOAN_PARTIES: Final = {PARTIES_AND_OPERATORS: "ok", STRANGERS: "loan_not_found", **ANONYMOUS_REJECTED}
WHILE_OPEN_FOR_ALL: Final = {PARTIES_AND_OPERATORS: "ok", STRANGERS: SHOWN_WHILE_OPEN, **ANONYMOUS_REJECTED}
FOR_LOAN_BORROWER: Final = {"other borrower": OTHER_BORROWER, NO_BORROWERS: "role_required", **ANONYMOUS_REJECTED}
