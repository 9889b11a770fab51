"""A loan's life on the double: the unmodified code, from deposit to the last instalment."""

from __future__ import annotations

import pytest

from chalicelib.api.rate_limiting.fixed_window import LimitExceeded
from chalicelib.api.rate_limiting.sliding_window import LimitRule, SlidingWindowLimiter
from chalicelib.shared.actor import Role
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Limit
from chalicelib.wallets.repository import WalletRepository
from tests.factories import funded_loan, make_offer, open_loan, pay
from tests.simulation.callers import many
from tests.simulation.invariants import assert_invariants
from tests.simulation.wire import Fault
from tests.simulation.world import World
from tests.stored_state import assert_ledger_balances


def test_a_loan_is_requested_funded_and_repaid_on_the_double(world: World) -> None:
    borrower, lender = world.user_factory.borrower("100.00"), world.user_factory.lender("2000.00")

    loan = funded_loan(borrower, lender)
    world.settle()
    for _ in range(6):
        pay(borrower, loan["id"])
        world.settle()

    balances = assert_ledger_balances(world.storage)
    assert balances["platform:fees"] == 375
    assert balances[f"wallet:{lender.id}"] == 203_153
    [item] = [item for item in world.storage.items("loans") if item["sk"]["S"] == "LOAN"]
    assert item["status"]["S"] == "COMPLETED"


def test_the_stream_alone_brings_a_payment_to_22_investors(world: World) -> None:
    borrower = world.person(Role.BORROWER, "bob", "100.00")
    loan_id, _ = many(world, borrower, 22, funded=22)
    world.settle()
    pay(borrower, loan_id)

    world.settle()

    assert_invariants(world.storage)
    assert assert_ledger_balances(world.storage)[f"loan:{loan_id}"] == 0


def test_records_that_come_twice_and_backwards_change_nothing(world: World) -> None:
    borrower, lender = world.user_factory.borrower("300.00"), world.user_factory.lender("2000.00")
    loan = funded_loan(borrower, lender)
    pay(borrower, loan["id"])
    world.projects = True
    world.settle()
    known = world.container.projections.current("ledger"), world.container.projections.current("loans")

    world.read_from({})
    world.is_reordered = True
    world.settle()

    again = world.container.projections.current("ledger"), world.container.projections.current("loans")
    assert again == known
    assert_invariants(world.storage)


def test_whoever_asked_for_a_loan_gets_offers_on_it_though_reads_lag(world: World) -> None:
    borrower, lender = world.user_factory.borrower(), world.user_factory.lender()

    for lag in range(1, 6):
        loan = open_loan(borrower)
        world.double.stalest = lag
        make_offer(lender, loan["id"])
        world.double.stalest = 0

    assert len([item for item in world.storage.items("loans") if item["sk"]["S"].startswith("OFFER#")]) == 5


def test_a_strict_limit_counts_a_request_once_though_its_answer_is_lost(world: World) -> None:
    limiter = SlidingWindowLimiter(world.container.database, world.clock)
    rule = LimitRule("test", Limit(2, 60))
    world.wire.begin(lambda sent: Fault.LOST_ANSWER if sent.attempt == 1 else None)

    with pytest.raises(Unavailable):
        limiter.admit(rule, "somebody")

    world.wire.begin()
    limiter.admit(rule, "somebody")
    with pytest.raises(LimitExceeded):
        limiter.admit(rule, "somebody")


def test_a_deposit_whose_answers_are_all_lost_is_there_when_the_client_asks_again(world: World) -> None:
    lender = world.user_factory.lender()
    world.wire.begin(lambda sent: Fault.LOST_ANSWER if sent.operation == "TransactWriteItems" else None)
    first = lender.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="k")
    world.wire.begin()

    again = lender.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="k")

    assert first.status == 503
    assert again.headers["idempotent-replayed"] == "true"
    assert lender.balance() == "5.00"


def test_nobody_makes_an_offer_on_a_loan_that_a_late_read_still_shows_open(world: World) -> None:
    borrower, lender = world.user_factory.borrower(), world.user_factory.lender()
    loan = open_loan(borrower)
    borrower.http.post(f"/api/loans/{loan['id']}/cancel/")
    world.double.stalest = 1

    answers = {
        lender.http.post(f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "12.00"}).code for _ in range(20)
    }

    assert answers == {"loan_not_open"}


def test_wallets_that_the_service_leaves_over_for_ever_are_given_up(world: World) -> None:
    lender = world.person(Role.LENDER, "lena", "5.00")
    repository = WalletRepository(world.container.database, platform_shards=1)
    world.wire.begin(lambda sent: Fault.PARTIAL if sent.may(Fault.PARTIAL) else None)

    with pytest.raises(Unavailable):
        repository.find_many([lender.id])

    world.wire.begin(lambda sent: Fault.PARTIAL if sent.call == 0 else None)
    assert repository.find_many([lender.id]).keys() == {lender.id}
