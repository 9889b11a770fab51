"""32 clients over HTTP, each request sent by two of them with the same key; and kill -9 during the load."""

import json
import os
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import boto3
import pytest

from tests.engines import DUMMY_CREDENTIALS, REGION, Storage
from tests.integration.load.clients import Client, Gone, Reply
from tests.integration.load.expected_balances import assert_exactly_these_effects
from tests.integration.load.market import LOANS, PAIRS, Market, Operation, open_market
from tests.integration.local.running_platform import NO_RATE_LIMITS, RunningPlatform, running_platform

pytestmark = [pytest.mark.slow, pytest.mark.own_process]

OPERATIONS: Final = 12
UNLIMITED: Final = NO_RATE_LIMITS | {"LOG_LEVEL": "ERROR"}


class Replies:
    """The replies to the clients, by operation."""

    def __init__(self) -> None:
        self.by_operation: defaultdict[Operation, list[Reply]] = defaultdict(list)
        self._lock = threading.Lock()

    def note(self, operation: Operation, reply: Reply) -> int:
        """Keep a reply; return the number of successes so far."""
        with self._lock:
            self.by_operation[operation].append(reply)
            return sum(reply.done for replies in self.by_operation.values() for reply in replies)

    def effects(self) -> dict[Operation, str]:
        """Return the operations that succeeded; all successful replies to one name the same effect."""
        found: dict[Operation, str] = {}
        for operation, replies in self.by_operation.items():
            done = [reply for reply in replies if reply.done]
            if done:
                (found[operation],) = {operation.effect(reply) for reply in done}
                assert sum(not reply.replayed for reply in done) <= 1
        return found


@contextmanager
def platform_with_tables(data: Path) -> Iterator[tuple[RunningPlatform, Storage]]:
    """Start the local platform as `make run` does, with access to its tables."""
    with running_platform(data, None, **UNLIMITED) as running:
        endpoint = json.loads((data / "database.json").read_text())["endpoint"]
        client = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=DUMMY_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=DUMMY_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        yield running, Storage(endpoint, "p2p-local-", client)


def load(port: int, market: Market, replies: Replies, *, after: Callable[[int], None] = lambda _: None) -> None:
    """Let pairs of clients send the same operations, all at the same time, until all are sent or the server is gone."""
    start_line = threading.Barrier(2 * PAIRS)

    def send_all(number: int) -> None:
        client = Client(port)
        start_line.wait()
        try:
            for operation in market.operations(number % PAIRS, OPERATIONS):
                after(replies.note(operation, operation.send(client)))
        except Gone:
            pass
        finally:
            client.close()

    with ThreadPoolExecutor(2 * PAIRS) as pool:
        list(pool.map(send_all, range(2 * PAIRS)))


def statuses(replies: Replies) -> set[int]:
    return {reply.status for found in replies.by_operation.values() for reply in found}


def test_every_key_of_32_clients_has_one_effect(tmp_path: Path) -> None:
    with platform_with_tables(tmp_path) as (running, storage):
        market, replies = open_market(running.port), Replies()

        load(running.port, market, replies)

        assert {len(found) for found in replies.by_operation.values()} == {2}
        assert statuses(replies) <= {200, 409}
        effects = replies.effects()
        funded = [operation.loan for operation in effects if operation.kind == "fund"]
        assert len(set(funded)) == len(funded)  # each once at most: a lender may have withdrawn too much for some
        assert len(funded) >= LOANS // 2
        assert {operation.kind for operation in effects} == {"deposit", "withdraw", "fund", "pay"}
        assert_exactly_these_effects(storage, market, effects)


def test_acknowledged_operations_survive_kill_9(tmp_path: Path) -> None:
    replies = Replies()
    with platform_with_tables(tmp_path) as (running, _):
        market = open_market(running.port)
        victims = (running.database_pid, running.process.pid)

        def kill(successes: int) -> None:
            if successes == PAIRS * OPERATIONS // 2:
                for pid in victims:
                    os.kill(pid, signal.SIGKILL)

        load(running.port, market, replies, after=kill)
        running.process.wait(10)
    acknowledged = replies.effects()
    assert PAIRS * OPERATIONS // 4 <= len(acknowledged) < PAIRS * OPERATIONS

    with platform_with_tables(tmp_path) as (running, storage):
        again = Replies()
        client = Client(running.port)
        for operation in acknowledged:
            again.note(operation, operation.send(client))

        assert {reply.replayed for found in again.by_operation.values() for reply in found} == {True}
        assert again.effects() == acknowledged
        sent = [operation for pair in range(PAIRS) for operation in market.operations(pair, OPERATIONS)]
        in_flight = [operation for operation in sent if operation not in acknowledged]
        for operation in in_flight:
            again.note(operation, operation.send(client))
        client.close()
        assert_exactly_these_effects(storage, market, again.effects())
