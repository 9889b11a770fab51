"""The JSON Schema of events, built from the catalogue.

Source: https://json-schema.org/draft/2020-12/schema
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chalicelib.events.domain.event_type import EventType, Field, FieldKind

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ID: Final = {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"}
_DECIMAL: Final = {"type": "string", "pattern": r"^-?\d+\.\d{2}$"}
_KINDS: Final[Mapping[FieldKind, Mapping[str, Any]]] = {
    FieldKind.ID: _ID,
    FieldKind.AMOUNT: _DECIMAL,
    FieldKind.RATE: _DECIMAL,
    FieldKind.DATE: {"type": "string", "format": "date"},
    FieldKind.TIME: {"type": "string", "format": "date-time"},
    FieldKind.NUMBER: {"type": "integer"},
    FieldKind.CODE: {"type": "string"},
}


def schema_of(types: Iterable[EventType]) -> dict[str, Any]:
    """Return the schema of an event of any of these types."""
    definitions = {each.name: _definition(each) for each in types}
    return {
        "$schema": _DIALECT,
        "title": "Event",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in definitions],
        "$defs": definitions,
    }


def _definition(event_type: EventType) -> dict[str, Any]:
    return {
        "title": event_type.name,
        "description": f"{event_type.description} Recipients: {event_type.recipients}.",
        **_object(
            {
                "id": _ID,
                "type": {"const": event_type.name},
                "created_at": _KINDS[FieldKind.TIME],
                "data": _object({name: _property(field) for name, field in event_type.fields.items()}),
            }
        ),
        "examples": [dict(event_type.example_event())],
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(field: Field) -> dict[str, Any]:
    schema = {**_KINDS[field.kind], "description": field.description}
    if field.values:
        schema["enum"] = [*field.values, *([None] if field.is_nullable else ())]
    if field.is_nullable:
        schema["type"] = [schema["type"], "null"]
    return schema
