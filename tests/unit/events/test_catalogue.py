"""The catalogue of event types: each is complete, and its example is valid."""

import re
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event import EventValue
from chalicelib.events.domain.event_type import EventType, Field, FieldKind
from chalicelib.shared.ids import is_id

TYPES = list(CATALOGUE.values())
NAME = re.compile(r"[a-z_]+\.[a-z_]+")
CODE = re.compile(r"[A-Za-z0-9_]{1,40}")


def is_valid(field: Field, value: EventValue) -> bool:
    """Return whether a value has the kind of its field."""
    if value is None or field.kind is FieldKind.NUMBER:
        return field.is_nullable if value is None else isinstance(value, int)
    text = str(value)
    if field.kind is FieldKind.ID:
        return is_id(text)
    if field.kind in (FieldKind.AMOUNT, FieldKind.RATE):
        return str(Decimal(text).quantize(Decimal("0.01"))) == text
    if field.kind is FieldKind.DATE:
        return date.fromisoformat(text).isoformat() == text
    return bool(CODE.fullmatch(text)) and (not field.values or text in field.values)


@pytest.mark.parametrize("event_type", TYPES, ids=lambda each: each.name)
def test_types_have_a_valid_example(event_type: EventType) -> None:
    assert NAME.fullmatch(event_type.name)
    assert event_type.description.endswith(".")
    assert set(event_type.example) == set(event_type.fields)
    for name, field in event_type.fields.items():
        assert is_valid(field, event_type.example[name]), name


def test_catalogue_has_every_type_of_the_design() -> None:
    kinds = "requested subscribed funded cancelled expired overdue defaulted completed rescheduled"
    expected = {f"loan.{kind}" for kind in kinds.split()}
    expected |= {f"offer.{kind}" for kind in ("received", "accepted", "declined", "withdrawn")}
    expected |= {f"payment.{kind}" for kind in ("due_soon", "received", "failed")}
    expected |= {f"transfer.{kind}" for kind in ("settled", "failed", "returned")}
    expected |= {"rule.matched", "account.frozen", "account.unfrozen"}

    assert expected <= set(CATALOGUE)
