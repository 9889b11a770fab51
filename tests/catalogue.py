"""Every route of the application: an example, the roles it admits, its cost, and whether it takes a key.

The authorization matrix, fault injection, exact costs, idempotency tests and benchmarks read this catalogue, so a new
route needs one entry here.

``allowed`` names relations to a loan and the results that they get: one result for all states of the loan, or six in
the order REQUESTED, PENDING_FUNDING, FUNDED, COMPLETED, CANCELLED, DEFAULTED. ``ok`` is the route's own success; any
other word is the stable code of an error. Every relation appears once in every row.
"""

from collections.abc import Mapping
from typing import Any, Final

from tests.further_routes import FURTHER_ROUTES
from tests.marketplace import BANK_ACCOUNT, RULE, Marketplace
from tests.relations import (
    ACCEPTING,
    ANONYMOUS_REJECTED,
    ANYONE,
    BEFORE_FIRST_REPORT,
    BORROWER,
    FOR_ANYONE,
    FOR_BORROWERS,
    FOR_LENDERS,
    FOR_LOAN_BORROWER,
    FOR_LOAN_PARTIES,
    FOR_OPERATORS,
    FOR_RULE_OWNER,
    FOR_SIGNED_IN,
    LENDER,
    NO_BORROWERS,
    NO_LENDERS,
    ONCE_FUNDED,
    ONLY_RUNNING,
    PARTIES_AND_OPERATORS,
    SHOWN_WHILE_OPEN,
    SIGNED_IN,
    STRANGERS,
    UNLESS_FROZEN,
    WHILE_OPEN_FOR_ALL,
    WHILE_OWED,
    WHILE_RUNNING,
)
from tests.route_examples import Cost, Route

STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "not_authenticated": 401, "wrong_login": 401, "invalid_refresh_token": 401,
    "forbidden": 403, "role_required": 403, "not_the_borrower": 403,
    "loan_not_found": 404, "offer_not_found": 404, "proposal_not_found": 404, "rule_not_found": 404,
    "report_not_found": 404, "bank_account_not_found": 404, "asset_not_found": 404, "event_not_found": 404,
    "loan_not_open": 409, "loan_not_ready": 409, "loan_not_active": 409, "loan_not_cancellable": 409,
    "loan_not_releasable": 409, "nothing_to_reschedule": 409, "not_an_operator": 409, "nothing_to_pay_out": 409,
    "already_funded": 409, "offer_exists": 409, "offer_accepted": 409, "account_frozen": 409, "not_frozen": 409,
    "payout_not_found": 404, "suppressed_address_not_found": 404, "webhook_endpoint_not_found": 404,
    "transfer_not_found": 404, "transfer_state": 409, "invalid_signature": 401,
    "invalid_request": 422, "wrong_password": 422, "invalid_unsubscribe_token": 422,
}  # fmt: skip


SHOWN_BALANCE: Final = "the second trip reads the balance that the response shows"
ITEM_EACH: Final = "two items are read, half a unit each"
PARTY: Final = "a read of the loan (and of a lender's offer) first, to check who may see it"
WALLET_CHECK: Final = "the wallet's check, 2"
STATUS_CHANGE: Final = "account, wallet, audit entry, record, check of the operator's wallet, 10; job and its index, 3"
ACCOUNT_CHANGE: Final = "account, wallet, audit entry, idempotency record, and the check of the operator's wallet"
VIEW: Final = "an audit entry of the view"
TERMS: Final = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": 12}
REASON: Final = {"reason": "a question"}
GROUNDS: Final = {"reason": "loss of income", "ground": "distressed"}
_M = Marketplace[Any]


def _page(path: str) -> Route:
    return Route(f"GET {path}", FOR_ANYONE, _M.anonymous, fault_free=True)


