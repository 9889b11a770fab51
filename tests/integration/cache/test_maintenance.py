"""Recent writes, statistics, clearing and sweeping."""

import time

from chalicelib.cache.backends import Backend
from chalicelib.cache.service import Cache
from tests.integration.cache.builders import read_wallet


def fill(cache: Cache, *namespaces: str) -> None:
    for namespace in namespaces:
        for key in ("a", "b"):
            cache.read(namespace, key, lambda: "text", seconds=30)


def is_cached(cache: Cache, namespace: str) -> bool:
    return cache.read(namespace, "a", lambda: "built", seconds=30) == "text"


def test_recent_writes_are_unique_and_newest_first(cache: Cache) -> None:
    cache.record_recent_writes([("loans-of:john", "1"), ("loans-of:mary", "9")])
    cache.record_recent_writes([("loans-of:john", "2")])
    cache.record_recent_writes([("loans-of:john", "1")])

    assert cache.recent_writes("loans-of:john") == ("1", "2")
    assert cache.recent_writes("loans-of:mary") == ("9",)
    assert cache.recent_writes("loans-of:eve") == ()


def test_statistics_cover_all_processes(backend: Backend) -> None:
    first, second = Cache(backend), Cache(backend)
    for cache in (first, second, first, second):
        read_wallet(cache, lambda: "x")
    first.invalidate(["wallet:john"])

    first.statistics()

    assert second.statistics() == {"misses": 1, "hits": 3, "invalidations": 1}


def test_clearing_a_namespace_keeps_others(cache: Cache) -> None:
    fill(cache, "loan:1", "loan:11", "available")

    assert cache.clear("loan:1") == 2

    assert not is_cached(cache, "loan:1")
    assert is_cached(cache, "loan:11")
    assert is_cached(cache, "available")


def test_clearing_without_a_namespace_drops_everything(cache: Cache) -> None:
    fill(cache, "loan:1", "available", "wallet:john")
    assert cache.entries() == 6

    assert cache.clear() == 6

    assert cache.entries() == 0
    assert not is_cached(cache, "available")


def test_sweep_drops_only_unusable_entries(cache: Cache, backend: Backend) -> None:
    fill(cache, "loan:1", "loan:2", "wallet:john")
    cache.read("loan:3", "a", lambda: "short", seconds=1)
    cache.invalidate(["loan:1"])
    time.sleep(1.1)

    found = cache.sweep()

    assert found["dropped"] in (2, 3)  # a server has dropped the expired entry by itself
    assert found["read"] - found["dropped"] == 4
    assert cache.sweep() == {"read": 4, "dropped": 0}
    assert is_cached(cache, "loan:2")
    assert is_cached(cache, "wallet:john")
