"""Subscribers of one stream do not affect each other."""

from collections.abc import Sequence
from typing import Any

from chalicelib.jobs.streams import DerivedStream, Record

RECORDS = [{"dynamodb": {"SequenceNumber": number}} for number in ("8", "9", "10")]


class Recorder:
    """A subscriber that fails at one record, or as a whole."""

    def __init__(self, fails_at: str | None = None, error: Exception | None = None) -> None:
        self.seen: list[str] = []
        self._fails_at = fails_at
        self._error = error

    def __call__(self, records: Sequence[Record]) -> str | None:
        if self._error:
            raise self._error
        for record in records:
            number = str(record["dynamodb"]["SequenceNumber"])
            if number == self._fails_at:
                return number
            self.seen.append(number)
        return None


def failures(*subscribers: Recorder) -> Any:
    response = DerivedStream("loans", subscribers).process(RECORDS)
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def test_batch_succeeds_if_all_subscribers_do() -> None:
    first, second = Recorder(), Recorder()

    assert failures(first, second) == []
    assert first.seen == second.seen == ["8", "9", "10"]


def test_failing_subscriber_keeps_no_record_from_others() -> None:
    failing, other = Recorder("9"), Recorder()

    assert failures(failing, other) == ["9"]
    assert (failing.seen, other.seen) == (["8"], ["8", "9", "10"])


def test_first_failed_record_of_all_subscribers_is_reported() -> None:
    assert failures(Recorder("10"), Recorder("9")) == ["9"]


def test_unexpected_error_returns_the_whole_batch() -> None:
    other = Recorder()

    assert failures(Recorder(error=RuntimeError("broken")), other) == ["8"]
    assert other.seen == ["8", "9", "10"]
