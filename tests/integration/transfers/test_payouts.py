"""Payouts: each requested withdrawal is submitted once, also if operators ask together or a process dies."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from defusedxml.ElementTree import fromstring

from chalicelib.admin.domain.audit import AuditAction, AuditContext
from chalicelib.container import Container
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyKeyReused
from chalicelib.shared.actor import Actor, Role, RoleRequired
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from chalicelib.shared.settings import Settings
from chalicelib.transfers.account_cipher import account_cipher
from chalicelib.transfers.domain.bank_account import BankDetails
from chalicelib.transfers.domain.payout import MAX_WITHDRAWALS, NothingToPayOut, Payout, PayoutNotFound
from chalicelib.transfers.domain.transfer import PaymentsNotConfigured, Transfer, TransferState, TransferStatus
from tests.bank_files import IBAN, OTHER_IBAN
from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.factories import UNKNOWN_ID, ServiceFactory
from tests.integration.transfers.events import RETURNED, SETTLED, TransferEvents
from tests.killed_process import killed_at_write
from tests.stored_state import assert_ledger_balances

S = TransferStatus
CONTEXT = AuditContext(request_id="request")
DETAILS = BankDetails("Ann Smith", iban=OTHER_IBAN)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, bank_iban=IBAN, bank_account_name="Platform")


@pytest.fixture
def events(container: Container) -> TransferEvents:
    return TransferEvents(container)


@pytest.fixture
def user(service_factory: ServiceFactory) -> Actor:
    return service_factory.lender("1000.00")


@pytest.fixture
def operator(service_factory: ServiceFactory) -> Actor:
    return service_factory.user(Role.ADMIN)


@pytest.fixture
def withdrawal(container: Container, user: Actor) -> Callable[..., Transfer]:
    """Requests a withdrawal to a bank account."""
    events, cipher = TransferEvents(container), account_cipher(container.settings)

    def request(owner: Actor = user, amount: str = "10.00", details: BankDetails = DETAILS) -> Transfer:
        return events.withdrawal(owner, amount, destination=cipher.encrypt(owner.user_id, details.to_text()))

    return request


def pay_out(container: Container, operator: Actor, key: IdempotencyKey | None = None) -> Payout:
    return container.payout_admin.create(operator, CONTEXT, key).value


def test_payout_submits_requested_withdrawals(
    container: Container, operator: Actor, withdrawal: Callable[..., Transfer], events: TransferEvents, user: Actor
) -> None:
    requested = [withdrawal(amount="10.00"), withdrawal(amount="20.01")]

    payout = pay_out(container, operator)

    assert sorted(payout.transfer_ids) == sorted(each.id for each in requested)
    assert (payout.total, payout.skipped, payout.has_more) == (Money(3001), {}, False)
    assert payout == container.payouts.find(operator, payout.id)
    submitted = [container.transfers.get(each.id) for each in requested]
    assert {(each.status, each.payout_id, each.submitted_at) for each in submitted} == {
        (S.SUBMITTED, payout.id, container.clock())
    }
    assert events.balance(user) == ("969.99", "30.01", "0.00")


def test_payout_leaves_an_audit_entry(
    container: Container, operator: Actor, withdrawal: Callable[..., Transfer]
) -> None:
    withdrawal()

    payout = pay_out(container, operator)

    [entry, *_] = container.audit_log.page(operator, limit=10).entries
    assert (entry.action, entry.subject) == (AuditAction.CREATE_PAYOUT, f"payout:{payout.id}")
    assert entry.details == {"count": "1", "total": "10.00"}


def test_nothing_to_pay_out_changes_nothing(container: Container, operator: Actor) -> None:
    with pytest.raises(NothingToPayOut, match="none requested"):
        pay_out(container, operator)

    assert container.payouts.page(operator, limit=10) == ((), None)
    assert container.audit_log.page(operator, limit=10).entries == ()


def test_same_key_gives_same_payout(container: Container, operator: Actor, withdrawal: Callable[..., Transfer]) -> None:
    withdrawal()
    key = IdempotencyKey.of(operator.user_id, "key", "POST", "/api/admin/bank/payouts", "{}")
    first = container.payout_admin.create(operator, CONTEXT, key)
    withdrawal()

    again = container.payout_admin.create(operator, CONTEXT, key)

    assert (first.replayed, again.replayed) == (False, True)
    assert first.value == again.value
    with pytest.raises(IdempotencyKeyReused):
        pay_out(container, operator, replace(key, fingerprint="other"))


def test_frozen_restricted_and_own_withdrawals_are_skipped(
    container: Container,
    operator: Actor,
    withdrawal: Callable[..., Transfer],
    service_factory: ServiceFactory,
    events: TransferEvents,
) -> None:
    frozen, restricted, own = service_factory.lender("10.00"), service_factory.lender("10.00"), operator
    events.report(events.deposit(own, "10.00"), SETTLED)
    skipped = {
        withdrawal(frozen).id: "account_frozen",
        withdrawal(restricted).id: "account_restricted",
        withdrawal(own).id: "own_withdrawal",
    }
    paid = withdrawal()
    freeze(container, frozen)
    restrict(container, restricted)

    payout = pay_out(container, operator)

    assert payout.transfer_ids == (paid.id,)
    assert payout.skipped == skipped
    with pytest.raises(NothingToPayOut, match="3 skipped"):
        pay_out(container, operator)


def freeze(container: Container, user: Actor) -> None:
    writes = container.transfers.writes()
    container.wallets.add_freeze(writes, user.user_id, frozen=True)
    writes.commit()


def restrict(container: Container, user: Actor) -> None:
    """Make the user owe something while the withdrawal stays requested, as in the middle of a deposit's return."""
    writes = container.transfers.writes()
    container.wallets.add_deposit_return(writes, user.user_id, Money(500), "Returned deposit")
    writes.commit()


