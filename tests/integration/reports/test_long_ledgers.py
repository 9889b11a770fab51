"""The trial balance of a ledger that is too long to be read within a request."""

from __future__ import annotations

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.reporting import jobs
from chalicelib.reporting.domain.counters import PROJECTIONS
from chalicelib.reporting.service.general_ledger import GeneralLedger
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.conftest import START
from tests.factories import ServiceFactory
from tests.integration.reports.player import StreamPlayer
from tests.integration.reports.sample_loans import OPERATOR, create_sample_loans


@pytest.fixture
def books(container: Container, clock: FixedClock) -> GeneralLedger:
    """Books for which eight postings are many."""
    return GeneralLedger(container.wallets, container.projections, clock, max_postings=8, pause_millis=1)


def controls(books: GeneralLedger) -> dict[str, str]:
    return {line.account: str(line.balance) for line in books.trial_balance(OPERATOR).accounts}


def test_control_accounts_are_shown_from_the_projection_to_the_same_balances(
    container: Container, books: GeneralLedger, player: StreamPlayer
) -> None:
    create_sample_loans(container)
    player.play()

    exact = {line.account: line.balance for line in container.general_ledger.trial_balance(OPERATOR).accounts}

    assert controls(books) == {
        "external:cash": str(exact["external:cash"]),
        "loan:*": "101.50",
        "platform:fees": str(exact["platform:fees"]),
        "wallet:*": str(Money.total(each for name, each in exact.items() if name.startswith("wallet:"))),
    }
    assert books.trial_balance(OPERATOR).total == Money(0)
    assert books.hot_balance(OPERATOR, "platform:fees") == exact["platform:fees"]


def test_a_ledger_that_was_long_once_is_not_read_again(
    container: Container, books: GeneralLedger, player: StreamPlayer
) -> None:
    create_sample_loans(container)
    player.play()
    books.trial_balance(OPERATOR)

    with record_consumed_capacity() as meter:
        books.trial_balance(OPERATOR)

    assert "Scan" not in meter.operations
    assert meter.round_trips == 2  # which days are closed; the days that are not


def test_while_one_side_of_a_transaction_is_on_its_way_the_last_closed_day_is_shown(
    container: Container, service_factory: ServiceFactory, books: GeneralLedger, player: StreamPlayer, clock: FixedClock
) -> None:
    lender = service_factory.lender("10.00")
    for _ in range(20):
        container.wallets.deposit(lender, Money(100), "")
    player.play()
    for projection in PROJECTIONS:
        container.projections.close(projection, START.date(), lambda _: True)
    clock.advance(days=1)
    container.wallets.deposit(lender, Money.of("5.00"), "")
    jobs.project_ledger(player.waiting()["ledger"][:1])

    assert controls(books) == {"external:cash": "-30.00", "wallet:*": "30.00"}
