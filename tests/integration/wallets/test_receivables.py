"""Receivables: every increase of the available amount pays them, once, whatever happens at the same time."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.jobs.schedule import JobName
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.errors import AppError
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import EXTERNAL_CASH, EntryType, Journal, transfer, wallet_account
from chalicelib.wallets.domain.wallet import AccountFrozen, AccountRestricted, BorrowingChange, InsufficientFunds
from tests.bulk_loans import funded_shared_loan, positions
from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.stored_state import assert_ledger_balances, loan_repository, outbox

WINNER = "paid"


def move(container: Container, user: Actor, cents: int, *, reserved: int = 0, actor: Actor | None = None) -> None:
    """Move money between external cash and a wallet, and between its available and its reserved amount."""
    writes, journal = loan_repository(container).writes(), None
    if cents:
        now, kind = container.clock(), EntryType.DEPOSIT if cents > 0 else EntryType.WITHDRAWAL
        lines = transfer(EXTERNAL_CASH, wallet_account(user.user_id), Money(cents), kind)
        journal = Journal(new_id(container.clock()), now, lines)
    container.wallets.add(writes, journal, {user.user_id: Money(reserved)} if reserved else None, actor=actor)
    writes.commit()


def return_deposit(container: Container, user: Actor, amount: str) -> Money:
    """Return a deposit, again after each lost race; the part that the user owes for it."""

    def attempt() -> Money:
        writes = loan_repository(container).writes()
        returned = container.wallets.add_deposit_return(writes, user.user_id, Money.of(amount), "Deposit returned")
        writes.commit()
        return returned.owed

    return retry_on_conflict(attempt)


def cents(container: Container, user: Actor) -> tuple[int, int, int]:
    """The available, reserved and owed amount."""
    wallet = container.wallets.balance_of(user.user_id)
    return wallet.available.cents, wallet.reserved.cents, wallet.receivable.cents


def outcomes(calls: Sequence[Callable[[], object]]) -> Counter[str]:
    """Run calls at the same time and count their results: an error's code, or that it succeeded."""

    def outcome(call: Callable[[], object]) -> str:
        try:
            call()
        except AppError as error:
            return error.code
        return WINNER

    return Counter(run_concurrently([partial(outcome, call) for call in calls]))


@pytest.fixture
def person(service_factory: ServiceFactory) -> Actor:
    return service_factory.lender("30.00")


def test_returned_deposit_takes_what_is_available(container: Container, person: Actor, storage: Storage) -> None:
    owed = return_deposit(container, person, "30.00")

    assert owed == Money(0)
    assert cents(container, person) == (0, 0, 0)
    assert assert_ledger_balances(storage)["external:cash"] == 0


def test_returned_deposit_that_was_spent_becomes_a_receivable(
    container: Container, person: Actor, storage: Storage
) -> None:
    owed = return_deposit(container, person, "100.00")

    assert owed == Money.of("70.00")
    assert cents(container, person) == (0, 0, 7000)
    balances = assert_ledger_balances(storage)
    assert (balances[f"receivable:{person.user_id}"], balances["external:cash"]) == (-7000, 7000)


def test_receivables_of_two_returns_add_up(container: Container, person: Actor, storage: Storage) -> None:
    return_deposit(container, person, "100.00")
    return_deposit(container, person, "5.00")

    assert cents(container, person) == (0, 0, 7500)
    assert_ledger_balances(storage)


def test_credits_pay_the_receivable_first(
    container: Container, person: Actor, storage: Storage, clock: FixedClock
) -> None:
    clock.advance(seconds=1)
    return_deposit(container, person, "100.00")

    clock.advance(seconds=1)
    move(container, person, 2000)
    after_part = cents(container, person)
    clock.advance(seconds=1)
    move(container, person, 9000)

    assert after_part == (0, 0, 5000)
    assert cents(container, person) == (4000, 0, 0)
    entries = container.wallets.history(person, limit=5).entries
    assert [(entry.type, entry.amount.cents) for entry in entries] == [
        (EntryType.RECEIVABLE, -5000),
        (EntryType.DEPOSIT, 9000),
        (EntryType.RECEIVABLE, -2000),
        (EntryType.DEPOSIT, 2000),
        (EntryType.DEPOSIT_RETURN, -3000),
    ]
    assert assert_ledger_balances(storage)[f"receivable:{person.user_id}"] == 0


def test_released_reservation_pays_the_receivable(container: Container, person: Actor, storage: Storage) -> None:
    move(container, person, 0, reserved=2500)
    return_deposit(container, person, "30.00")

    move(container, person, 0, reserved=-2500)

    assert cents(container, person) == (0, 0, 0)
    assert_ledger_balances(storage)


def test_settled_reservation_of_a_restricted_account_is_paid_out(
    container: Container, person: Actor, storage: Storage
) -> None:
    move(container, person, 0, reserved=2500)
    return_deposit(container, person, "30.00")
    writes = loan_repository(container).writes()
    container.wallets.add_freeze(writes, person.user_id, frozen=True)
    writes.commit()

    writes = loan_repository(container).writes()
    lines = transfer(wallet_account(person.user_id), EXTERNAL_CASH, Money(2500), EntryType.WITHDRAWAL)
    journal = Journal(new_id(container.clock()), container.clock(), lines)
    container.wallets.add(writes, journal, {person.user_id: Money(-2500)}, cash_moved=True)
    writes.commit()

    assert cents(container, person) == (0, 0, 2500)
    assert_ledger_balances(storage)


