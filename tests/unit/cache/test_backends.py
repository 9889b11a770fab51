"""The in-process backend is bounded; the circuit opens and closes."""

from __future__ import annotations

import pytest

from chalicelib.cache.backends import InProcessBackend
from chalicelib.cache.redis_backend import RedisBackend
from chalicelib.cache.service import Cache
from chalicelib.shared.settings import InvalidSetting, read_settings


def test_what_was_put_longest_ago_is_forgotten_first() -> None:
    backend = InProcessBackend(most=3)
    for name in "abc":
        backend.put({name: name}, 60)
    backend.put({"a": "again"}, 60)

    backend.put({"d": "d"}, 60)

    assert backend.get(list("abcd")) == ["again", None, "c", "d"]


def test_long_texts_are_forgotten_before_they_fill_the_memory() -> None:
    backend = InProcessBackend(characters=100)

    backend.put({name: name * 40 for name in "abc"}, 60)
    backend.put({"x": "x" * 500}, 60)

    assert backend.get(list("abcx")) == [None, None, None, None]
    assert backend.keys("") == []
    backend.put({"y": "y" * 90}, 60)
    assert backend.get(["y"]) == ["y" * 90]


def test_locks_and_lists_count_as_well() -> None:
    backend = InProcessBackend(most=10)
    for number in range(50):
        backend.put_new(f"lock:{number}", "1", 60)
        backend.push([(f"fresh:{number}", "1")], most=5, seconds=60)

    assert len(backend.keys("")) == 10


def test_time_ends_what_is_kept() -> None:
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
def test_the_url_says_where_answers_are_kept(url: str, kind: type) -> None:
    settings = read_settings({"CACHE_URL": url})

    cache = Cache.of(settings.cache_url, settings.table_prefix)

    assert isinstance(cache.backend, kind)
    assert cache.is_on == bool(url)


@pytest.mark.parametrize("url", ["localhost:6379", "memcached://x", "redis", "memory"])
def test_an_address_of_another_form_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(InvalidSetting, match="CACHE_URL"):
        read_settings({"CACHE_URL": url})


def test_a_password_in_the_address_is_not_repeated() -> None:
    with pytest.raises(InvalidSetting) as refusal:
        read_settings({"CACHE_URL": "reds://:hunter2@cache"})

    assert "hunter2" not in str(refusal.value)


def test_in_the_cloud_a_process_keeps_no_answers_of_its_own() -> None:
    with pytest.raises(InvalidSetting):
        read_settings({"CACHE_URL": "memory:", "STAGE": "prod"})
    assert not Cache.of(read_settings({"STAGE": "prod"}).cache_url).is_on
