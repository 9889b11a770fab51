"""32 clients over HTTP, each request sent by two of them under one key; and kill -9 in the middle of it."""

from __future__ import annotations

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
from tests.integration.local.running_platform import RunningPlatform, running_platform

pytestmark = [pytest.mark.slow, pytest.mark.own_process]

WISHES: Final = 12
UNLIMITED: Final = {
    "THROTTLE_RATE": "off", "THROTTLE_AUTH": "off", "THROTTLE_USER": "off", "THROTTLE_ANON": "off",
    "LOG_LEVEL": "ERROR",
}  # fmt: skip


class Ledger:
    """What the clients were told, by operation."""

    def __init__(self) -> None:
        self.replies: defaultdict[Operation, list[Reply]] = defaultdict(list)
        self._lock = threading.Lock()

    def note(self, operation: Operation, reply: Reply) -> int:
        """Keep an answer; how many successes there are now."""
        with self._lock:
            self.replies[operation].append(reply)
            return sum(reply.done for replies in self.replies.values() for reply in replies)

    def effects(self) -> dict[Operation, str]:
        """The operations that were carried out; whoever was told so was told of one effect."""
        found: dict[Operation, str] = {}
        for operation, replies in self.replies.items():
            done = [reply for reply in replies if reply.done]
            if done:
                (found[operation],) = {operation.effect(reply) for reply in done}
                assert sum(not reply.replayed for reply in done) <= 1
        return found


@contextmanager
def a_platform(data: Path) -> Iterator[tuple[RunningPlatform, Storage]]:
    """The local platform as `make run` starts it, and a look into its tables."""
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


def load(port: int, market: Market, told: Ledger, *, after: Callable[[int], None] = lambda _: None) -> None:
    """Two clients each ask for the same wishes, all at once, until they have asked or the server is gone."""
    together = threading.Barrier(2 * PAIRS)

    def ask(number: int) -> None:
        client = Client(port)
        together.wait()
        try:
            for operation in market.wishes(number % PAIRS, WISHES):
                after(told.note(operation, operation.send(client)))
        except Gone:
            pass
        finally:
            client.close()

    with ThreadPoolExecutor(2 * PAIRS) as pool:
        list(pool.map(ask, range(2 * PAIRS)))


def statuses(told: Ledger) -> set[int]:
    return {reply.status for replies in told.replies.values() for reply in replies}


def test_32_clients_make_and_lose_no_money_and_every_key_has_one_effect(tmp_path: Path) -> None:
    with a_platform(tmp_path) as (running, storage):
        market, told = open_market(running.port), Ledger()

        load(running.port, market, told)

        assert {len(replies) for replies in told.replies.values()} == {2}
        assert statuses(told) <= {200, 409}
        effects = told.effects()
        funded = [operation.loan for operation in effects if operation.kind == "fund"]
        assert len(set(funded)) == len(funded)  # each at most once: a lender may have withdrawn too much for some
        assert len(funded) >= LOANS // 2
        assert {operation.kind for operation in effects} == {"deposit", "withdraw", "fund", "pay"}
        assert_exactly_these_effects(storage, market, effects)


def test_after_kill_9_of_server_and_engine_everything_acknowledged_is_there(tmp_path: Path) -> None:
    told = Ledger()
    with a_platform(tmp_path) as (running, _):
        market = open_market(running.port)
        victims = (running.database_pid, running.process.pid)

        def kill(successes: int) -> None:
            if successes == PAIRS * WISHES // 2:
                for pid in victims:
                    os.kill(pid, signal.SIGKILL)

        load(running.port, market, told, after=kill)
        running.process.wait(10)
    acknowledged = told.effects()
    assert PAIRS * WISHES // 4 <= len(acknowledged) < PAIRS * WISHES

    with a_platform(tmp_path) as (running, storage):
        again = Ledger()
        client = Client(running.port)
        for operation in acknowledged:
            again.note(operation, operation.send(client))

        assert {reply.replayed for replies in again.replies.values() for reply in replies} == {True}
        assert again.effects() == acknowledged
        in_flight = [wish for pair in range(PAIRS) for wish in market.wishes(pair, WISHES) if wish not in acknowledged]
        for operation in in_flight:
            again.note(operation, operation.send(client))
        client.close()
        assert_exactly_these_effects(storage, market, again.effects())