_DOCUMENTS: Final = (
    *(_page(path) for path in ("/", "/health", "/app", "/admin", "/api/schema", "/api/swagger", "/api/redoc")),
    _page("/.well-known/security.txt"),
    Route("GET /health/ready", FOR_ANYONE, _M.anonymous, costs=(Cost((1, 0, 0.5)),)),
    Route("GET /static/{name}", {ANYONE: "asset_not_found"}, _M.asset, fault_free=True),
)

# Sign-in is tried with wrong credentials: no relation makes it easier.
_USERS: Final = (
    Route(
        "POST /api/users/register", {ANYONE: "invalid_request"}, _M.new_name,
        {"username": "{username}", "email": "{username}@example.com", "password": "{password}", "role": "LENDER"},
        costs=(Cost((1, 8, 0), "", "the account, its name and its email, and two indexes"),), is_slow=True,
    ),
    Route(
        "POST /api/users/login", {ANYONE: "wrong_login"}, _M.credentials,
        {"username": "{username}", "password": "{password}"},
        costs=(Cost((3, 1, 2), "", "the name, the account, and the new session"),), is_slow=True,
    ),
    Route(
        "POST /api/users/token/refresh", {ANYONE: "invalid_refresh_token"}, _M.session,
        {"refresh_token": "{refresh_token}"},
        costs=(Cost((2, 1, 2), "", "session and account in one read; a conditional write"),), is_slow=True,
    ),
    Route(
        "POST /api/users/logout", FOR_ANYONE, _M.session, {"refresh_token": "{refresh_token}"},
        costs=(Cost((1, 1, 0)),), is_slow=True,
    ),
    Route("GET /api/users/profile", FOR_SIGNED_IN, _M.signed_in, costs=(Cost((1, 0, 1)),)),
    Route(
        "PATCH /api/users/profile", FOR_SIGNED_IN, _M.signed_in, {"first_name": "Ana"},
        costs=(Cost((2, 5, 1), "", "a name is also an entry of the operators' search, with its index"),),
    ),
    Route(
        "POST /api/users/password", {SIGNED_IN: "wrong_password", **ANONYMOUS_REJECTED}, _M.new_member,
        {"current_password": "{password}", "new_password": "{password}"},
        costs=(Cost((2, 6, 1), "", "account, wallet and audit entry: sessions end, tokens are revoked"),), is_slow=True,
    ),
)  # fmt: skip

# The path names no wallet, so there is only one's own.
_WALLETS: Final = (
    Route("GET /api/wallets", FOR_SIGNED_IN, _M.wallet, costs=(Cost((1, 0, 1)),)),
    Route(
        "GET /api/wallets/transactions", FOR_SIGNED_IN, _M.history,
        costs=(Cost((1, 0, 1), "2 / 0 / 1", "with the wallet: 2 / 0 / 2", "(20 entries)"),),
    ),
    Route(
        "GET /api/wallets/statement", FOR_SIGNED_IN, _M.history,
        costs=(Cost(
            (3, 0, 3), "", "the balance before and after the entries: they belong together only if it is the same",
            "(22 entries)",
        ),),
    ),
    Route(
        "POST /api/wallets/deposit", FOR_SIGNED_IN, _M.wallet, {"amount": "1.00"}, {"amount": "2.00"}, is_keyed=True,
        costs=(
            Cost((2, 8, 1), "2 / 8 / 0", SHOWN_BALANCE),
            Cost((3, 0, 2), "", "the record rejects; posting and balance are read", "(replay)", is_replay=True),
        ),
    ),
    Route(
        "POST /api/wallets/withdraw",
        UNLESS_FROZEN, _M.wallet, {"amount": "1.00"}, {"amount": "2.00"}, is_keyed=True,
        costs=(Cost((2, 8, 1), "2 / 8 / 0", SHOWN_BALANCE),),
    ),
)  # fmt: skip

