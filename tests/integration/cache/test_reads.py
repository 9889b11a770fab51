"""Reads through the cache: lifetimes of entries, invalidation, and concurrent builds."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from chalicelib.cache.backends import Backend, InProcessBackend
from chalicelib.cache.service import Cache
from chalicelib.shared.errors import NotFound
from tests.concurrent_calls import run_concurrently
from tests.integration.cache.builders import ManualTime, TextBuilder, read_page, read_wallet


def test_second_read_returns_the_cached_text(cache: Cache) -> None:
    text = '{"purpose": "a\nb\r\n|\u2028 \U0001f3e0"}'

    assert [read_wallet(cache, lambda: text), read_wallet(cache, lambda: "another")] == [text, text]


def test_invalidation_ends_the_entry(cache: Cache) -> None:
    build = TextBuilder()
    read_wallet(cache, build)

    cache.invalidate(["wallet:johnny", "wallet:", "available"])
    unchanged = read_wallet(cache, build)
    cache.invalidate(["wallet:john"])

    assert [unchanged, read_wallet(cache, build)] == ["text 1", "text 2"]


def test_keys_of_a_namespace_are_invalidated_together(cache: Cache) -> None:
    for _ in range(2):
        assert cache.read("loan:1", "detail:john", lambda: "for john", seconds=30) == "for john"
        assert cache.read("loan:1", "detail:mary", lambda: "for mary", seconds=30) == "for mary"

    cache.invalidate(["loan:1"])

    assert cache.read("loan:1", "detail:john", lambda: "new", seconds=30) == "new"
    assert cache.read("loan:1", "detail:mary", lambda: "new", seconds=30) == "new"


def test_text_invalidated_while_built_is_never_served(cache: Cache) -> None:
    overtaken = TextBuilder(meanwhile=lambda: cache.invalidate(["wallet:john"]))

    assert read_wallet(cache, overtaken) == "text 1"

    assert read_wallet(cache, TextBuilder()) == "text 1"
    assert overtaken.built == 1


def test_entry_expires_after_its_lifetime(cache: Cache) -> None:
    build = TextBuilder()
    read_wallet(cache, build, seconds=1)
    time.sleep(1.1)

    assert read_wallet(cache, build, seconds=1) == "text 2"


def test_errors_are_raised_and_never_cached(cache: Cache) -> None:
    def reject() -> str:
        raise NotFound

    for _ in range(3):
        with pytest.raises(NotFound):
            read_wallet(cache, reject)

    began = time.monotonic()
    assert read_wallet(cache, lambda: "found") == "found"
    assert time.monotonic() - began < 0.2


def test_lost_version_ends_the_entry(cache: Cache, backend: Backend) -> None:
    build = TextBuilder()
    read_wallet(cache, build)

    backend.drop(backend.keys("version:"))

    assert read_wallet(cache, build) == "text 2"


def test_malformed_entry_is_not_served(cache: Cache, backend: Backend) -> None:
    read_wallet(cache, lambda: "ours")
    [name] = backend.keys("answer:")

    backend.put({name: "nonsense"}, 30)

    assert read_wallet(cache, lambda: "ours again") == "ours again"


def test_page_is_not_cached_soon_after_changes(cache: Cache, time_of_day: ManualTime) -> None:
    build = TextBuilder()
    cache.invalidate(["available"])

    assert [read_page(cache, build), read_page(cache, build)] == ["text 1", "text 2"]
    time_of_day.advance(1.99)
    assert read_page(cache, build) == "text 3"
    time_of_day.advance(0.02)
    assert [read_page(cache, build), read_page(cache, build)] == ["text 4", "text 4"]


def test_age_of_a_page_counts_from_its_read(cache: Cache, time_of_day: ManualTime) -> None:
    cache.invalidate(["available"])
    time_of_day.advance(1.9)
    slow = TextBuilder(meanwhile=lambda: time_of_day.advance(0.5))

    read_page(cache, slow)

    assert read_page(cache, TextBuilder()) == "text 1"
    assert slow.built == 1


def test_page_with_a_lost_version_counts_as_changed(cache: Cache, backend: Backend, time_of_day: ManualTime) -> None:
    build = TextBuilder()
    cache.invalidate(["available"])
    backend.drop(backend.keys("version:"))

    assert [read_page(cache, build), read_page(cache, build)] == ["text 1", "text 2"]


@pytest.mark.parametrize("processes", [1, 12])
def test_one_of_many_concurrent_readers_builds(backend: Backend, processes: int) -> None:
    """A process has a cache of its own; only the backend is shared.

    A reader that waits too long builds for itself, so on a busy machine a second one may build, never all of them.
    """
    build = TextBuilder(meanwhile=lambda: time.sleep(0.05))
    caches = [Cache(backend) for _ in range(processes)] * (24 // processes)

    texts = run_concurrently([partial(read_wallet, cache, build) for cache in caches])

    assert "text 1" in texts
    assert build.built <= 3


def test_long_wait_ends_in_an_own_build(cache: Cache) -> None:
    never = threading.Event()
    slow = TextBuilder(meanwhile=lambda: never.wait(5))

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(read_wallet, cache, slow)
        while not slow.built:
            time.sleep(0.001)
        assert read_wallet(cache, lambda: "my own") == "my own"
        never.set()
        assert first.result() == "text 1"


def test_reads_of_an_uncached_page_do_not_wait(cache: Cache) -> None:
    cache.invalidate(["available"])
    build = TextBuilder(meanwhile=lambda: time.sleep(0.2))

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: read_page(cache, build), range(8)))

    assert build.built == 8
    assert time.monotonic() - began < 1


class Lifetimes(InProcessBackend):
    """Record the lifetime of each entry."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[int] = []

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        self.seconds.append(seconds)
        super().put(entries, seconds)


def test_lifetimes_are_spread() -> None:
    backend = Lifetimes()
    cache = Cache(backend)
    for number in range(60):
        cache.read("loan:1", str(number), lambda: "x", seconds=60)

    assert min(backend.seconds) >= 48
    assert max(backend.seconds) <= 60
    assert len(set(backend.seconds)) > 5


def test_cache_without_a_backend_builds_every_text() -> None:
    cache, build = Cache(None), TextBuilder()

    assert [read_wallet(cache, build), read_page(cache, build)] == ["text 1", "text 2"]
    cache.invalidate(["wallet:john"])
    cache.record_recent_writes([("loans-of:john", "1")])
    assert (cache.recent_writes("loans-of:john"), cache.clear(), cache.entries()) == ((), 0, 0)
    assert (cache.sweep(), cache.statistics()) == ({"read": 0, "dropped": 0}, {})
