"""The trial balance of a ledger that is too large to scan in a request."""

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.reporting.domain.counters import LEDGER, PROJECTIONS
from chalicelib.reporting.service.general_ledger import GeneralLedger
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.conftest import START
from tests.factories import ServiceFactory
from tests.integration.reporting.sample_loans import OPERATOR, create_sample_loans
from tests.integration.reporting.stream_player import StreamPlayer


@pytest.fixture
def small_ledger(container: Container, clock: FixedClock) -> GeneralLedger:
    """A general ledger that scans up to eight postings."""
    return GeneralLedger(container.wallets, container.projections, clock, max_postings=8, pause_millis=1)


def controls(small_ledger: GeneralLedger) -> dict[str, str]:
    return {line.account: str(line.balance) for line in small_ledger.trial_balance(OPERATOR).accounts}


def test_large_ledger_shows_projected_control_accounts(
    container: Container, small_ledger: GeneralLedger, player: StreamPlayer
) -> None:
    create_sample_loans(container)
    player.play()

    exact = {line.account: line.balance for line in container.general_ledger.trial_balance(OPERATOR).accounts}

    assert controls(small_ledger) == {
        "external:cash": str(exact["external:cash"]),
        "loan:*": "101.50",
        "platform:fees": str(exact["platform:fees"]),
        "wallet:*": str(Money.total(each for name, each in exact.items() if name.startswith("wallet:"))),
    }
    assert small_ledger.trial_balance(OPERATOR).total == Money(0)
    assert small_ledger.hot_balance(OPERATOR, "platform:fees") == exact["platform:fees"]


def test_large_ledger_is_not_scanned_again(
    container: Container, small_ledger: GeneralLedger, player: StreamPlayer
) -> None:
    create_sample_loans(container)
    player.play()
    small_ledger.trial_balance(OPERATOR)

    with record_consumed_capacity() as meter:
        small_ledger.trial_balance(OPERATOR)

    assert "Scan" not in meter.operations
    assert meter.round_trips == 2  # the closed days, and the open ones


def test_incomplete_transaction_shows_the_last_closed_day(
    container: Container,
    service_factory: ServiceFactory,
    small_ledger: GeneralLedger,
    player: StreamPlayer,
    clock: FixedClock,
) -> None:
    lender = service_factory.lender("10.00")
    for _ in range(20):
        container.wallets.deposit(lender, Money(100), "")
    player.play()
    for projection in PROJECTIONS:
        container.projections.close(projection, START.date(), lambda _: True)
    clock.advance(days=1)
    container.wallets.deposit(lender, Money.of("5.00"), "")
    container.projections.apply(LEDGER, player.new_records()["ledger"][:1])

    assert controls(small_ledger) == {"external:cash": "-30.00", "wallet:*": "30.00"}
