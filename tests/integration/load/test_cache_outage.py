"""The cache server is killed, started, frozen and thawed during a load: no request fails or is stale."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.cache.redis_backend import OPEN_SECONDS
from tests.integration.load.test_load import UNLIMITED
from tests.integration.local.running_platform import RunningPlatform, running_platform
from tests.redis_servers import RedisServer, a_redis_server

pytestmark = [pytest.mark.slow, pytest.mark.own_process]

PEOPLE: Final = 4
PASSWORD: Final = "correct-horse-battery"


class Reader:
    """A user who repeatedly deposits a cent and reads the wallet twice and the open loans."""

    def __init__(self, platform: RunningPlatform, number: int) -> None:
        name = f"reader_{number}"
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "role": "LENDER"}
        assert platform.call("POST", "/api/users/register/", body)[0] == 201
        self._token = platform.token_of(name, PASSWORD)
        self._container = platform
        self.cents = 0
        self.wrong: list[Any] = []

    def go_on_until(self, stopped: threading.Event) -> None:
        """Send requests and record wrong responses."""
        while not stopped.is_set():
            self.cents += 1
            expected = f"{self.cents // 100}.{self.cents % 100:02d}"
            self._expect("POST", "/api/wallets/deposit/", {"amount": "0.01"})
            for path in ("/api/wallets/", "/api/wallets/", "/api/loans/available/"):
                response = self._expect("GET", path)
                if response.get("balance", expected) != expected:
                    self.wrong.append((expected, response))

    def _expect(self, method: str, path: str, body: object = None) -> Any:
        status, response = self._container.call(method, path, body, self._token)
        if status != 200:
            self.wrong.append((method, path, status, response))
        return response


@contextmanager
def a_load(platform: RunningPlatform) -> Iterator[list[Reader]]:
    """Run readers; assert at the end that none has seen a wrong response."""
    stopped, readers = threading.Event(), [Reader(platform, number) for number in range(PEOPLE)]
    with ThreadPoolExecutor(PEOPLE) as pool:
        work: list[Future[None]] = [pool.submit(reader.go_on_until, stopped) for reader in readers]
        try:
            yield readers
        finally:
            stopped.set()
        for each in work:
            each.result(30)
    assert [reader.wrong for reader in readers] == [[]] * PEOPLE
    assert all(reader.cents > 10 for reader in readers)


def hits(platform: RunningPlatform, operator: str) -> int:
    status, response = platform.call("GET", "/api/admin/cache/", token=operator)
    assert (status, response["backend"]) == (200, "redis")
    return int(response["hits"])


def hits_return(platform: RunningPlatform, operator: str) -> bool:
    """Return whether responses come from the cache again soon after its server is back."""
    until = time.monotonic() + 2 * OPEN_SECONDS
    before = hits(platform, operator)
    while time.monotonic() < until:
        time.sleep(0.2)
        if hits(platform, operator) > before + PEOPLE:
            return True
    return False


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """The cache server."""
    with a_redis_server() as running:
        yield running


def test_requests_succeed_and_are_fresh_during_cache_outages(tmp_path: Path, server: RedisServer) -> None:
    with running_platform(tmp_path, None, CACHE_URL=server.url, **UNLIMITED) as platform:
        operator = platform.token_of("admin", "admin123")
        with a_load(platform):
            assert hits_return(platform, operator)

            server.stop()
            time.sleep(1.5)
            assert platform.call("GET", "/api/admin/cache/", token=operator)[1]["reachable"] is False
            server.start()
            assert hits_return(platform, operator)

            server.freeze()
            time.sleep(1.5)
            server.thaw()
            assert hits_return(platform, operator)
