"""Freezing is one transaction: status, wallet, audit entry and marker, under races too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
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
from tests.engines import Storage
from tests.integration.admin.conftest import Town
from tests.stored_state import assert_ledger_balances

T = TypeVar("T")
WHY = AuditContext("Card was stolen", "request-1")


def freeze(town: Town, user: User, idempotency_key: IdempotencyKey | None = None) -> IdempotentResult[User]:
    return town.container.account_freezes.freeze(town.operator, user.id, WHY, idempotency_key)


def unfreeze(town: Town, user: User, idempotency_key: IdempotencyKey | None = None) -> IdempotentResult[User]:
    return town.container.account_freezes.unfreeze(town.operator, user.id, AuditContext(), idempotency_key)


def a_key(town: Town, key: str, body: str = "{}") -> IdempotencyKey:
    return IdempotencyKey.of(town.operator.user_id, key, "POST", "/freeze", body)


def all_at_once(calls: Sequence[Callable[[], T]]) -> list[T | AppError]:
    """Results or refusals of calls that start together."""
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | AppError:
        start.wait()
        try:
            return call()
        except AppError as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_a_frozen_account_pays_nothing_and_is_paid(town: Town) -> None:
    john = town.person(funds="100.00")

    done = freeze(town, john)

    assert done.value.status is AccountStatus.FROZEN
    assert town.container.users.account(town.operator, john.id).status is AccountStatus.FROZEN
    with pytest.raises(AccountFrozen):
        town.container.wallets.withdraw(john.as_actor(), Money.of("0.01"), "")
    town.deposit(john, "5.00")
    assert town.balance(john) == "105.00"


def test_an_account_without_a_wallet_can_be_frozen(town: Town) -> None:
    john = town.person()

    freeze(town, john)

    town.deposit(john, "5.00")
    with pytest.raises(AccountFrozen):
        town.container.wallets.withdraw(john.as_actor(), Money.of("5.00"), "")


def test_an_unfrozen_account_pays_again(town: Town) -> None:
    john = town.person(funds="100.00")
    freeze(town, john)

    done = unfreeze(town, john)

    assert done.value.status is AccountStatus.ACTIVE
    town.container.wallets.withdraw(john.as_actor(), Money.of("100.00"), "")
    assert town.balance(john) == "0.00"


def test_what_changes_nothing_is_refused_and_leaves_no_trace(town: Town, storage: Storage) -> None:
    john = town.person()

    with pytest.raises(NotFrozen):
        unfreeze(town, john, a_key(town, "k1"))
    freeze(town, john)
    with pytest.raises(AlreadyFrozen):
        freeze(town, john, a_key(town, "k2"))

    assert len(storage.items("audit")) == 1
    assert storage.items("operations") == []


def test_operators_are_not_frozen(town: Town, storage: Storage) -> None:
    other = town.container.users.create_operator(username="eve", email="eve@example.com", password="an odd phrase")

    for operator_id in (town.operator.user_id, other.id):
        with pytest.raises(OperatorNotFreezable):
            town.container.account_freezes.freeze(town.operator, operator_id, WHY)
        with pytest.raises(NotFrozen):
            town.container.account_freezes.unfreeze(town.operator, operator_id, WHY)

    assert storage.items("audit") == []


def test_nobody_else_freezes(town: Town) -> None:
    john, mary = town.person(), town.person()

    with pytest.raises(RoleRequired):
        town.container.account_freezes.freeze(john.as_actor(), mary.id, WHY)
    freeze(town, mary)
    with pytest.raises(RoleRequired):
        town.container.account_freezes.unfreeze(mary.as_actor(), mary.id, WHY)


def test_nobody_who_does_not_exist_is_frozen(town: Town, storage: Storage) -> None:
    with pytest.raises(UserNotFound):
        town.container.account_freezes.freeze(town.operator, new_id(town.clock()), WHY)

    assert storage.items("wallets") == []


def test_the_trail_says_who_did_what_why_and_in_which_request(town: Town) -> None:
    john = town.person()

    freeze(town, john)
    town.clock.advance(minutes=1)
    unfreeze(town, john)

    thawed, frozen = town.container.audit_log.page(town.operator, limit=10).entries
    assert (frozen.actor_id, frozen.actor_username) == (town.operator.user_id, "boss")
    assert (frozen.action, frozen.subject) == ("FREEZE_USER", f"user:{john.id}")
    assert (frozen.details, frozen.request_id) == ({"reason": "Card was stolen"}, "request-1")
    assert (thawed.action, thawed.details, thawed.at) == ("UNFREEZE_USER", {}, town.clock())


def test_a_repeated_request_has_one_effect_and_the_same_answer(town: Town, storage: Storage) -> None:
    john = town.person()

    first = freeze(town, john, a_key(town, "k"))
    second = freeze(town, john, a_key(town, "k"))

    assert (first.replayed, second.replayed) == (False, True)
    assert first.value == second.value
    assert len(storage.items("audit")) == 1


def test_a_replay_shows_the_account_as_it_is_by_then(town: Town, storage: Storage) -> None:
    john = town.person()
    freeze(town, john, a_key(town, "k"))
    unfreeze(town, john)

    again = freeze(town, john, a_key(town, "k"))

    assert again.replayed
    assert again.value.status is AccountStatus.ACTIVE
    assert len(storage.items("audit")) == 2


def test_a_key_is_good_for_one_request(town: Town) -> None:
    john = town.person()
    freeze(town, john, a_key(town, "k"))

    with pytest.raises(IdempotencyKeyReused):
        freeze(town, john, a_key(town, "k", body='{"reason":"another"}'))


def test_of_many_freezes_at_once_one_wins(town: Town, storage: Storage) -> None:
    john = town.person()

    found = all_at_once([lambda: freeze(town, john)] * 12)

    assert Counter(type(each) for each in found) == {IdempotentResult: 1, AlreadyFrozen: 11}
    assert len(storage.items("audit")) == 1


def test_one_key_sent_many_times_at_once_has_one_effect(town: Town, storage: Storage) -> None:
    john = town.person()
    idempotency_key = a_key(town, "k")

    found = all_at_once([lambda: freeze(town, john, idempotency_key)] * 12)

    assert sorted(each.replayed for each in found if isinstance(each, IdempotentResult)) == [False] + [True] * 11
    assert len(storage.items("audit")) == 1


def test_freezing_and_unfreezing_at_once_takes_turns(town: Town, storage: Storage) -> None:
    john = town.person(funds="10.00")

    found = all_at_once([lambda: freeze(town, john), lambda: unfreeze(town, john)] * 8)

    won = [each.value.status for each in found if isinstance(each, IdempotentResult)]
    frozen, thawed = won.count(AccountStatus.FROZEN), won.count(AccountStatus.ACTIVE)
    status = town.container.users.account(town.operator, john.id).status
    assert frozen - thawed == (status is AccountStatus.FROZEN)
    assert town.container.wallets.balance_of(john.id).frozen == (status is AccountStatus.FROZEN)
    assert len(storage.items("audit")) == frozen + thawed


def test_no_money_leaves_once_the_freeze_is_done(town: Town, storage: Storage) -> None:
    john = town.person(funds="100.00")
    withdraw = town.container.wallets.withdraw

    found = all_at_once([lambda: withdraw(john.as_actor(), Money.of("1.00"), "")] * 10 + [lambda: freeze(town, john)])
    with pytest.raises(AccountFrozen):
        withdraw(john.as_actor(), Money.of("1.00"), "")

    refused = sum(isinstance(each, AccountFrozen) for each in found)
    assert not any(isinstance(each, InsufficientFunds) for each in found)
    assert town.balance(john) == str(Money.of("100.00") - Money.of("1.00").times(10 - refused))
    assert assert_ledger_balances(storage)[f"wallet:{john.id}"] == 10000 - 100 * (10 - refused)
