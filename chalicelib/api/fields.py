"""Field types of requests and responses: money and rates as strings, ids, dates, plain text."""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import CoreSchema, core_schema

from chalicelib.shared.clock import rfc3339
from chalicelib.shared.ids import is_id
from chalicelib.shared.money import Money, Rate
from chalicelib.shared.text import is_misleading

LARGEST_AMOUNT: Final = Money.of("1000000000.00")


class RequestModel(BaseModel):
    """A request body. Unknown fields are rejected."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class Query(BaseModel):
    """Query parameters of an endpoint. Unknown ones are ignored."""

    model_config = ConfigDict(extra="ignore", arbitrary_types_allowed=True)


class ResponseModel(BaseModel):
    """A response body."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class NoBody(RequestModel):
    """The body of endpoints that need none; an empty object is accepted."""


class NoQuery(Query):
    """The query of endpoints without parameters."""


def _decimal_text(value: object) -> str:
    """Return the plain decimal notation of a JSON string or number."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal) and value.is_finite() and -20 < value.adjusted() < 20:
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**16:
        return str(value)
    raise ValueError('must be a decimal number, such as "1000.00"')


def _money(value: object) -> Money:
    if isinstance(value, Money):
        return value
    try:
        amount = Money.of(_decimal_text(value))
    except ValueError as error:
        raise ValueError('must be an amount with at most two decimal places, such as "1000.00"') from error
    if abs(amount) > LARGEST_AMOUNT:
        raise ValueError(f"must be at most {LARGEST_AMOUNT}")
    return amount


def _positive_money(value: object) -> Money:
    amount = _money(value)
    if amount.cents <= 0:
        raise ValueError("must be at least 0.01")
    return amount


def _money_not_negative(value: object) -> Money:
    amount = _money(value)
    if amount.cents < 0:
        raise ValueError("must not be negative")
    return amount


def _rate(value: object) -> Rate:
    if isinstance(value, Rate):
        return value
    try:
        rate = Rate.percent(_decimal_text(value))
    except ValueError as error:
        raise ValueError('must be a percentage with at most two decimal places, such as "12.00"') from error
    if rate.basis_points < 0:
        raise ValueError("must not be negative")
    return rate


def _rate_up_to(percent: str) -> Callable[[object], Rate]:
    highest = Rate.percent(percent)

    def read(value: object) -> Rate:
        rate = _rate(value)
        if rate > highest:
            raise ValueError(f"must be at most {highest} %")
        return rate

    return read


def _plain_text(value: str) -> str:
    text = unicodedata.normalize("NFC", value).strip()
    if is_misleading(text):
        raise ValueError("control characters are not allowed")
    return text


def _identifier(value: str) -> str:
    if not is_id(value):
        raise ValueError("must be a 26-character id")
    return value


def _whole_number(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, str) and not (value.isascii() and value.isdigit())):
        raise ValueError("must be a whole number")
    return value


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == len("2026-01-31"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("must be a date in the format YYYY-MM-DD")


class _Form:
    """The reader, writer and documentation of a field, as one object for pydantic.

    A chain of pydantic's own markers has the same effect, but pydantic evaluates each of them again for every field
    and inspects our classes, which takes a quarter of the time to build all models.
    """

    def __init__(self, core: CoreSchema, document: Mapping[str, Any]) -> None:
        self._core = core
        self._document = document

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        return dict(self._core)  # pydantic changes the schema in place

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: object) -> dict[str, Any]:
        return dict(self._document)


_AS_TEXT: Final = core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema())
_AS_MOMENT: Final = core_schema.plain_serializer_function_ser_schema(rfc3339, return_schema=core_schema.str_schema())
_AS_DAY: Final = core_schema.plain_serializer_function_ser_schema(date.isoformat)
_DECIMAL_IN: Final = [{"type": "string", "pattern": r"^\d+(\.\d{1,2})?$"}, {"type": "number"}]
_AMOUNT_IN: Final = {"anyOf": _DECIMAL_IN, "examples": ["1000.00"]}
_RATE_IN: Final = {"anyOf": _DECIMAL_IN, "examples": ["12.00"]}
_DECIMAL_OUT: Final = {"type": "string", "pattern": r"^-?\d+\.\d{2}$", "examples": ["1000.00"]}
_DATE: Final = {"type": "string", "format": "date"}
_ID: Final = {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"}


def _decimal(read: Callable[[object], object], document: Mapping[str, Any]) -> _Form:
    return _Form(core_schema.no_info_plain_validator_function(read, serialization=_AS_TEXT), document)


PositiveAmount = Annotated[Money, _decimal(_positive_money, _AMOUNT_IN)]
NonNegativeAmount = Annotated[Money, _decimal(_money_not_negative, _AMOUNT_IN)]
Amount = Annotated[Money, _Form(core_schema.is_instance_schema(Money, serialization=_AS_TEXT), _DECIMAL_OUT)]
RateUpTo50 = Annotated[Rate, _decimal(_rate_up_to("50"), _RATE_IN)]
RateUpTo1000 = Annotated[Rate, _decimal(_rate_up_to("1000"), _RATE_IN)]
RateText = Annotated[Rate, _Form(core_schema.is_instance_schema(Rate, serialization=_AS_TEXT), _DECIMAL_OUT)]
Text = Annotated[str, AfterValidator(_plain_text)]
Identifier = Annotated[str, _Form(core_schema.str_schema(), _ID)]
IdentifierInput = Annotated[
    str, _Form(core_schema.no_info_after_validator_function(_identifier, core_schema.str_schema()), _ID)
]
Day = Annotated[date, _Form(core_schema.is_instance_schema(date, serialization=_AS_DAY), _DATE)]
DayInput = Annotated[date, _Form(core_schema.no_info_plain_validator_function(_day, serialization=_AS_DAY), _DATE)]
Timestamp = Annotated[
    datetime, _Form(core_schema.datetime_schema(serialization=_AS_MOMENT), {"type": "string", "format": "date-time"})
]
WHOLE: Final = BeforeValidator(_whole_number)
"""Follows the bounds of an int, so that the OpenAPI document shows them."""


class ListQuery(Query):
    """The size of a page, and the position at which it starts."""

    limit: Annotated[int, Field(ge=1, le=100, description="Maximum number of items to return."), WHOLE] = 20
    cursor: Annotated[str | None, Field(max_length=4096, description="The `next_cursor` of the previous page.")] = None
