"""Stream records parsed into counter changes."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.reporting.repository.stream_records import counter_change_of

LAST_MOMENT = datetime(2026, 1, 15, 23, 59, 59, 999_000, tzinfo=UTC)


def a_record(table: str = "p2p-local-loans", **images: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventID": "7",
        "eventSourceARN": f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}/stream/2026-01-01T00:00:00.000",
        "dynamodb": {
            "ApproximateCreationDateTime": LAST_MOMENT.timestamp(),
            "SequenceNumber": "100",
            **images,
        },
    }


def sizes(image: Any) -> dict[str, int]:
    return {"items": 1, image["colour"]: image["size"]}


@pytest.mark.parametrize(
    ("images", "counts"),
    [
        ({"NewImage": {"colour": "red", "size": 3}}, {"items": 1, "red": 3}),
        ({"OldImage": {"colour": "red", "size": 3}}, {"items": -1, "red": -3}),
        ({"OldImage": {"colour": "red", "size": 3}, "NewImage": {"colour": "blue", "size": 5}}, {"blue": 5, "red": -3}),
        ({"OldImage": {"colour": "red", "size": 3}, "NewImage": {"colour": "red", "size": 3}}, {}),
        ({}, {}),
    ],
    ids=["insert", "remove", "modify", "touch", "keys only"],
)
def test_change_is_new_image_minus_old_image(images: dict[str, Any], counts: dict[str, int]) -> None:
    assert counter_change_of(a_record(**images), sizes).counts == counts


def test_change_belongs_to_its_utc_day() -> None:
    assert counter_change_of(a_record(), sizes).day == date(2026, 1, 15)


def test_event_keys_differ_between_tables() -> None:
    marks = {counter_change_of(a_record(table), sizes).event_key for table in ("p2p-local-loans", "p2p-local-ledger")}

    assert marks == {"EVENT#p2p-local-loans#7", "EVENT#p2p-local-ledger#7"}
