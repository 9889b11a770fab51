"""`make seed`: create the demo accounts of a laptop, and a loan to offer on. A second run changes nothing."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.container import Container, get_container
from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Role
from chalicelib.shared.money import ZERO, Money, Rate
from chalicelib.shared.settings import read_settings
from chalicelib.users.domain.user import Registration, User
from local import environment
from local.clock import open_container
from local.errors import StartError
from local.tools import exit_status, tool_database

LOAN: Final = LoanTerms(
    amount=Money.of("5000.00"),
    annual_rate=Rate.percent("15.00"),
    term_months=6,
    purpose="Demo: a delivery van",
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account that anyone may use on a laptop."""

    registration: Registration
    opening_balance: Money = ZERO


ADMIN: Final = DemoAccount(
    Registration(
        username="admin",
        email="admin@example.com",
        password="admin123",
        role=Role.ADMIN,
        first_name="Ada",
        last_name="Operator",
    )
)
BORROWER: Final = DemoAccount(
    Registration(
        username="john_borrower",
        email="john@example.com",
        password="testpass123",
        role=Role.BORROWER,
        first_name="John",
        last_name="Borrower",
    ),
    opening_balance=Money.of("1000.00"),
)
LENDER: Final = DemoAccount(
    Registration(
        username="sarah_lender",
        email="sarah@example.com",
        password="testpass123",
        role=Role.LENDER,
        first_name="Sarah",
        last_name="Lender",
    ),
    opening_balance=Money.of("10000.00"),
)
ACCOUNTS: Final = (ADMIN, BORROWER, LENDER)


class WrongStageError(StartError):
    """Demo accounts have published passwords: they exist on laptops only."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"Demo accounts are for the local stage; this is {stage}. Nothing was changed.")


def seed(container: Container, *, with_loan: bool = False) -> list[str]:
    """Create the missing demo accounts, their money and the demo loan; return a line for each.

    Raises:
        WrongStageError: the stage is not the local one.
    """
    if not container.settings.is_local:
        raise WrongStageError(container.settings.stage)
    created = []
    for account in ACCOUNTS:
        created += _create_account(container, account)
    if with_loan:
        created += _request_loan(container)
    return created


def seed_at_start() -> str:
    """Create the demo accounts of a laptop that has none yet; return a summary in one line."""
    container = get_container()
    if not container.settings.is_local:
        return f"none, the stage is {container.settings.stage}"
    return ", ".join(seed(container)) or "already there"


def main(arguments: Sequence[str] | None = None) -> int:
    """Seed from the command line; return 1 if that failed."""
    parser = argparse.ArgumentParser(description="Create the demo accounts. A second run changes nothing.")
    parser.add_argument("--with-loan", action="store_true", help="also request a loan of 5,000.00")
    chosen = parser.parse_args(arguments)
    return exit_status(lambda: _seed_and_report(with_loan=chosen.with_loan))


def _seed_and_report(*, with_loan: bool) -> int:
    environment.prepare()
    _require_local_stage()
    with tool_database() as database:
        print(f"Database: {database}")
        for line in seed(open_container(), with_loan=with_loan) or ["everything exists already"]:
            print(f"Demo: {line}")
    return 0


def _require_local_stage() -> None:
    """Raise before a database is opened: that of another stage would be the real one."""
    settings = read_settings()
    if not settings.is_local:
        raise WrongStageError(settings.stage)


def _create_account(container: Container, account: DemoAccount) -> list[str]:
    registration = account.registration
    user = container.users.find_by_login_name(registration.username)
    created = []
    if user is None:
        user = container.users.create_demo_account(registration)
        created.append(f"{registration.username} created")
    if account.opening_balance and _deposit(container, user, account.opening_balance):
        created.append(f"{account.opening_balance} deposited for {registration.username}")
    return created


def _deposit(container: Container, user: User, amount: Money) -> bool:
    """Deposit the opening balance in a wallet without entries: the idempotency key expires after 30 days."""
    actor = user.as_actor()
    if container.wallets.history(actor, limit=1).entries:
        return False
    idempotency_key = IdempotencyKey.of(user.id, "demo-opening-balance", "SEED", "deposit", str(amount))
    return not container.wallets.deposit(actor, amount, "Opening balance", idempotency_key).replayed


def _request_loan(container: Container) -> list[str]:
    borrower = container.users.find_by_login_name(BORROWER.registration.username)
    if borrower is None:
        return []
    actor = borrower.as_actor()
    own_loans = container.loan_queries.my_loans(actor, limit=100, after=None).items
    if any(loan.purpose == LOAN.purpose for loan in own_loans):
        return []
    idempotency_key = IdempotencyKey.of(borrower.id, "demo-loan", "SEED", "loan", str(LOAN.amount))
    result = container.loan_requests.request(actor, LOAN, idempotency_key)
    return [] if result.replayed else [f"loan {result.value.loan.id} of {LOAN.amount} requested by {actor.username}"]


if __name__ == "__main__":
    sys.exit(main())