_BANK_ACCOUNTS: Final = (
    Route("GET /api/bank-accounts", FOR_SIGNED_IN, _M.bank_account, costs=(Cost((1, 0, 1), "", "", "(one)"),)),
    Route(
        "POST /api/bank-accounts", UNLESS_FROZEN, _M.new_user, BANK_ACCOUNT, {**BANK_ACCOUNT, "holder": "Ana B."},
        is_keyed=True,
        costs=(Cost((2, 8, 1), "", f"all accounts are read; account, counter and record, 6; {WALLET_CHECK}"),),
    ),
    Route(
        "DELETE /api/bank-accounts/{id}", {SIGNED_IN: "bank_account_not_found", **ANONYMOUS_REJECTED}, _M.bank_account,
        is_keyed=True, costs=(Cost((1, 6, 0), "", f"account and record, 4; {WALLET_CHECK}"),),
    ),
)  # fmt: skip

TRANSITION: Final = "the transfer and two of its indexes, 5"
NO_TRANSFER: Final = {SIGNED_IN: "transfer_not_found", **ANONYMOUS_REJECTED}
NO_WITHDRAWAL: Final = {**FOR_OPERATORS, "operator": "transfer_not_found"}

# With the provider `instant`; transfers that wait are stored directly.
_TRANSFERS: Final = (
    Route(
        "GET /api/transfers", FOR_SIGNED_IN, _M.transferred,
        costs=(Cost((2, 0, 1.5), "", "stored transfers, and postings from which the others are derived", "(one)"),),
    ),
    Route(
        "GET /api/transfers/{id}", NO_TRANSFER, _M.transferred,
        costs=(
            Cost((2, 0, 2), "", "no stored transfer, so the posting is read"),
            Cost((1, 0, 1), "", "", "(stored)", _M.pending_deposit),
        ),
    ),
    Route(
        "POST /api/transfers/{id}/cancel", NO_TRANSFER, _M.requested_withdrawal, is_keyed=True,
        costs=(
            Cost((2, 9, 1), "", f"{TRANSITION}; wallet and record, 4", "(a withdrawal)"),
            Cost((2, 9, 1), "", f"{TRANSITION}; record, 2; {WALLET_CHECK}", "(a deposit)", _M.pending_deposit),
        ),
    ),
    Route(
        "POST /api/sandbox/transfers/{id}/settle", NO_TRANSFER, _M.pending_deposit, is_keyed=True,
        costs=(
            Cost((3, 15, 2), "", f"{TRANSITION}; two postings, wallet, notification and record, 10", "(a deposit)"),
            Cost(
                (5, 22, 3), "", "also submitted: another 5 for the withdrawal, and the wallet's check",
                "(a withdrawal)", _M.requested_withdrawal,
            ),
        ),
    ),
    Route(
        "POST /api/sandbox/transfers/{id}/fail", NO_TRANSFER, _M.pending_deposit, is_keyed=True,
        costs=(Cost((3, 11, 2), "", f"{TRANSITION}; notification and record, 4; {WALLET_CHECK}"),),
    ),
    Route(
        "POST /api/sandbox/transfers/{id}/return", NO_TRANSFER, _M.settled_deposit, is_keyed=True,
        costs=(Cost(
            (9, 17, 6.5), "",
            "the token's check, 2; notification, withdrawals and rules are looked up first, the receivable afterwards",
        ),),
    ),
    Route(
        "POST /api/provider/notifications", {ANYONE: "invalid_signature"}, _M.notification,
        {"type": "transfer.settled", "data": {"transfer_id": "{id}"}},
        costs=(Cost((2, 13, 1), "", f"{TRANSITION}; two postings, wallet and notification, 8"),),
    ),
    Route(
        "GET /api/admin/transfers", FOR_OPERATORS, _M.transfers_of_others,
        costs=(Cost((14, 1, 6.5), "", f"one query for each status of each direction, the users, and {VIEW}", "(one)"),),
    ),
    Route(
        "POST /api/admin/transfers/{id}/reject", NO_WITHDRAWAL, _M.withdrawal_to_pay_out, REASON,
        {"reason": "another"}, is_keyed=True, costs=(Cost(
            (4, 13, 2.5), "",
            f"{TRANSITION}; its wallet, 2; audit entry, record and the operator's wallet, 6; the user's name",
        ),),
    ),
    Route(
        "GET /api/admin/transfers/notifications", FOR_OPERATORS, _M.refused_notification,
        costs=(Cost((1, 0, 0.5), "", "", "(one)"),),
    ),
)  # fmt: skip

