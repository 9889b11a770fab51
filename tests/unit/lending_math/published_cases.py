"""Published figures as test parameters. Each case in the JSON files names its source."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from chalicelib.lending_math.due_dates import Interval
from chalicelib.lending_math.rounding import Rounding
from chalicelib.lending_math.schedule import Conventions, Schedule, build_schedule
from chalicelib.shared.money import Money

_FOLDER: Final = Path(__file__).parent / "published"


def read_published(file_name: str) -> Any:
    """Read one of the files."""
    return json.loads((_FOLDER / file_name).read_text(encoding="utf-8"))


def published_schedules(*needed: str) -> dict[str, Any]:
    """The published schedules that contain all of the named values."""
    cases = read_published("schedules.json")
    return {name: case for name, case in cases.items() if all(figure in case for figure in needed)}


def money_or_none(text: str | None) -> Money | None:
    return None if text is None else Money.of(text)


def date_or_none(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def schedule_of(terms: dict[str, Any]) -> Schedule:
    """Build the schedule of published terms."""
    every_days = terms.get("every_days")
    return build_schedule(
        Money.of(terms["principal"]),
        Decimal(terms["rate"]),
        terms["periods"],
        start_date=date.fromisoformat(terms["start"]),
        method=terms.get("method", "annuity"),
        frequency=Interval(days=every_days) if every_days else terms.get("frequency", "monthly"),
        day_count=terms.get("day_count", "30/360"),
        first_due_date=date_or_none(terms.get("first_due")),
        principal_grace=terms.get("grace", 0),
        instalment_multiple=money_or_none(terms.get("instalment_multiple")),
        conventions=Conventions(
            instalment_rounding=Rounding(terms.get("instalment_rounding", "half_even")),
            interest_rounding=Rounding(terms.get("interest_rounding", "half_even")),
            principal_multiple=money_or_none(terms.get("principal_multiple")),
            fixed_instalment=money_or_none(terms.get("fixed_instalment")),
        ),
    )
