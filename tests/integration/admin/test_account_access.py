"""Operators who act on each other's access at the same time."""

from functools import partial

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.shared.actor import TokenRevoked
from chalicelib.shared.errors import AppError
from chalicelib.users.domain.user import User
from tests.concurrent_calls import run_concurrently
from tests.integration.admin.conftest import Backoffice


def test_operators_who_disable_each_other_do_not_both_succeed(office: Backoffice) -> None:
    operators = [
        office.container.users.create_operator(username=name, email=f"{name}@example.com", password="an odd phrase")
        for name in ("ann", "ben")
    ]

    def disable(actor: User, other: User) -> User | AppError:
        try:
            return office.container.account_access.set_disabled(
                actor.as_actor(), other.id, AuditContext(), disabled=True
            ).value
        except AppError as error:
            return error

    results = run_concurrently([partial(disable, *operators), partial(disable, *reversed(operators))])

    assert {type(result) for result in results} == {TokenRevoked, User}
    enabled = [user for user in operators if not office.container.users.account(office.operator, user.id).is_disabled]
    assert len(enabled) == 1
