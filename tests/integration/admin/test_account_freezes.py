"""Freezing changes status, wallet, audit log and idempotency record in one transaction, also under races."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import pytest

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.domain.errors import AlreadyFrozen, NotFrozen, OperatorNotFreezable
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyKeyReused, IdempotentResult
from chalicelib.shared.actor import RoleRequired
from chalicelib.shared.errors import AppError
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.users.domain.user import AccountStatus, User, UserNotFound
from chalicelib.wallets.domain.wallet import AccountFrozen, InsufficientFunds
from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.integration.admin.conftest import Backoffice
from tests.stored_state import assert_ledger_balances

T = TypeVar("T")
CONTEXT = AuditContext("Card was stolen", "request-1")


def freeze(office: Backoffice, user: User, idempotency_key: IdempotencyKey | None = None) -> IdempotentResult[User]:
    return office.container.account_freezes.freeze(office.operator, user.id, CONTEXT, idempotency_key)


def unfreeze(office: Backoffice, user: User, idempotency_key: IdempotencyKey | None = None) -> IdempotentResult[User]:
    return office.container.account_freezes.unfreeze(office.operator, user.id, AuditContext(), idempotency_key)


def key_of(office: Backoffice, key: str, body: str = "{}") -> IdempotencyKey:
    return IdempotencyKey.of(office.operator.user_id, key, "POST", "/freeze", body)


def result_or_error(call: Callable[[], T]) -> T | AppError:
    try:
        return call()
    except AppError as error:
        return error


def results_of(calls: Sequence[Callable[[], T]]) -> list[T | AppError]:
    """Return the results or errors of calls that start together."""
    return run_concurrently([partial(result_or_error, call) for call in calls])


def test_frozen_account_receives_but_cannot_pay(office: Backoffice) -> None:
    john = office.user(funds="100.00")

    done = freeze(office, john)

    assert done.value.status is AccountStatus.FROZEN
    assert office.container.users.account(office.operator, john.id).status is AccountStatus.FROZEN
    with pytest.raises(AccountFrozen):
        office.container.wallets.withdraw(john.as_actor(), Money.of("0.01"), "")
    office.deposit(john, "5.00")
    assert office.balance(john) == "105.00"


def test_account_without_wallet_can_be_frozen(office: Backoffice) -> None:
    john = office.user()

    freeze(office, john)

    office.deposit(john, "5.00")
    with pytest.raises(AccountFrozen):
        office.container.wallets.withdraw(john.as_actor(), Money.of("5.00"), "")


def test_unfrozen_account_can_pay(office: Backoffice) -> None:
    john = office.user(funds="100.00")
    freeze(office, john)

    done = unfreeze(office, john)

    assert done.value.status is AccountStatus.ACTIVE
    office.container.wallets.withdraw(john.as_actor(), Money.of("100.00"), "")
    assert office.balance(john) == "0.00"


def test_unchanged_status_is_rejected_without_writes(office: Backoffice, storage: Storage) -> None:
    john = office.user()

    with pytest.raises(NotFrozen):
        unfreeze(office, john, key_of(office, "k1"))
    freeze(office, john)
    with pytest.raises(AlreadyFrozen):
        freeze(office, john, key_of(office, "k2"))

    assert len(storage.items("audit")) == 1
    assert storage.items("operations") == []


def test_operators_cannot_be_frozen(office: Backoffice, storage: Storage) -> None:
    other = office.container.users.create_operator(username="eve", email="eve@example.com", password="an odd phrase")

    for operator_id in (office.operator.user_id, other.id):
        with pytest.raises(OperatorNotFreezable):
            office.container.account_freezes.freeze(office.operator, operator_id, CONTEXT)
        with pytest.raises(NotFrozen):
            office.container.account_freezes.unfreeze(office.operator, operator_id, CONTEXT)

    assert storage.items("audit") == []


def test_freezing_requires_an_operator(office: Backoffice) -> None:
    john, mary = office.user(), office.user()

    with pytest.raises(RoleRequired):
        office.container.account_freezes.freeze(john.as_actor(), mary.id, CONTEXT)
    freeze(office, mary)
    with pytest.raises(RoleRequired):
        office.container.account_freezes.unfreeze(mary.as_actor(), mary.id, CONTEXT)


def test_unknown_users_cannot_be_frozen(office: Backoffice, storage: Storage) -> None:
    with pytest.raises(UserNotFound):
        office.container.account_freezes.freeze(office.operator, new_id(office.clock()), CONTEXT)

    assert storage.items("wallets") == []


def test_freezing_is_audited_with_reason_and_request(office: Backoffice) -> None:
    john = office.user()

    freeze(office, john)
    office.clock.advance(minutes=1)
    unfreeze(office, john)

    unfrozen, frozen = office.container.audit_log.page(office.operator, limit=10).entries
    assert (frozen.actor_id, frozen.actor_username) == (office.operator.user_id, "boss")
    assert (frozen.action, frozen.subject) == ("FREEZE_USER", f"user:{john.id}")
    assert (frozen.details, frozen.request_id) == ({"reason": "Card was stolen"}, "request-1")
    assert (unfrozen.action, unfrozen.details, unfrozen.at) == ("UNFREEZE_USER", {}, office.clock())


def test_repeated_request_has_one_effect(office: Backoffice, storage: Storage) -> None:
    john = office.user()

    first = freeze(office, john, key_of(office, "k"))
    second = freeze(office, john, key_of(office, "k"))

    assert (first.replayed, second.replayed) == (False, True)
    assert first.value == second.value
    assert len(storage.items("audit")) == 1


def test_replay_returns_the_current_account(office: Backoffice, storage: Storage) -> None:
    john = office.user()
    freeze(office, john, key_of(office, "k"))
    unfreeze(office, john)

    again = freeze(office, john, key_of(office, "k"))

    assert again.replayed
    assert again.value.status is AccountStatus.ACTIVE
    assert len(storage.items("audit")) == 2


def test_reused_key_with_another_body_is_rejected(office: Backoffice) -> None:
    john = office.user()
    freeze(office, john, key_of(office, "k"))

    with pytest.raises(IdempotencyKeyReused):
        freeze(office, john, key_of(office, "k", body='{"reason":"another"}'))


def test_concurrent_freezes_apply_one(office: Backoffice, storage: Storage) -> None:
    john = office.user()

    results = results_of([lambda: freeze(office, john)] * 12)

    assert Counter(type(each) for each in results) == {IdempotentResult: 1, AlreadyFrozen: 11}
    assert len(storage.items("audit")) == 1


def test_concurrent_requests_with_one_key_apply_once(office: Backoffice, storage: Storage) -> None:
    john = office.user()
    idempotency_key = key_of(office, "k")

    results = results_of([lambda: freeze(office, john, idempotency_key)] * 12)

    assert sorted(each.replayed for each in results if isinstance(each, IdempotentResult)) == [False] + [True] * 11
    assert len(storage.items("audit")) == 1


def test_concurrent_freezing_and_unfreezing_alternate(office: Backoffice, storage: Storage) -> None:
    john = office.user(funds="10.00")

    results = results_of([lambda: freeze(office, john), lambda: unfreeze(office, john)] * 8)

    applied = [each.value.status for each in results if isinstance(each, IdempotentResult)]
    frozen, unfrozen = applied.count(AccountStatus.FROZEN), applied.count(AccountStatus.ACTIVE)
    status = office.container.users.account(office.operator, john.id).status
    assert frozen - unfrozen == (status is AccountStatus.FROZEN)
    assert office.container.wallets.balance_of(john.id).frozen == (status is AccountStatus.FROZEN)
    assert len(storage.items("audit")) == frozen + unfrozen


def test_no_withdrawal_succeeds_after_the_freeze(office: Backoffice, storage: Storage) -> None:
    john = office.user(funds="100.00")
    withdraw = office.container.wallets.withdraw

    results = results_of(
        [lambda: withdraw(john.as_actor(), Money.of("1.00"), "")] * 10 + [lambda: freeze(office, john)]
    )
    with pytest.raises(AccountFrozen):
        withdraw(john.as_actor(), Money.of("1.00"), "")

    rejected = sum(isinstance(each, AccountFrozen) for each in results)
    assert not any(isinstance(each, InsufficientFunds) for each in results)
    assert office.balance(john) == str(Money.of("100.00") - Money.of("1.00").times(10 - rejected))
    assert assert_ledger_balances(storage)[f"wallet:{john.id}"] == 10000 - 100 * (10 - rejected)