def test_payout_takes_forty_oldest_withdrawals(
    container: Container, operator: Actor, withdrawal: Callable[..., Transfer], clock: FixedClock
) -> None:
    requested = []
    for _ in range(MAX_WITHDRAWALS + 1):
        requested.append(withdrawal(amount="1.00").id)
        clock.advance(seconds=1)

    first = pay_out(container, operator)
    second = pay_out(container, operator)

    assert (list(first.transfer_ids), first.has_more) == (requested[:-1], True)
    assert (list(second.transfer_ids), second.has_more) == (requested[-1:], False)


def test_forty_users_fit_into_one_transaction(
    container: Container, operator: Actor, withdrawal: Callable[..., Transfer], service_factory: ServiceFactory
) -> None:
    for _ in range(MAX_WITHDRAWALS):
        withdrawal(service_factory.lender("1.00"), "1.00")
    key = IdempotencyKey.of(operator.user_id, "key", "POST", "/api/admin/bank/payouts", "{}")

    payout = pay_out(container, operator, key)

    assert len(payout.transfer_ids) == MAX_WITHDRAWALS


def test_concurrent_operators_submit_each_withdrawal_once(
    container: Container,
    withdrawal: Callable[..., Transfer],
    service_factory: ServiceFactory,
    tables: Storage,
) -> None:
    requested = [withdrawal(amount="1.00").id for _ in range(5)]
    operators = [service_factory.user(Role.ADMIN) for _ in range(4)]

    def attempt(operator: Actor) -> tuple[str, ...]:
        try:
            return pay_out(container, operator).transfer_ids
        except NothingToPayOut:
            return ()

    results = run_concurrently([partial(attempt, operator) for operator in operators])

    assert sorted(transfer_id for ids in results for transfer_id in ids) == sorted(requested)
    payouts, _ = container.payouts.page(operators[0], limit=10)
    listed = {transfer_id: payout.id for payout in payouts for transfer_id in payout.transfer_ids}
    assert {each: container.transfers.get(each).payout_id for each in requested} == listed
    assert_ledger_balances(tables)


def test_cancellation_and_payout_exclude_each_other(
    container: Container,
    operator: Actor,
    withdrawal: Callable[..., Transfer],
    user: Actor,
    events: TransferEvents,
) -> None:
    for _ in range(8):
        requested = withdrawal(amount="1.00")

        def cancel(stored: Transfer = requested) -> bool:
            writes = container.transfers.writes()
            try:
                container.transfers.add_cancellation(writes, container.transfers.get(stored.id), user)
                writes.commit()
            except (OptimisticLockError, TransferState):
                return False
            return True

        def submit() -> bool:
            try:
                return bool(pay_out(container, operator).transfer_ids)
            except NothingToPayOut:
                return False

        cancelled, submitted = run_concurrently([cancel, submit])

        assert cancelled != submitted
        assert container.transfers.get(requested.id).status is (S.CANCELLED if cancelled else S.SUBMITTED)
    wallet = container.wallets.balance_of(user.user_id)
    assert wallet.balance == Money(100_000)


