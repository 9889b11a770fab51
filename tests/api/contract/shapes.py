"""The things of the contract: exactly these members, each in its form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Check = Callable[[Any], bool]


def text(pattern: str) -> Check:
    """A string of this form."""
    form = re.compile(pattern)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def one_of(*values: str) -> Check:
    """One of these strings."""
    return lambda value: value in values


def maybe(check: Check) -> Check:
    """Null, or what the check wants."""
    return lambda value: value is None or check(value)


def items(shape: Mapping[str, Check]) -> Check:
    """A list of things of one shape."""
    return lambda value: isinstance(value, list) and all(not misshapen(each, shape) for each in value)


def thing(shape: Mapping[str, Check]) -> Check:
    """A thing of one shape."""
    return lambda value: isinstance(value, dict) and not misshapen(value, shape)


def misshapen(value: Any, shape: Mapping[str, Check]) -> list[str]:
    """What is wrong with a thing: members that lack, are too many, or have another form."""
    wrong = [f"{name} lacks" for name in shape.keys() - value.keys()]
    wrong += [f"{name} is too many" for name in value.keys() - shape.keys()]
    wrong += [f"{name}: {value[name]!r}" for name, fits in shape.items() if name in value and not fits(value[name])]
    return sorted(wrong)


def assert_shape(value: Any, shape: Mapping[str, Check]) -> None:
    """The thing has exactly the members of the shape, each in its form."""
    assert misshapen(value, shape) == []


def assert_list(value: Any, shape: Mapping[str, Check]) -> list[Any]:
    """A page of a list, with at least one thing of the shape; gives its items."""
    assert set(value) == {"items", "next_cursor"}
    assert value["items"]
    for each in value["items"]:
        assert_shape(each, shape)
    listed: list[Any] = value["items"]
    return listed


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


ID: Final = text(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
MONEY: Final = text(r"\d+\.\d\d")
SIGNED: Final = text(r"-?\d+\.\d\d")
RATE: Final = text(r"\d+\.\d\d")
TIME: Final = text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DAY: Final = text(r"\d{4}-\d\d-\d\d")

USER: Final[Mapping[str, Check]] = {
    "id": ID,
    "username": _is_text,
    "email": _is_text,
    "first_name": _is_text,
    "last_name": _is_text,
    "role": one_of("BORROWER", "LENDER", "ADMIN"),
    "status": one_of("ACTIVE", "FROZEN"),
    "profile": thing({"phone_number": maybe(_is_text), "date_of_birth": maybe(DAY), "address": maybe(_is_text)}),
    "created_at": TIME,
}
GRANT: Final[Mapping[str, Check]] = {
    "token": text(r"[\w-]+\.[\w-]+\.[\w-]+"),
    "token_type": one_of("Bearer"),
    "expires_in": _is_count,
    "refresh_token": _is_text,
    "user": thing(USER),
}
WALLET: Final[Mapping[str, Check]] = {
    "id": ID,
    "user_id": ID,
    "username": _is_text,
    "balance": MONEY,
    "available": MONEY,
    "held": MONEY,
    "currency": one_of("USD"),
    "created_at": TIME,
    "updated_at": TIME,
}
TRANSACTION: Final[Mapping[str, Check]] = {
    "id": ID,
    "type": one_of(
        "DEPOSIT", "WITHDRAWAL", "LOAN_FUNDING", "LOAN_PAYMENT", "PLATFORM_FEE", "LATE_FEE", "REFUND", "REVERSAL"
    ),
    "amount": SIGNED,
    "description": _is_text,
    "reference": maybe(ID),
    "created_at": TIME,
}
EXCHANGE: Final[Mapping[str, Check]] = {
    "message": _is_text,
    "transaction": thing(TRANSACTION),
    "wallet": thing(WALLET),
}
STATEMENT: Final[Mapping[str, Check]] = {
    "from": DAY,
    "to": DAY,
    "currency": one_of("USD"),
    "opening_balance": MONEY,
    "entries": items(TRANSACTION),
    "closing_balance": MONEY,
}
OFFER: Final[Mapping[str, Check]] = {
    "id": ID,
    "loan_id": ID,
    "lender_id": ID,
    "lender_username": _is_text,
    "annual_interest_rate": RATE,
    "amount": MONEY,
    "accepted": _is_flag,
    "accepted_amount": MONEY,
    "funded": _is_flag,
    "created_at": TIME,
}
INVESTMENT: Final[Mapping[str, Check]] = {
    "lender_id": ID,
    "lender_username": _is_text,
    "amount": MONEY,
    "funded_at": TIME,
}
LOAN: Final[Mapping[str, Check]] = {
    "id": ID,
    "borrower_id": ID,
    "borrower_username": _is_text,
    "amount": MONEY,
    "term_months": _is_count,
    "requested_rate": RATE,
    "annual_interest_rate": RATE,
    "method": one_of("annuity", "equal_principal", "flat", "interest_only"),
    "status": one_of("REQUESTED", "PENDING_FUNDING", "FUNDED", "COMPLETED", "CANCELLED", "DEFAULTED"),
    "purpose": _is_text,
    "monthly_payment": MONEY,
    "total_amount": MONEY,
    "total_interest": MONEY,
    "apr": RATE,
    "effective_rate": RATE,
    "outstanding_principal": MONEY,
    "remaining_amount": MONEY,
    "accepted_amount": MONEY,
    "funded_amount": MONEY,
    "next_due_date": maybe(DAY),
    "offers": items(OFFER),
    "investments": items(INVESTMENT),
    "created_at": TIME,
    "funded_at": maybe(TIME),
    "completed_at": maybe(TIME),
}
INSTALMENT: Final[Mapping[str, Check]] = {
    "number": _is_count,
    "due_date": DAY,
    "principal": MONEY,
    "interest": MONEY,
    "late_fee": MONEY,
    "amount": MONEY,
    "paid_amount": MONEY,
    "status": one_of("PENDING", "PARTIAL", "OVERDUE", "PAID"),
    "paid_at": maybe(TIME),
    "balance": MONEY,
}
SCHEDULE: Final[Mapping[str, Check]] = {
    "loan_id": ID,
    "items": items(INSTALMENT),
    "total_principal": MONEY,
    "total_interest": MONEY,
    "total_amount": MONEY,
}
PAYMENT: Final[Mapping[str, Check]] = {
    "id": ID,
    "number": _is_count,
    "amount": MONEY,
    "principal": MONEY,
    "interest": MONEY,
    "late_fee": MONEY,
    "paid_at": TIME,
    "instalment_status": one_of("PENDING", "PARTIAL", "OVERDUE", "PAID"),
}
PAID: Final[Mapping[str, Check]] = {"message": _is_text, "payment": thing(PAYMENT), "loan": thing(LOAN)}
PAYOFF: Final[Mapping[str, Check]] = {
    "as_of": DAY,
    "principal": MONEY,
    "interest": MONEY,
    "fees": MONEY,
    "amount": MONEY,
}
