"""Counters from the streams: records count once in any order, also after kills and redelivery."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest

from chalicelib.container import Container
from chalicelib.reporting.domain.counters import LEDGER, LOANS, PROJECTIONS, Counts, balances
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.integration.reporting.sample_loans import create_sample_loans
from tests.integration.reporting.stream_player import Record, StreamPlayer
from tests.killed_process import killed_at_write
from tests.stored_state import account_balances

TODAY = date(2026, 1, 15)


def counters_of(container: Container, projection: str) -> Counts:
    return container.projections.current(projection)


def agree(container: Container) -> bool:
    """Return whether all counters equal those of the tables, and none are empty."""
    found = container.projections.compare()
    return all(each.agrees and each.stored for each in found) and len(found) == len(PROJECTIONS)


def close(container: Container, day: date) -> None:
    for projection in PROJECTIONS:
        container.projections.close(projection, day, lambda _: True)


def shuffle(seed: int) -> Callable[[list[Record]], list[list[Record]]]:
    """Deliver every record twice, shuffled, in batches of random size."""
    generator = random.Random(seed)

    def arrange(records: list[Record]) -> list[list[Record]]:
        shuffled = [*records, *records]
        generator.shuffle(shuffled)
        batches = []
        while shuffled:
            size = generator.randint(1, 60)
            batches.append(shuffled[:size])
            shuffled = shuffled[size:]
        return batches

    return arrange


def test_counters_match_the_tables(container: Container, player: StreamPlayer, storage: Storage) -> None:
    create_sample_loans(container)

    responses = player.play()

    assert responses == [None, None]
    loans = counters_of(container, LOANS)
    assert {name: loans[name] for name in loans if name.endswith(".loans")} == {
        "due.2026-03-15.loans": 1,
        "originated.loans": 2,
        "status.CANCELLED.loans": 1,
        "status.COMPLETED.loans": 1,
        "status.FUNDED.loans": 1,
        "status.PENDING_FUNDING.loans": 1,
        "status.REQUESTED.loans": 1,
    }
    assert loans["originated.cents"] == 160_000
    controls = balances(counters_of(container, LEDGER))
    exact = account_balances(storage)
    assert controls["external:cash"] == exact["external:cash"]
    assert controls["platform:fees"] == exact["platform:fees"] == 750
    assert controls["loan:*"] == 10_000 + 150
    assert sum(controls.values()) == 0
    assert agree(container)


@pytest.mark.parametrize("seed", range(2))
def test_duplicate_and_shuffled_records_count_once(container: Container, player: StreamPlayer, seed: int) -> None:
    create_sample_loans(container)

    player.play(shuffle(seed))

    assert agree(container)


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_records_redelivered_after_a_kill_count_once(
    container: Container, player: StreamPlayer, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    create_sample_loans(container)
    new_records = player.new_records()

    projections = container.projections
    for table in ("loans", "ledger"):
        project = partial(projections.apply, table)
        killed_at_write(monkeypatch, partial(project, new_records[table]), after=after)
        project(new_records[table])

    assert agree(container)


def test_unreadable_record_is_returned_to_the_stream(
    container: Container, service_factory: ServiceFactory, player: StreamPlayer
) -> None:
    lender = service_factory.lender("10.00")
    container.wallets.deposit(lender, Money.of("5.00"), "")
    records = player.new_records()["ledger"]
    broken = {**records[2], "dynamodb": {**records[2]["dynamodb"], "NewImage": {"account": {"S": "wallet:x"}}}}

    response = container.projections.apply(LEDGER, [*records[:2], broken, records[3]])

    place = records[2]["dynamodb"]["SequenceNumber"]
    assert response == place
    assert counters_of(container, LEDGER)["postings"] == 2
    assert container.projections.apply(LEDGER, records) is None
    assert next(each.agrees for each in container.projections.compare() if each.projection == LEDGER)


def test_late_records_count_on_the_first_open_day(
    container: Container, service_factory: ServiceFactory, player: StreamPlayer, clock: FixedClock
) -> None:
    borrower = service_factory.borrower("10.00")
    service_factory.open_loan(borrower)
    player.play()
    service_factory.open_loan(borrower)
    late = player.new_records()
    close(container, TODAY)
    clock.advance(days=1)

    container.projections.apply(LOANS, late["loans"])
    close(container, TODAY + timedelta(days=1))

    stock = container.projections.stock
    assert stock(LOANS, TODAY)["status.REQUESTED.loans"] == 1
    assert stock(LOANS, TODAY + timedelta(days=1))["status.REQUESTED.loans"] == 2
    assert agree(container)


def test_closed_day_never_changes(container: Container, service_factory: ServiceFactory, player: StreamPlayer) -> None:
    borrower = service_factory.borrower("10.00")
    service_factory.open_loan(borrower)
    player.play()
    closed = container.projections.close(LOANS, TODAY, lambda _: True)
    service_factory.open_loan(borrower)
    player.play()

    again = container.projections.close(LOANS, TODAY, lambda _: False)

    assert again == closed
    assert closed is not None
    assert closed.after == {"status.REQUESTED.cents": 100_000, "status.REQUESTED.loans": 1}


def test_repair_rebuilds_missing_counters(container: Container, player: StreamPlayer) -> None:
    create_sample_loans(container)
    player.new_records()

    assert not agree(container)
    repaired = container.projections.repair(pause_seconds=0)

    assert all(each.agrees and each.stored for each in repaired)
    assert agree(container)
