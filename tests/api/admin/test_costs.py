"""Round trips, write units and read units of operator routes."""

from __future__ import annotations

from logging import LogRecord
from typing import Any

import pytest

from chalicelib.shared.actor import Role
from tests.factories import User, UserFactory, funded_loan, ok

REASON = {"reason": "Card was stolen"}


@pytest.fixture
def calls(user_factory: UserFactory, operator: User) -> dict[str, tuple[str, str, object]]:
    """Requests by name, in the order they are sent, with one running loan."""
    lender = user_factory.registered(Role.LENDER, "2000.00")
    borrower = user_factory.registered(Role.BORROWER)
    loan = funded_loan(borrower, lender, months=12)
    return {
        "find users": ("GET", "/api/admin/users/?q=lend", None),
        "list users": ("GET", "/api/admin/users/", None),
        "freeze": ("POST", f"/api/admin/users/{borrower.id}/freeze/", REASON),
        "unfreeze": ("POST", f"/api/admin/users/{borrower.id}/unfreeze/", REASON),
        "loans of a status": ("GET", "/api/admin/loans/?status=FUNDED", None),
        "all loans": ("GET", "/api/admin/loans/", None),
        "loan": ("GET", f"/api/admin/loans/{loan['id']}/", None),
        "trial balance": ("GET", "/api/admin/ledger/trial-balance/", None),
        "wallet account": ("GET", f"/api/admin/ledger/accounts/wallet:{lender.id}/", None),
        "platform account": ("GET", "/api/admin/ledger/accounts/platform:fees/", None),
        "audit": ("GET", "/api/admin/audit/", None),
    }


def costs_of(record: LogRecord) -> tuple[Any, ...]:
    """Return the costs_of of the request's log line."""
    fields = vars(record)
    return fields["round_trips"], fields["write_units"], fields["read_units"]


def test_operator_routes_have_exact_costs(
    operator: User, calls: dict[str, tuple[str, str, object]], caplog: pytest.LogCaptureFixture
) -> None:
    costs = {}
    for name, (method, path, body) in calls.items():
        caplog.clear()
        ok(operator.http.send(method, path, body, key=f"key-{name.replace(' ', '-')}"))
        costs[name] = costs_of(caplog.records[-1])

    assert costs == {
        "find users": (2, 0, 1),  # the name index, then the accounts in one batch
        "list users": (2, 0, 2),
        "freeze": (2, 8, 1),  # status, wallet, audit entry, idempotency record; the account is read
        "unfreeze": (2, 8, 1),
        "loans of a status": (2, 0, 1),  # the index lacks fields that operators see
        "all loans": (7, 0, 3.5),  # one query for each of six statuses
        "loan": (4, 0, 5),  # offers, schedule, balance, lines
        "trial balance": (4, 0, 4),  # four parallel segments
        "wallet account": (2, 0, 2),
        "platform account": (9, 0, 8.5),  # the trial balance, then one read per shard of today
        "audit": (2, 0, 1.5),  # today and the first registration date
    }
