"""`make seed`: the demo accounts of a laptop, and a loan to offer on. A second run changes nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib import container as wiring
from chalicelib.container import Container
from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Role
from chalicelib.shared.money import ZERO, Money, Rate
from chalicelib.shared.settings import InvalidSetting, read_settings
from chalicelib.users.domain.user import Registration, User
from local import environment
from local.database import make_tables, shared_database
from local.failure import StartFailure
from local.time_ahead import open_platform

LOAN: Final = LoanTerms(
    amount=Money.of("5000.00"),
    annual_rate=Rate.percent("15.00"),
    term_months=6,
    purpose="Demo: a delivery van",
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account that everybody may use on a laptop."""

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


class NotOnThisStage(StartFailure):
    """Demo accounts have passwords that everybody knows: they exist on laptops only."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"Demo accounts are for the local stage; this is {stage}. Nothing was changed.")


def seed(container: Container, *, with_loan: bool = False) -> list[str]:
    """Make what is missing of the demo accounts, their money and the demo loan; says what was made.

    Raises:
        NotOnThisStage: the stage is not the local one.
    """
    if not container.settings.is_local:
        raise NotOnThisStage(container.settings.stage)
    made = []
    for account in ACCOUNTS:
        made += _make_account(container, account)
    if with_loan:
        made += _request_loan(container)
    return made


def seed_at_start() -> str:
    """Make the demo accounts of a laptop that has none yet; says in a line what there is."""
    container = wiring.get_container()
    if not container.settings.is_local:
        return f"none, the stage is {container.settings.stage}"
    return ", ".join(seed(container)) or "there already"


def main(arguments: Sequence[str] | None = None) -> int:
    """Seed from the command line; 1 when nothing could be done."""
    parser = argparse.ArgumentParser(description="Make the demo accounts. A second run changes nothing.")
    parser.add_argument("--with-loan", action="store_true", help="also request a loan of 5,000.00")
    chosen = parser.parse_args(arguments)
    try:
        environment.prepare()
        _require_local_stage()
        with shared_database() as database:
            print(f"Database: {database}")
            make_tables()
            for line in seed(open_platform(), with_loan=chosen.with_loan) or ["everything is there already"]:
                print(f"Demo: {line}")
    except (StartFailure, InvalidSetting) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _require_local_stage() -> None:
    """Refuse before any database is opened: another stage's would be the real one."""
    settings = read_settings()
    if not settings.is_local:
        raise NotOnThisStage(settings.stage)


def _make_account(container: Container, account: DemoAccount) -> list[str]:
    wanted = account.registration
    user = container.users.find_by_login_name(wanted.username)
    made = []
    if user is None:
        user = container.users.create_demo_account(wanted)
        made.append(f"{wanted.username} made")
    if account.opening_balance and _deposit(container, user, account.opening_balance):
        made.append(f"{account.opening_balance} deposited for {wanted.username}")
    return made


def _deposit(container: Container, user: User, amount: Money) -> bool:
    """Give the opening balance to a wallet that never held money: the key is forgotten after 30 days."""
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
    theirs = container.loan_queries.my_loans(actor, limit=100, after=None).items
    if any(loan.purpose == LOAN.purpose for loan in theirs):
        return []
    idempotency_key = IdempotencyKey.of(borrower.id, "demo-loan", "SEED", "loan", str(LOAN.amount))
    done = container.loan_requests.request(actor, LOAN, idempotency_key)
    return [] if done.replayed else [f"loan {done.value.loan.id} of {LOAN.amount} requested by {actor.username}"]


if __name__ == "__main__":
    sys.exit(main())
