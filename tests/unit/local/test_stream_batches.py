"""What of a stream's batch is done, when a function reports a record that it could not take."""

from __future__ import annotations

from typing import Any

import pytest

from local.streams import taken

RECORDS: list[dict[str, Any]] = [{"dynamodb": {"SequenceNumber": place}} for place in ("10", "11", "12")]


def failed(*places: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": place} for place in places]}


@pytest.mark.parametrize(
    ("answer", "done"),
    [({}, 3), (failed(), 3), (failed("10"), 0), (failed("12"), 2), (failed("12", "11"), 1), (failed("99"), 3)],
    ids=["no answer", "no failure", "the first", "the last", "two", "an unknown one"],
)
def test_what_stands_before_the_first_failure_does_not_come_again(answer: dict[str, Any], done: int) -> None:
    assert taken(RECORDS, answer) == RECORDS[:done]