_LISTS: Final = (
    Route(
        "POST /api/loans/quote", FOR_ANYONE, _M.anonymous, TERMS, fault_free=True,
        costs=(Cost((0, 0, 0), "", "stores and reads nothing"),),
    ),
    Route(
        "POST /api/loans",
        {
            "borrower, other borrower": "ok", "frozen borrower": "account_frozen", NO_BORROWERS: "role_required",
            **ANONYMOUS_REJECTED,
        },
        _M.as_borrower, TERMS, {**TERMS, "purpose": "A van"}, is_keyed=True,
        costs=(Cost(
            (1, 9, 0), "1 / 5 / 0",
            "loan, record, and the wallet's counters: 6; by status, by borrower, by next action (its expiry): 3",
        ),),
    ),
    Route(
        "GET /api/loans/available", FOR_SIGNED_IN, _M.open_market,
        costs=(Cost(
            (1, 0, 1), "1 / 0 / 0.5", "20 loans as the list shows them, costs and rates included, exceed 4 KB",
            "(20 loans)",
        ),),
    ),
    Route(
        "GET /api/loans/my-loans", FOR_SIGNED_IN, _M.investing,
        costs=(Cost((2, 0, 1), "", "the index, then the loans by key", "(one funded)"),),
    ),
    Route(
        "GET /api/loans/my-offers", FOR_LENDERS, _M.single_offer,
        costs=(Cost((2, 0, 1.5), "", "the index, then each offer with its loan", "(one)"),),
    ),
    Route(
        "GET /api/loans/investments", FOR_LENDERS, _M.investing,
        costs=(Cost((5, 0, 6.5), "", "loans, offers and schedules by key", "(one funded)"),),
    ),
    Route(
        "GET /api/loans/pending-payments", FOR_BORROWERS, _M.with_instalments,
        costs=(Cost(
            (2, 0, 20.5), "",
            "all 20 loans of this borrower with their schedules, half a unit each, funded or not", "(one funded)",
        ),),
    ),
    Route("GET /api/loans/auto-invest", FOR_LENDERS, _M.rule),
    Route(
        "POST /api/loans/auto-invest", FOR_LENDERS, _M.new_investor, {**RULE, "active": False},
        {**RULE, "active": False, "max_term": 2}, is_keyed=True,
    ),
    Route(
        "PATCH /api/loans/auto-invest/{rule_id}", FOR_RULE_OWNER, _M.rule, {"max_term": 6}, {"max_term": 7},
        is_keyed=True,
    ),
    Route("DELETE /api/loans/auto-invest/{rule_id}", FOR_RULE_OWNER, _M.rule, is_keyed=True),
)  # fmt: skip

