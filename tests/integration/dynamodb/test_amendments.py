"""Amendments: other operations in place of one whose condition failed."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.errors import AlreadyWrittenError
from chalicelib.dynamodb.model import item_absent, item_exists
from chalicelib.dynamodb.transaction import Amendment, TransactionTooLarge, WriteTransaction
from chalicelib.wallets.models import PostingItem
from tests.engines import Storage

ACCOUNT = "loan:01KF0E7G00ZZZZZZZZZZZZZZZZ"


def posting(number: int) -> PostingItem:
    return PostingItem(ACCOUNT, f"{number:026d}", lines=[])


def puts(*numbers: int) -> Amendment:
    def add(amended: WriteTransaction) -> None:
        for number in numbers:
            put(amended, number)

    return Amendment(add)


def put(writes: WriteTransaction, number: int, otherwise: Callable[[], Exception] = AlreadyWrittenError) -> None:
    """Add a posting that must not exist yet; if it does, ``otherwise`` decides."""
    writes.put(posting(number), when=item_absent(PostingItem), on_condition_failed=lambda _: otherwise())


def stored(storage: Storage) -> list[int]:
    return sorted(int(item["transaction"]["S"]) for item in storage.items("ledger"))


@pytest.fixture
def writes(container: Container) -> WriteTransaction:
    """A transaction, after the posting 1 was written."""
    first = WriteTransaction(container.database)
    put(first, 1)
    first.commit()
    return WriteTransaction(container.database)


def test_amended_transaction_is_committed(writes: WriteTransaction, storage: Storage) -> None:
    put(writes, 1, lambda: puts(2, 3))
    put(writes, 4)

    writes.commit()

    assert stored(storage) == [1, 2, 3, 4]


def test_amendment_can_be_amended_again(writes: WriteTransaction, storage: Storage) -> None:
    put(writes, 1, lambda: Amendment(lambda amended: put(amended, 1, lambda: puts(2))))

    writes.commit()

    assert stored(storage) == [1, 2]


def test_amended_transaction_is_another_request(
    container: Container, writes: WriteTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[str] = []
    send = container.database.call

    def record(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        tokens.append(arguments["ClientRequestToken"])
        return send(operation, arguments)

    monkeypatch.setattr(container.database, "call", record)
    put(writes, 1, lambda: puts(2))

    writes.commit()

    assert len(set(tokens)) == len(tokens) == 2


def test_error_of_another_condition_prevents_the_amendment(writes: WriteTransaction, storage: Storage) -> None:
    put(writes, 1, lambda: puts(2))
    writes.check(posting(9), when=item_exists(PostingItem), on_condition_failed=lambda _: ValueError("missing"))

    with pytest.raises(ValueError, match="missing"):
        writes.commit()

    assert stored(storage) == [1]


def test_amendment_beyond_100_operations_changes_nothing(writes: WriteTransaction, storage: Storage) -> None:
    put(writes, 1, lambda: puts(200, 201))
    for number in range(2, 101):
        put(writes, number)

    with pytest.raises(TransactionTooLarge):
        writes.commit()

    assert stored(storage) == [1]
