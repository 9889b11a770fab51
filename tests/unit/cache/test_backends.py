"""Bounds of the in-process backend, and the choice of a backend by its URL."""

import pytest

from chalicelib.cache.backends import InProcessBackend
from chalicelib.cache.redis_backend import RedisBackend
from chalicelib.cache.service import Cache
from chalicelib.shared.settings import InvalidSetting, read_settings


def test_oldest_entries_are_evicted_first() -> None:
    backend = InProcessBackend(most=3)
    for name in "abc":
        backend.put({name: name}, 60)
    backend.put({"a": "again"}, 60)

    backend.put({"d": "d"}, 60)

    assert backend.get(list("abcd")) == ["again", None, "c", "d"]


def test_long_texts_are_evicted_by_size() -> None:
    backend = InProcessBackend(characters=100)

    backend.put({name: name * 40 for name in "abc"}, 60)
    backend.put({"x": "x" * 500}, 60)

    assert backend.get(list("abcx")) == [None, None, None, None]
    assert backend.keys("") == []
    backend.put({"y": "y" * 90}, 60)
    assert backend.get(["y"]) == ["y" * 90]


def test_locks_and_lists_count_as_entries() -> None:
    backend = InProcessBackend(most=10)
    for number in range(50):
        backend.put_new(f"lock:{number}", "1", 60)
        backend.push([(f"fresh:{number}", "1")], most=5, seconds=60)

    assert len(backend.keys("")) == 10


def test_entries_expire_after_their_lifetime() -> None:
    now = [0.0]
    backend = InProcessBackend(lambda: now[0])
    backend.put({"a": "x"}, 10)

    now[0] = 9.9
    assert backend.get(["a"]) == ["x"]
    now[0] = 10.0
    assert backend.get(["a"]) == [None]
    assert backend.put_new("a", "y", 10)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", type(None)),
        ("memory:", InProcessBackend),
        ("redis://localhost:6379/0", RedisBackend),
        ("rediss://cache.example:6379", RedisBackend),
    ],
)
def test_cache_url_selects_the_backend(url: str, kind: type) -> None:
    settings = read_settings({"CACHE_URL": url})

    cache = Cache.of(settings.cache_url, settings.table_prefix)

    assert isinstance(cache.backend, kind)
    assert cache.is_on == bool(url)


@pytest.mark.parametrize(
    "environment",
    [
        *(
            {"CACHE_URL": url}
            for url in ("localhost:6379", "memcached://x", "redis", "memory", "reds://:hunter2@cache")
        ),
        {"CACHE_URL": "memory:", "STAGE": "prod"},
    ],
)
def test_invalid_cache_urls_are_rejected_without_password(environment: dict[str, str]) -> None:
    with pytest.raises(InvalidSetting, match="CACHE_URL") as refusal:
        read_settings(environment)

    assert "hunter2" not in str(refusal.value)


def test_cloud_has_no_cache_by_default() -> None:
    assert not Cache.of(read_settings({"STAGE": "prod"}).cache_url).is_on