_LOANS: Final = (
    Route(
        "GET /api/loans/{id}", WHILE_OPEN_FOR_ALL, _M.with_instalments,
        costs=(
            Cost((1, 0, 1), "", "the loan with all its offers in one query", "(the borrower)"),
            Cost((1, 0, 2), "", "the loan and the lender's own offer, consistently", "(a lender)", _M.investing),
        ),
    ),
    Route(
        "GET /api/loans/{id}/offers", WHILE_OPEN_FOR_ALL, _M.offered,
        costs=(
            Cost((2, 0, 2), "", "the loan with its offers, then the wallets of lenders who have not paid", "(one)"),
            Cost((1, 0, 2), "", "the loan and the lender's own offer, consistently", "(a lender's)", _M.own_offer),
        ),
    ),
    Route(
        "GET /api/loans/{id}/schedule",
        {PARTIES_AND_OPERATORS: ONCE_FUNDED, STRANGERS: "loan_not_found", **ANONYMOUS_REJECTED},
        _M.with_instalments, costs=(Cost((2, 0, 3), "", PARTY),),
    ),
    Route("GET /api/loans/{id}/payments", FOR_LOAN_PARTIES, _M.with_instalments, costs=(Cost((2, 0, 2), "", PARTY),)),
    Route(
        "GET /api/loans/{id}/payoff", {BORROWER: WHILE_OWED, **FOR_LOAN_BORROWER}, _M.with_instalments,
        costs=(Cost((1, 0, 2), "", "loan and schedule, consistently"),),
    ),
    # A lender who comes too late gets a reason: the loan was visible to every lender while it was open.
    Route(
        "POST /api/loans/{id}/offer",
        {
            "lender, frozen lender, declined lender":
                "offer_exists loan_not_open loan_not_open loan_not_open loan_not_open loan_not_open",
            "other lender": "ok loan_not_open loan_not_open loan_not_open loan_not_open loan_not_open",
            NO_LENDERS: "role_required",
            **ANONYMOUS_REJECTED,
        },
        _M.requested, {"annual_interest_rate": "9.00"}, {"annual_interest_rate": "8.00"}, is_keyed=True,
        costs=(Cost((2, 9, 0.5), "2 / 7 / 0.5", f"record, offer, loan, 6; its index, 1; {WALLET_CHECK}"),),
    ),
    Route(
        "DELETE /api/loans/{id}/offer",
        {
            LENDER: "offer_accepted", "declined lender": "ok", "other lender": "offer_not_found",
            NO_LENDERS: "role_required", **ANONYMOUS_REJECTED,
        },
        _M.own_offer, is_keyed=True,
        costs=(Cost(
            (2, 7, 2), "", f"loan and offer are read consistently; record, offer and index, 5; {WALLET_CHECK}",
        ),),
    ),
    Route(
        "POST /api/loans/{id}/accept-offer",
        {
            "borrower": ACCEPTING, "frozen borrower": ACCEPTING.replace("ok", "account_frozen"), **FOR_LOAN_BORROWER,
        },
        _M.offered, {"offer_id": "{offer_id}"}, {"offer_id": "7" * 26}, is_keyed=True,
        costs=(Cost(
            (2, 12, 0.5), "2 / 9 / 0.5",
            f"record, loan, offer: 6; two index keys change, by status and by next action, 2 each; {WALLET_CHECK}",
        ),),
    ),
    Route(
        "POST /api/loans/{id}/accept-offers",
        {
            "borrower": ACCEPTING, "frozen borrower": ACCEPTING.replace("ok", "account_frozen"), **FOR_LOAN_BORROWER,
        },
        _M.offered, {"offer_ids": ["{offer_id}"]}, {"offer_ids": ["7" * 26]}, is_keyed=True,
        costs=(Cost((2, 12, 0.5), "", "as one offer; each further offer 2 write units", "(one)"),),
    ),
    Route(
        "POST /api/loans/{id}/release",
        {
            BORROWER: "ok ok " + " ".join(["loan_not_releasable"] * 4),
            **FOR_LOAN_BORROWER,
        },
        _M.cancellable, {}, is_keyed=True,
        costs=(Cost(
            (2, 13, 1), "",
            "record, loan, offer: 6; status and next action, 2 each; the lender's list, 1; the wallet's check, 2",
            "(one not funded)",
        ),),
    ),
    Route(
        "POST /api/loans/{id}/fund",
        {
            "lender": "loan_not_ready ok already_funded already_funded loan_not_ready already_funded",
            "frozen lender":
                "loan_not_ready account_frozen already_funded already_funded loan_not_ready already_funded",
            "declined lender, other lender": SHOWN_WHILE_OPEN.replace("ok", "loan_not_ready"),
            NO_LENDERS: "role_required",
            **ANONYMOUS_REJECTED,
        },
        _M.subscribed, {}, is_keyed=True,
        costs=(
            Cost(
                (2, 24, 1), "2 / 22 / 0.5",
                f"nine items, 18; three index keys change: by status, next action, the lender's list; {ITEM_EACH}",
            ),
            Cost(
                (4, 0, 6), "", "decides twice before the record explains the rejection", "(replay)", is_replay=True,
            ),
        ),
    ),
    Route(
        "POST /api/loans/{id}/pay",
        {BORROWER: WHILE_OWED, **FOR_LOAN_BORROWER},
        _M.funded, {}, {"amount": "11.00"}, is_keyed=True,
        costs=(
            Cost((2, 18, 1), "2 / 18 / 1", "eight items, 16; the next action's day, 2"),
            Cost(
                (2, 19, 1), "2 / 18 / 1",
                "the status changes as well, 2, and the next action goes, 1; a refund of the fee adds a posting, 2",
                "(the last)", _M.last_instalment, is_slow=True,
            ),
        ),
    ),
    Route(
        "PUT /api/loans/{id}/autopay",
        {BORROWER: WHILE_RUNNING, **FOR_LOAN_BORROWER},
        _M.funded,
        costs=(Cost((2, 4, 2), "", f"the loan, 2; {WALLET_CHECK}"),),
    ),
    Route(
        "DELETE /api/loans/{id}/autopay",
        {BORROWER: WHILE_RUNNING, **FOR_LOAN_BORROWER},
        _M.paid_by_autopay, is_keyed=True,
        costs=(Cost((2, 6, 2), "", f"loan and record, 4; {WALLET_CHECK}"),),
    ),
    Route(
        "POST /api/loans/{id}/cancel",
        {
            BORROWER: "ok ok loan_not_cancellable loan_not_cancellable loan_not_cancellable loan_not_cancellable",
            **FOR_LOAN_BORROWER,
        },
        _M.cancellable, {}, is_keyed=True,
        costs=(Cost(
            (2, 9, 1), "", "record, loan, the wallet's counters, 6; the status changes, 2, and the next action goes, 1",
        ),),
    ),
    Route(
        "POST /api/loans/{id}/reschedule/accept",
        {BORROWER: ONLY_RUNNING.replace("nothing_to_reschedule", "proposal_not_found"), **FOR_LOAN_BORROWER},
        _M.proposed, {"proposal_id": "{proposal_id}"}, {"proposal_id": "7" * 26}, is_keyed=True,
        costs=(Cost(
            (3, 13, 3), "", f"the proposal is read after the loan; four items, 8; two indexes, 3; {WALLET_CHECK}",
        ),),
    ),
)  # fmt: skip

