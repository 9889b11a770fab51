"""Costs of operator routes whose figures depend on more than the examples in the catalogue of routes."""

import pytest

from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.actor import Role
from tests.factories import User, UserFactory, funded_loan, ok


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("users/", (3, 1, 2)),
        ("loans/?status=FUNDED", (3, 1, 1)),  # the index lacks fields that operators see
        ("loans/", (9, 1, 4)),  # one query for each of six statuses, and one for hidden requests
        ("loans/{loan}/", (5, 1, 5)),  # offers, schedule, balance, lines
        ("ledger/trial-balance/", (5, 1, 4)),  # four parallel segments
        ("ledger/accounts/platform:fees/", (10, 1, 8.5)),  # the trial balance, then one read per shard of today
    ],
)
def test_operator_routes_have_exact_costs(
    operator: User, user_factory: UserFactory, path: str, expected: tuple[int, float, float]
) -> None:
    """Each view also puts one audit entry."""
    lender, borrower = user_factory.registered(Role.LENDER, "2000.00"), user_factory.registered(Role.BORROWER)
    loan = funded_loan(borrower, lender, months=12)

    with record_consumed_capacity() as capacity:
        ok(operator.http.get(f"/api/admin/{path.format(loan=loan['id'])}"))

    assert (capacity.round_trips, capacity.write_units, capacity.read_units) == expected