@pytest.mark.parametrize(
    ("moved", "reserved"), [(-1, 0), (0, 1), (-1000, -1000)], ids=["pay", "reserve", "pay reserve"]
)
def test_restricted_account_rejects_debits(
    container: Container, person: Actor, storage: Storage, moved: int, reserved: int
) -> None:
    move(container, person, 0, reserved=1000)
    return_deposit(container, person, "100.00")
    before = storage.items("wallets"), storage.items("ledger")

    with pytest.raises(AccountRestricted, match=r"owes 80\.00") as rejected:
        move(container, person, moved, reserved=reserved)

    assert rejected.value.facts == {"receivable": "80.00"}
    assert (storage.items("wallets"), storage.items("ledger")) == before


def test_frozen_account_is_reported_before_the_restriction(container: Container, person: Actor) -> None:
    return_deposit(container, person, "100.00")
    writes = loan_repository(container).writes()
    container.wallets.add_freeze(writes, person.user_id, frozen=True)
    writes.commit()

    with pytest.raises(AccountFrozen):
        move(container, person, -1)


def test_credit_without_funds_is_rejected_despite_the_amendment(container: Container, person: Actor) -> None:
    return_deposit(container, person, "100.00")

    with pytest.raises(InsufficientFunds):
        move(container, person, 0, reserved=-1)

    assert cents(container, person) == (0, 0, 7000)


def test_repayment_of_an_own_loan_needs_no_unrestricted_account(container: Container, person: Actor) -> None:
    return_deposit(container, person, "100.00")
    writes = loan_repository(container).writes()
    lines = transfer(wallet_account(person.user_id), EXTERNAL_CASH, Money(1), EntryType.LOAN_PAYMENT)
    journal = Journal(new_id(container.clock()), container.clock(), lines)
    borrowing = {person.user_id: BorrowingChange()}
    container.wallets.add(writes, journal, actor=person, is_repayment=True, borrowing=borrowing)

    with pytest.raises(InsufficientFunds, match=r"requires 0\.01, but only 0\.00"):
        writes.commit()


def test_concurrent_credits_pay_a_receivable_once(container: Container, person: Actor, storage: Storage) -> None:
    return_deposit(container, person, "100.00")

    results = outcomes([partial(move, container, person, amount) for amount in (4000, 5000, 2000, 100)])

    assert results == {WINNER: 4}
    assert cents(container, person) == (4100, 0, 0)
    assert assert_ledger_balances(storage)[f"receivable:{person.user_id}"] == 0


def test_debits_racing_a_return_never_overdraw(container: Container, person: Actor, storage: Storage) -> None:
    for _ in range(8):
        move(container, person, 1000)
        debits = [partial(move, container, person, -700) for _ in range(3)]
        outcomes([*debits, partial(return_deposit, container, person, "10.00"), partial(move, container, person, 300)])

        assert_ledger_balances(storage)  # nothing is negative, and nothing is available while something is owed


def test_lapsed_reservation_pays_the_receivable_in_the_daily_job(
    container: Container, service_factory: ServiceFactory, storage: Storage, clock: FixedClock
) -> None:
    lender = service_factory.lender("100.38")
    rule = service_factory.rule(lender)
    loan_id = service_factory.open_loan(service_factory.borrower())
    container.matching.place(lender.user_id, rule.rule.id, loan_id)
    return_deposit(container, lender, "100.38")
    clock.advance(days=3)

    container.job_runner.run_scheduled(JobName.EXPIRE_STALE_LOANS)

    assert cents(container, lender) == (0, 0, 0)
    assert_ledger_balances(storage)


def test_two_of_several_lenders_pay_receivables_from_a_payment(
    container: Container, service_factory: ServiceFactory, storage: Storage
) -> None:
    borrower = service_factory.borrower("500.00")
    lenders = [service_factory.lender("300.00") for _ in range(4)]
    loan_id = service_factory.funded_loan(borrower, dict.fromkeys(lenders, "250.00"))
    for lender in lenders[:2]:
        return_deposit(container, lender, "300.00")
    before = [cents(container, lender) for lender in lenders]

    payment = container.payments.pay(borrower, loan_id).value.payment

    paid = (payment.principal + payment.interest).cents
    after = [cents(container, lender) for lender in lenders]
    cleared = [owed - still for (_, _, owed), (_, _, still) in zip(before[:2], after[:2], strict=True)]
    credited = [now - then for (then, _, _), (now, _, _) in zip(before[2:], after[2:], strict=True)]
    assert sum(cleared) + sum(credited) == paid
    assert min(cleared) > 4000
    assert [available for available, _, _ in after[:2]] == [0, 0]
    assert_ledger_balances(storage)


def test_distribution_to_many_restricted_lenders_takes_smaller_batches(
    container: Container, storage: Storage, clock: FixedClock
) -> None:
    shared = funded_shared_loan(container, 45, "45000.00")
    for lender in shared.lenders:
        return_deposit(container, lender, "40000.00")
    clock.advance(seconds=1)
    container.payments.pay(shared.borrower, shared.loan_id)

    [job] = outbox(storage)
    run_concurrently([partial(container.worker.do, job)] * 2)

    assert outbox(storage) == []
    received = {held.lender_id: held.received.cents for held in positions(container, shared)}
    balances = assert_ledger_balances(storage)
    assert balances.get(f"loan:{shared.loan_id}", 0) == 0
    for lender in shared.lenders:
        entries = container.wallets.history(lender, limit=2).entries
        assert [entry.amount.cents for entry in entries] == [-received[lender.user_id], received[lender.user_id]]
