"""What every backend does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from chalicelib.cache.backends import Backend
from chalicelib.cache.redis_backend import RedisBackend
from tests.redis_servers import RedisServer

ODD_TEXT = 'ünïcödé \U0001f4b6 "quoted"\n{"a": [1, null]}\u2028'


def test_texts_come_back_as_they_were(backend: Backend) -> None:
    backend.put({"a": ODD_TEXT, "b": ""}, 30)

    assert backend.get(["a", "b", "c"]) == [ODD_TEXT, "", None]


def test_texts_end(backend: Backend) -> None:
    backend.put({"short": "x"}, 1)
    backend.put({"long": "y"}, 30)
    time.sleep(1.1)

    assert backend.get(["short", "long"]) == [None, "y"]


def test_a_text_is_replaced_with_its_lifetime(backend: Backend) -> None:
    backend.put({"a": "old"}, 1)
    backend.put({"a": "new"}, 30)
    time.sleep(1.1)

    assert backend.get(["a"]) == ["new"]


def test_only_the_first_of_many_puts_something_new(backend: Backend) -> None:
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda number: backend.put_new("lock", str(number), 30), range(16)))

    assert won.count(True) == 1
    assert backend.get(["lock"]) == [str(won.index(True))]


def test_what_has_ended_is_new_again(backend: Backend) -> None:
    backend.put_new("lock", "1", 1)
    time.sleep(1.1)

    assert backend.put_new("lock", "2", 30)


def test_a_list_has_its_newest_first_and_a_longest_length(backend: Backend) -> None:
    backend.push([("ids", text) for text in "abcd"] + [("others", "x")], most=3, seconds=30)

    assert backend.pushed("ids") == ["d", "c", "b"]
    assert backend.pushed("others") == ["x"]
    assert backend.pushed("none") == []


def test_nothing_is_lost_when_many_push_at_once(backend: Backend) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: backend.push([("ids", str(number))], most=100, seconds=30), range(64)))

    assert sorted(map(int, backend.pushed("ids"))) == list(range(64))


def test_a_list_ends_after_its_last_push(backend: Backend) -> None:
    backend.push([("ids", "a")], most=3, seconds=1)
    time.sleep(1.1)

    assert backend.pushed("ids") == []


def test_numbers_add_up(backend: Backend) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: backend.add("statistics", {"hits": 2, "misses": 1}), range(50)))

    assert backend.numbers("statistics") == {"hits": 100, "misses": 50}
    assert backend.numbers("nothing") == {}


def test_keys_are_found_by_how_they_begin_and_dropped(backend: Backend) -> None:
    backend.put({f"answer:{number}": "x" for number in range(2500)} | {"version:1": "y"}, 30)

    found = backend.keys("answer:")

    assert sorted(found) == sorted(f"answer:{number}" for number in range(2500))
    assert backend.drop([*found, "answer:unknown"]) == 2500
    assert backend.keys("answer:") == []
    assert backend.drop([]) == 0
    assert backend.get(["version:1"]) == ["y"]


def test_deployments_that_share_a_server_do_not_see_each_other(shared_server: RedisServer) -> None:
    staging, production = (RedisBackend(shared_server.url, prefix=f"p2p-{stage}-") for stage in ("staging", "prod"))
    staging.put({"answer:a": "staging"}, 30)

    assert production.get(["answer:a"]) == [None]
    assert production.drop(production.keys("")) == 0
    assert staging.keys("") == ["answer:a"]
    for backend in (staging, production):
        backend.drop(backend.keys(""))
        backend.close()
