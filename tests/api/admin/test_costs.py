"""What the operators' calls cost at DynamoDB: round trips, write units, read units."""

from __future__ import annotations

from logging import LogRecord
from typing import Any

import pytest

from chalicelib.shared.actor import Role
from tests.factories import User, UserFactory, funded_loan, ok

WHY = {"reason": "Card was stolen"}


@pytest.fixture
def calls(user_factory: UserFactory, operator: User) -> dict[str, tuple[str, str, object]]:
    """Calls by name, on a platform with one running loan, made in this order."""
    lender = user_factory.registered(Role.LENDER, "2000.00")
    borrower = user_factory.registered(Role.BORROWER)
    loan = funded_loan(borrower, lender, months=12)
    return {
        "find users": ("GET", "/api/admin/users/?q=lend", None),
        "list users": ("GET", "/api/admin/users/", None),
        "freeze": ("POST", f"/api/admin/users/{borrower.id}/freeze/", WHY),
        "unfreeze": ("POST", f"/api/admin/users/{borrower.id}/unfreeze/", WHY),
        "loans of a status": ("GET", "/api/admin/loans/?status=FUNDED", None),
        "all loans": ("GET", "/api/admin/loans/", None),
        "loan": ("GET", f"/api/admin/loans/{loan['id']}/", None),
        "trial balance": ("GET", "/api/admin/ledger/trial-balance/", None),
        "wallet account": ("GET", f"/api/admin/ledger/accounts/wallet:{lender.id}/", None),
        "platform account": ("GET", "/api/admin/ledger/accounts/platform:fees/", None),
        "audit": ("GET", "/api/admin/audit/", None),
    }


def figures(record: LogRecord) -> tuple[Any, ...]:
    """What the request's own log line says."""
    said = vars(record)
    return said["round_trips"], said["write_units"], said["read_units"]


def test_each_call_costs_what_the_table_says(
    operator: User, calls: dict[str, tuple[str, str, object]], caplog: pytest.LogCaptureFixture
) -> None:
    found = {}
    for name, (method, path, body) in calls.items():
        caplog.clear()
        ok(operator.http.send(method, path, body, key=f"key-{name.replace(' ', '-')}"))
        found[name] = figures(caplog.records[-1])

    assert found == {
        "find users": (2, 0, 1),  # the index of names, then the accounts in one batch
        "list users": (2, 0, 2),
        "freeze": (2, 8, 1),  # status, wallet, audit entry, marker; the read is for the role
        "unfreeze": (2, 8, 1),
        "loans of a status": (2, 0, 1),  # the index has not all that an operator sees
        "all loans": (7, 0, 3.5),  # one query for each of six statuses
        "loan": (4, 0, 5),  # offers, schedule, balance, rows
        "trial balance": (4, 0, 4),  # four segments side by side
        "wallet account": (2, 0, 2),
        "platform account": (9, 0, 8.5),  # the trial balance for the balance, then a read for each shard of today
        "audit": (2, 0, 1.5),  # today, and the first day of all
    }
