"""Reading through the cache: when an answer is kept, when it is worthless, and who builds it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.cache.backends import Backend, InProcessBackend
from chalicelib.cache.service import Cache
from chalicelib.shared.errors import NotFound
from tests.integration.cache.answers import Answer, SteppedTime, listed, shown


def test_the_second_reader_gets_what_the_first_one_built(cache: Cache) -> None:
    answer = Answer()

    assert [shown(cache, answer), shown(cache, answer)] == ["answer 1", "answer 1"]


def test_an_answer_with_any_characters_comes_back_as_it_was(cache: Cache) -> None:
    text = '{"purpose": "a\nb\r\n|\u2028 \U0001f3e0"}'

    assert [shown(cache, lambda: text), shown(cache, lambda: "another")] == [text, text]


def test_a_change_makes_an_answer_worthless(cache: Cache) -> None:
    answer = Answer()
    shown(cache, answer)

    cache.invalidate(["wallet:john"])

    assert shown(cache, answer) == "answer 2"


def test_a_change_of_something_else_does_not(cache: Cache) -> None:
    answer = Answer()
    shown(cache, answer)

    cache.invalidate(["wallet:johnny", "wallet:", "available"])

    assert shown(cache, answer) == "answer 1"


def test_keys_of_one_namespace_are_different_answers_that_end_together(cache: Cache) -> None:
    for _ in range(2):
        assert cache.read("loan:1", "detail:john", lambda: "for john", seconds=30) == "for john"
        assert cache.read("loan:1", "detail:mary", lambda: "for mary", seconds=30) == "for mary"

    cache.invalidate(["loan:1"])

    assert cache.read("loan:1", "detail:john", lambda: "new", seconds=30) == "new"
    assert cache.read("loan:1", "detail:mary", lambda: "new", seconds=30) == "new"


def test_an_answer_that_was_overtaken_while_it_was_built_is_never_served(cache: Cache) -> None:
    overtaken = Answer(meanwhile=lambda: cache.invalidate(["wallet:john"]))

    assert shown(cache, overtaken) == "answer 1"

    assert shown(cache, Answer()) == "answer 1"
    assert overtaken.built == 1


def test_an_answer_ends_after_its_lifetime_at_the_latest(cache: Cache) -> None:
    answer = Answer()
    shown(cache, answer, seconds=1)
    time.sleep(1.1)

    assert shown(cache, answer, seconds=1) == "answer 2"


def test_a_refusal_is_raised_to_each_and_kept_for_none(cache: Cache) -> None:
    def on_condition_failed() -> str:
        raise NotFound

    for _ in range(3):
        with pytest.raises(NotFound):
            shown(cache, on_condition_failed)

    began = time.monotonic()
    assert shown(cache, lambda: "found") == "found"
    assert time.monotonic() - began < 0.2


def test_a_lost_version_makes_answers_worthless(cache: Cache, backend: Backend) -> None:
    answer = Answer()
    shown(cache, answer)

    backend.drop(backend.keys("version:"))

    assert shown(cache, answer) == "answer 2"


def test_an_entry_that_somebody_else_wrote_is_not_served(cache: Cache, backend: Backend) -> None:
    shown(cache, lambda: "ours")
    [name] = backend.keys("answer:")

    backend.put({name: "nonsense"}, 30)

    assert shown(cache, lambda: "ours again") == "ours again"


def test_a_list_is_not_kept_within_two_seconds_of_its_change(cache: Cache, time_of_day: SteppedTime) -> None:
    answer = Answer()
    cache.invalidate(["available"])

    assert [listed(cache, answer), listed(cache, answer)] == ["answer 1", "answer 2"]
    time_of_day.advance(1.99)
    assert listed(cache, answer) == "answer 3"
    time_of_day.advance(0.02)
    assert [listed(cache, answer), listed(cache, answer)] == ["answer 4", "answer 4"]


def test_what_counts_is_when_a_list_was_read_and_not_when_it_was_ready(cache: Cache, time_of_day: SteppedTime) -> None:
    cache.invalidate(["available"])
    time_of_day.advance(1.9)
    slow = Answer(meanwhile=lambda: time_of_day.advance(0.5))

    listed(cache, slow)

    assert listed(cache, Answer()) == "answer 1"
    assert slow.built == 1


def test_a_list_whose_version_was_lost_counts_as_changed_just_now(
    cache: Cache, backend: Backend, time_of_day: SteppedTime
) -> None:
    answer = Answer()
    cache.invalidate(["available"])
    backend.drop(backend.keys("version:"))

    assert [listed(cache, answer), listed(cache, answer)] == ["answer 1", "answer 2"]


def test_one_of_many_readers_at_once_builds(cache: Cache) -> None:
    answer = Answer(meanwhile=lambda: time.sleep(0.05))
    together = threading.Barrier(24)

    def read(_: int) -> str:
        together.wait()
        return shown(cache, answer)

    with ThreadPoolExecutor(24) as pool:
        texts = set(pool.map(read, range(24)))

    assert "answer 1" in texts
    assert answer.built <= 3, "a server that answers late on a busy machine may let a second one build, never all"


def test_one_of_many_processes_at_once_builds(backend: Backend) -> None:
    """A process has a cache object of its own; nothing is shared but the backend.

    Who waits too long builds for itself, so on a busy machine a second one may: never all of them.
    """
    answer = Answer(meanwhile=lambda: time.sleep(0.05))
    together = threading.Barrier(12)

    def read(cache: Cache) -> str:
        together.wait()
        return shown(cache, answer)

    with ThreadPoolExecutor(12) as pool:
        texts = set(pool.map(read, [Cache(backend) for _ in range(12)]))

    assert "answer 1" in texts
    assert answer.built <= 3


def test_who_waits_too_long_builds_for_itself(cache: Cache) -> None:
    never = threading.Event()
    slow = Answer(meanwhile=lambda: never.wait(5))

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shown, cache, slow)
        while not slow.built:
            time.sleep(0.001)
        assert shown(cache, lambda: "my own") == "my own"
        never.set()
        assert first.result() == "answer 1"


def test_readers_of_a_list_that_is_not_kept_do_not_wait_for_each_other(cache: Cache) -> None:
    cache.invalidate(["available"])
    answer = Answer(meanwhile=lambda: time.sleep(0.2))

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: listed(cache, answer), range(8)))

    assert answer.built == 8
    assert time.monotonic() - began < 1


class Lifetimes(InProcessBackend):
    """Remembers for how long each answer was kept."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[int] = []

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        self.seconds.append(seconds)
        super().put(entries, seconds)


def test_entries_made_together_do_not_end_together() -> None:
    backend = Lifetimes()
    cache = Cache(backend)
    for number in range(60):
        cache.read("loan:1", str(number), lambda: "x", seconds=60)

    assert min(backend.seconds) >= 48
    assert max(backend.seconds) <= 60
    assert len(set(backend.seconds)) > 5


def test_without_a_backend_everything_is_built() -> None:
    cache, answer = Cache(None), Answer()

    assert [shown(cache, answer), listed(cache, answer)] == ["answer 1", "answer 2"]
    cache.invalidate(["wallet:john"])
    cache.record_recent_writes([("loans-of:john", "1")])
    assert (cache.recent_writes("loans-of:john"), cache.clear(), cache.entries()) == ((), 0, 0)
    assert (cache.sweep(), cache.statistics()) == ({"read": 0, "dropped": 0}, {})
