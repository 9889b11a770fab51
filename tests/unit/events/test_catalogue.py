"""The catalogue, its JSON Schema, and the page that documents it."""

from collections.abc import Iterator
from typing import Final

import pytest
from jsonschema_rs import Draft202012Validator, meta

from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event_type import EventType
from chalicelib.events.domain.json_schema import schema_of
from tools.event_page import PAGE, page

_SCHEMA: Final = Draft202012Validator(schema_of(CATALOGUE.values()))
_PERSONAL: Final = ("name", "email", "address", "ip", "description", "holder", "iban", "phone", "username")
TYPES: Final = pytest.mark.parametrize("event_type", CATALOGUE.values(), ids=lambda each: each.name)


def test_schema_is_valid() -> None:
    assert meta.is_valid(schema_of(CATALOGUE.values()))


@TYPES
def test_example_matches_the_schema(event_type: EventType) -> None:
    assert list(_SCHEMA.iter_errors(event_type.example_event())) == []


@TYPES
def test_schema_rejects_incomplete_and_unknown_data(event_type: EventType) -> None:
    example = event_type.example_event()

    assert not _SCHEMA.is_valid({**example, "data": {**event_type.example, "username": "ana"}})
    for name in event_type.fields:
        rest = {key: value for key, value in event_type.example.items() if key != name}
        assert not _SCHEMA.is_valid({**example, "data": rest}), name


@TYPES
def test_no_field_names_personal_data(event_type: EventType) -> None:
    assert list(_personal_fields(event_type)) == []


@TYPES
def test_type_is_described(event_type: EventType) -> None:
    assert event_type.description.endswith(".")
    assert event_type.recipients
    assert all(field.description for field in event_type.fields.values())


def test_catalogue_has_every_type_of_the_lifecycle() -> None:
    kinds = "requested subscribed funded cancelled expired overdue defaulted completed rescheduled"
    expected = {f"loan.{kind}" for kind in kinds.split()}
    expected |= {f"offer.{kind}" for kind in ("received", "accepted", "declined", "withdrawn")}
    expected |= {f"payment.{kind}" for kind in ("due_soon", "received", "failed")}
    expected |= {f"transfer.{kind}" for kind in ("settled", "failed", "returned")}
    expected |= {"rule.matched", "account.frozen", "account.unfrozen"}

    assert expected <= set(CATALOGUE)


def test_page_describes_every_type() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make event-page"


def _personal_fields(event_type: EventType) -> Iterator[str]:
    for name in event_type.fields:
        if set(name.split("_")) & set(_PERSONAL):
            yield name
