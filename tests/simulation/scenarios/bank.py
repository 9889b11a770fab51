"""Scenarios of bank statements: imports, their background job, and operators' decisions on lines."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chalicelib.shared.actor import Role
from tests.bank_files import Entry
from tests.bank_statements import LINES, STATEMENTS, Transfers, credit, paid, returned, statement
from tests.factories import ok
from tests.marketplace import unmatched_line
from tests.simulation.clients import create_account, operator, post_action, worker_action
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario

_USD: Final = {"account_currency": "USD", "currency": "USD"}


def _in_usd(*entries: Entry) -> tuple[Entry, ...]:
    return tuple(
        replace(entry, currency="USD", servicer_reference=f"E{number}") for number, entry in enumerate(entries)
    )


def _file(environment: Environment) -> bytes:
    """A file with a line of each kind; another one that was imported before has its first entry."""
    user, transfers = environment.user(Role.LENDER, "lena"), Transfers(environment.container)
    deposit, sent_back = (transfers.deposit(user.id, amount) for amount in ("100.00", "20.00"))
    entries = _in_usd(
        credit("1.00"),
        paid(deposit),
        paid(sent_back),
        returned(sent_back),
        credit("7.00", transfers.reference_of(user.id)),
        credit("5.00"),
    )
    earlier = statement(entries[0], number="1", **_USD)
    ok(operator(environment).http.post(STATEMENTS, earlier.decode()))
    return statement(*entries, number="2", **_USD)


def _import(environment: Environment) -> Action:
    content = _file(environment).decode()
    return post_action(environment.users[-1], STATEMENTS, content)


def _book(environment: Environment) -> Action:
    container = environment.container
    file = container.statements.read_file(_file(environment))
    writes = container.statement_repository.writes()
    container.statements.add_file(writes, file)
    writes.commit()
    return worker_action(environment, "BOOK_STATEMENT", file.id)


def _assign_to_user(environment: Environment) -> Action:
    user, staff = environment.user(Role.LENDER, "lena"), operator(environment)
    create_account(environment, user)
    return post_action(staff, f"{LINES}{unmatched_line(staff)}/assign/", {"user_id": user.id})


def _assign_to_transfer(environment: Environment) -> Action:
    user, staff = environment.user(Role.LENDER, "lena"), operator(environment)
    deposit = Transfers(environment.container).deposit(user.id, "5.00")
    return post_action(staff, f"{LINES}{unmatched_line(staff)}/assign/", {"transfer_id": deposit.id})


def _reject(environment: Environment) -> Action:
    staff = operator(environment)
    return post_action(staff, f"{LINES}{unmatched_line(staff)}/reject/", {})


_ASSIGN: Final = "POST /api/admin/bank/lines/{id}/assign"
_PREPARATIONS: Final[tuple[tuple[str, str, Callable[[Environment], Action]], ...]] = (
    ("import", "POST /api/admin/bank/statements", _import),
    ("book", "job BOOK_STATEMENT", _book),
    ("assign to a user", _ASSIGN, _assign_to_user),
    ("assign to a transfer", _ASSIGN, _assign_to_transfer),
    ("reject", "POST /api/admin/bank/lines/{id}/reject", _reject),
)
BANK: Final = tuple(Scenario(f"bank: {name}", covers, prepare) for name, covers, prepare in _PREPARATIONS)
