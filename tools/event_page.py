"""`make event-page` writes docs/events.md from the catalogue of event types."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event_type import EventType, Field

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "events.md"
_ABOUT: Final = """\
# Events

An event reports something that has happened: a loan was funded, a payment was received. Users and their programs get
the same events, with the same ids, in four ways:

| channel | for |
|---|---|
| `GET /api/events/` | programs that poll: `?type=` filters, `?after=<id>` returns later events, oldest first |
| [webhooks](webhooks.md) | programs that receive HTTP requests |
| [notifications and emails](notifications.md) | people |
| EventBridge, with the setting `EVENT_BUS` (without `webhook_endpoint.*`) | the operator's own integrations in AWS |

`make event-page` writes this page from `chalicelib/events/domain/catalogue.py`. `GET /api/schema/events/` returns the
same catalogue as one JSON Schema.

## Properties

- An event has an `id`, a `type`, the time `created_at` and `data`. Amounts are strings with two decimals, rates are
  percentages, dates are `YYYY-MM-DD`.
- The id is derived from the change, so an event that arrives twice has the same id. Ignore ids that you have processed.
- Ids sort by the time of the change, to the millisecond. Events of different resources can be recorded a few seconds
  out of order. A program that polls with `?after=` therefore starts each time from an event that is a minute older than
  the latest one that it has.
- An event contains no personal data: no names, addresses or free text. It contains ids, with which authorised users
  read the details from the API.
- An event is recorded once for each recipient, together with its deliveries and its notification, a few seconds after
  the change.
- Events are kept for a year.
"""


def page() -> str:
    """Return the page."""
    rows = [f"| `{each.name}` | {each.description} | {each.recipients} |" for each in _sorted()]
    table = "\n".join(["| type | meaning | recipients |", "|---|---|---|", *rows])
    return "\n".join([_ABOUT, "## Types\n", table, "", *("\n".join(_section(each)) for each in _sorted())])


def _sorted() -> list[EventType]:
    return sorted(CATALOGUE.values(), key=lambda each: each.name)


def _section(event_type: EventType) -> Iterator[str]:
    yield f"### {event_type.name}\n"
    yield "| field | kind | meaning |"
    yield "|---|---|---|"
    for name, field in event_type.fields.items():
        yield f"| `{name}` | {_kind(field)} | {field.description} |"
    yield f"\n```json\n{json.dumps(event_type.example_event(), indent=2)}\n```\n"


def _kind(field: Field) -> str:
    kind = " or ".join(f"`{value}`" for value in field.values) if field.values else str(field.kind.value)
    return f"{kind}, or null" if field.is_nullable else kind


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