_OPERATORS: Final = (
    Route(
        "GET /api/admin/users", FOR_OPERATORS, _M.accounts, query="?q={username}",
        costs=(Cost((3, 1, 1), "", f"the index, then the accounts by key; {VIEW}", "(one)"),),
    ),
    Route(
        "GET /api/admin/loans", FOR_OPERATORS, _M.requested_loans, query="?status=REQUESTED",
        costs=(Cost(
            (4, 1, 11.5), "", f"the index, with hidden requests apart, then the loans by key; {VIEW}", "(20 loans)",
        ),),
    ),
    Route("GET /api/admin/loans/{id}", FOR_OPERATORS, _M.requested_loans, costs=(Cost((4, 1, 3), "", VIEW),)),
    Route(
        "POST /api/admin/loans/{id}/reschedule",
        {**FOR_OPERATORS, "operator": ONLY_RUNNING},
        _M.rescheduling, {"annual_interest_rate": "5.00", **GROUNDS}, {"annual_interest_rate": "6.00", **GROUNDS},
        is_keyed=True,
        costs=(Cost((2, 11, 2), "", f"record, loan, schedule, audit, 8; the index shows the rate; {WALLET_CHECK}"),),
    ),
    Route(
        "GET /api/admin/ledger/accounts/{id}", FOR_OPERATORS, _M.postings,
        costs=(
            Cost((3, 1, 2), "", VIEW, "(20 postings)"),
            Cost(
                (4, 1, 3), "", f"an account without postings is looked up among the users; {VIEW}", "(none)",
                _M.empty_account,
            ),
        ),
    ),
    Route("GET /api/admin/ledger/trial-balance", FOR_OPERATORS, _M.as_operator, is_slow=True),
    Route(
        "POST /api/admin/users/{id}/freeze", FOR_OPERATORS, _M.unfrozen_account, REASON, {"reason": "another"},
        is_keyed=True, is_slow=True, costs=(Cost((2, 13, 1), "", STATUS_CHANGE),),
    ),
    Route(
        "POST /api/admin/users/{id}/unfreeze", {**FOR_OPERATORS, "operator": "not_frozen"}, _M.frozen_account, REASON,
        {"reason": "another"}, is_keyed=True, is_slow=True, costs=(Cost((2, 13, 1), "", STATUS_CHANGE),),
    ),
    Route(
        "PATCH /api/admin/users/{id}", {**FOR_OPERATORS, "operator": "not_an_operator"}, _M.other_operator,
        {"disabled": True}, {"disabled": False}, is_keyed=True, is_slow=True,
        costs=(Cost((3, 10, 2), "", f"{ACCOUNT_CHANGE}; the account is read for its role, and with its sessions"),),
    ),
    Route(
        "POST /api/admin/users/{id}/sign-out", FOR_OPERATORS, _M.unfrozen_account, {}, REASON, is_keyed=True,
        is_slow=True, costs=(Cost((3, 10, 2), "", ACCOUNT_CHANGE),),
    ),
    Route(
        "GET /api/admin/audit", FOR_OPERATORS, _M.audited,
        costs=(Cost((3, 0, 2.5), "", "one query for each partition of a day", "(two entries)"),),
    ),
    *FURTHER_ROUTES,
    Route("GET /api/admin/reports/{kind}", BEFORE_FIRST_REPORT, _M.reported),
    Route("GET /api/admin/reports/{kind}/latest", BEFORE_FIRST_REPORT, _M.reported),
    Route("GET /api/admin/reports/{kind}/days", FOR_OPERATORS, _M.reported),
    Route("GET /api/admin/cache", FOR_OPERATORS, _M.as_operator),
    Route(
        "POST /api/admin/cache/invalidate", FOR_OPERATORS, _M.as_operator, {"scope": "all"},
        {"scope": "available-loans"}, is_keyed=True,
    ),
    Route("GET /api/sandbox/clock", FOR_OPERATORS, _M.as_operator, fault_free=True, costs=(Cost((0, 0, 0)),)),
    Route(
        "POST /api/sandbox/clock/advance", FOR_OPERATORS, _M.as_operator, {"days": 1}, {"days": 2}, is_keyed=True,
        costs=(Cost((1, 6, 0), "", "audit entry, record, and the check of the operator's wallet"),),
    ),
    Route("GET /api/admin/tasks", FOR_OPERATORS, _M.reported),
    Route("POST /api/admin/tasks/{name}/run", FOR_OPERATORS, _M.runnable_job, is_slow=True),
)  # fmt: skip

ROUTES: Final[tuple[Route, ...]] = (
    *_DOCUMENTS, *_USERS, *_WALLETS, *_BANK_ACCOUNTS, *_TRANSFERS, *_LISTS, *_LOANS, *_OPERATORS,
)  # fmt: skip