@pytest.mark.parametrize("change", ["freeze", "restrict"])
def test_account_that_changes_at_the_last_moment_is_skipped(
    container: Container,
    operator: Actor,
    withdrawal: Callable[..., Transfer],
    service_factory: ServiceFactory,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
) -> None:
    owner = service_factory.lender("10.00")
    requested, other = withdrawal(owner), withdrawal()
    add = container.audit_log.add

    def change_account(*arguments: object) -> None:
        monkeypatch.undo()
        if change == "freeze":
            freeze(container, owner)
        else:
            restrict(container, owner)
        add(*arguments)  # type: ignore[arg-type]  # the arguments of the call that is replaced

    monkeypatch.setattr(container.audit_log, "add", change_account)

    payout = pay_out(container, operator)

    assert payout.transfer_ids == (other.id,)
    assert list(payout.skipped) == [requested.id]
    assert container.transfers.get(requested.id).status is S.REQUESTED


@pytest.mark.parametrize("after", [False, True])
def test_killed_payout_happened_completely_or_not_at_all(
    container: Container,
    operator: Actor,
    withdrawal: Callable[..., Transfer],
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
) -> None:
    requested = [withdrawal().id, withdrawal().id]
    key = IdempotencyKey.of(operator.user_id, "key", "POST", "/api/admin/bank/payouts", "{}")
    killed_at_write(monkeypatch, lambda: pay_out(container, operator, key), after=after)

    again = container.payout_admin.create(operator, CONTEXT, key)

    assert again.replayed is after
    assert sorted(again.value.transfer_ids) == sorted(requested)
    assert [payout.id for payout in container.payouts.page(operator, limit=10)[0]] == [again.value.id]


def test_payment_file_orders_the_withdrawals(
    container: Container, operator: Actor, withdrawal: Callable[..., Transfer]
) -> None:
    us = BankDetails("Bob Jones", routing_number="021000021", account_number="123456789")
    first, second = withdrawal(amount="10.05"), withdrawal(amount="20.00", details=us)
    payout = pay_out(container, operator)

    file = container.payouts.payment_file(operator, payout.id)

    root = fromstring(file)
    texts = [found.text for found in root.iter() if found.text]
    assert [texts.count(text) for text in (payout.id, first.id, second.id, "30.05")] == [2, 1, 1, 2]
    assert {IBAN, OTHER_IBAN, "Ann Smith", "021000021", "123456789", "10.05", "20.00"} <= set(texts)
    assert file == container.payouts.payment_file(operator, payout.id)


def test_payment_file_stays_the_same_after_settlement(
    container: Container, operator: Actor, withdrawal: Callable[..., Transfer], events: TransferEvents
) -> None:
    requested = withdrawal()
    payout = pay_out(container, operator)
    before = container.payouts.payment_file(operator, payout.id)

    events.report(requested, SETTLED)
    events.report(requested, RETURNED)

    assert container.payouts.payment_file(operator, payout.id) == before


def test_payment_file_needs_the_platforms_account(
    container: Container, operator: Actor, withdrawal: Callable[..., Transfer]
) -> None:
    withdrawal()
    payout = pay_out(container, operator)
    settings = replace(container.settings, bank_iban="")

    with pytest.raises(PaymentsNotConfigured):
        Container(settings, clock=container.clock).payouts.payment_file(operator, payout.id)


def test_only_operators_use_payouts(container: Container, user: Actor, withdrawal: Callable[..., Transfer]) -> None:
    requested = withdrawal()

    for use in (
        lambda: pay_out(container, user),
        lambda: container.payouts.page(user, limit=1),
        lambda: container.payouts.find(user, UNKNOWN_ID),
        lambda: container.payouts.payment_file(user, UNKNOWN_ID),
    ):
        with pytest.raises(RoleRequired):
            use()

    assert container.transfers.get(requested.id).status is S.REQUESTED


def test_unknown_payout_is_not_found(container: Container, operator: Actor) -> None:
    with pytest.raises(PayoutNotFound):
        container.payouts.payment_file(operator, UNKNOWN_ID)


def test_payouts_are_listed_newest_first(
    container: Container, operator: Actor, withdrawal: Callable[..., Transfer], clock: FixedClock
) -> None:
    ids = []
    for _ in range(3):
        withdrawal()
        ids.append(pay_out(container, operator).id)
        clock.advance(seconds=1)

    first, position = container.payouts.page(operator, limit=2)
    rest, end = container.payouts.page(operator, limit=2, before=position)

    assert [payout.id for payout in (*first, *rest)] == ids[::-1]
    assert end is None
