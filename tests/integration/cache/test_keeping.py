"""Fresh members, statistics, clearing and sweeping."""

from __future__ import annotations

import time

from chalicelib.cache.backends import Backend
from chalicelib.cache.service import Cache
from tests.integration.cache.answers import shown


def fill(cache: Cache, *namespaces: str) -> None:
    for namespace in namespaces:
        for key in ("a", "b"):
            cache.read(namespace, key, lambda: "text", seconds=30)


def is_kept(cache: Cache, namespace: str) -> bool:
    return cache.read(namespace, "a", lambda: "built", seconds=30) == "text"


def test_fresh_members_are_known_once_each_the_latest_first(cache: Cache) -> None:
    cache.record_recent_writes([("loans-of:john", "1"), ("loans-of:mary", "9")])
    cache.record_recent_writes([("loans-of:john", "2")])
    cache.record_recent_writes([("loans-of:john", "1")])

    assert cache.recent_writes("loans-of:john") == ("1", "2")
    assert cache.recent_writes("loans-of:mary") == ("9",)
    assert cache.recent_writes("loans-of:eve") == ()


def test_hits_and_misses_of_all_processes_are_counted(backend: Backend) -> None:
    first, second = Cache(backend), Cache(backend)
    for cache in (first, second, first, second):
        shown(cache, lambda: "x")
    first.invalidate(["wallet:john"])

    first.statistics()

    assert second.statistics() == {"misses": 1, "hits": 3, "invalidations": 1}


def test_a_namespace_is_cleared_and_others_stay(cache: Cache) -> None:
    fill(cache, "loan:1", "loan:11", "available")

    assert cache.clear("loan:1") == 2

    assert not is_kept(cache, "loan:1")
    assert is_kept(cache, "loan:11")
    assert is_kept(cache, "available")


def test_everything_is_cleared(cache: Cache) -> None:
    fill(cache, "loan:1", "available", "wallet:john")
    assert cache.entries() == 6

    assert cache.clear() == 6

    assert cache.entries() == 0
    assert not is_kept(cache, "available")


def test_a_sweep_drops_what_nobody_would_take_and_nothing_else(cache: Cache, backend: Backend) -> None:
    fill(cache, "loan:1", "loan:2", "wallet:john")
    cache.read("loan:3", "a", lambda: "short", seconds=1)
    cache.invalidate(["loan:1"])
    time.sleep(1.1)

    found = cache.sweep()

    assert found["dropped"] in (2, 3)  # a server has dropped the expired entry by itself
    assert found["read"] - found["dropped"] == 4
    assert cache.sweep() == {"read": 4, "dropped": 0}
    assert is_kept(cache, "loan:2")
    assert is_kept(cache, "wallet:john")
