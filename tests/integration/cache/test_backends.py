"""The contract of all backends."""

import time
from concurrent.futures import ThreadPoolExecutor

from chalicelib.cache.backends import Backend
from chalicelib.cache.redis_backend import RedisBackend
from tests.redis_servers import RedisServer

ODD_TEXT = 'ünïcödé \U0001f4b6 "quoted"\n{"a": [1, null]}\u2028'


def test_texts_are_returned_unchanged(backend: Backend) -> None:
    backend.put({"a": ODD_TEXT, "b": ""}, 30)

    assert backend.get(["a", "b", "c"]) == [ODD_TEXT, "", None]


def test_only_the_first_concurrent_put_new_succeeds(backend: Backend) -> None:
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda number: backend.put_new("lock", str(number), 30), range(16)))

    assert won.count(True) == 1
    assert backend.get(["lock"]) == [str(won.index(True))]


def test_entries_expire_after_their_own_lifetime(backend: Backend) -> None:
    backend.put({"short": "x", "replaced": "old"}, 1)
    backend.put({"long": "y", "replaced": "new"}, 30)
    backend.put_new("lock", "1", 1)
    backend.push([("ids", "a")], most=3, seconds=1)
    time.sleep(1.1)

    assert backend.get(["short", "long", "replaced"]) == [None, "y", "new"]
    assert backend.put_new("lock", "2", 30)
    assert backend.pushed("ids") == []


def test_list_is_limited_and_newest_first(backend: Backend) -> None:
    backend.push([("ids", text) for text in "abcd"] + [("others", "x")], most=3, seconds=30)

    assert backend.pushed("ids") == ["d", "c", "b"]
    assert backend.pushed("others") == ["x"]
    assert backend.pushed("none") == []


def test_concurrent_pushes_lose_nothing(backend: Backend) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: backend.push([("ids", str(number))], most=100, seconds=30), range(64)))

    assert sorted(map(int, backend.pushed("ids"))) == list(range(64))


def test_concurrent_additions_are_summed(backend: Backend) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: backend.add("statistics", {"hits": 2, "misses": 1}), range(50)))

    assert backend.numbers("statistics") == {"hits": 100, "misses": 50}
    assert backend.numbers("nothing") == {}


def test_keys_are_found_by_prefix_and_dropped(backend: Backend) -> None:
    backend.put({f"answer:{number}": "x" for number in range(2500)} | {"version:1": "y"}, 30)

    found = backend.keys("answer:")

    assert sorted(found) == sorted(f"answer:{number}" for number in range(2500))
    assert backend.drop([*found, "answer:unknown"]) == 2500
    assert backend.keys("answer:") == []
    assert backend.drop([]) == 0
    assert backend.get(["version:1"]) == ["y"]


def test_deployments_on_one_server_are_isolated(shared_server: RedisServer) -> None:
    staging, production = (RedisBackend(shared_server.url, prefix=f"p2p-{stage}-") for stage in ("staging", "prod"))
    staging.put({"answer:a": "staging"}, 30)

    assert production.get(["answer:a"]) == [None]
    assert production.drop(production.keys("")) == 0
    assert staging.keys("") == ["answer:a"]
    for backend in (staging, production):
        backend.drop(backend.keys(""))
        backend.close()
