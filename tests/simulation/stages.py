"""The business in whose midst histories begin, and clients who ask until they are answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from chalicelib.dynamodb.errors import is_transient
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import AppError, Unavailable
from chalicelib.shared.money import Money, Rate
from tests.simulation.wire import Crash
from tests.simulation.world import Moment, World

T = TypeVar("T")
_ATTEMPTS: Final = 12


@dataclass(frozen=True, slots=True)
class Stage:
    """A world in the midst of business: an open loan with offers, one that waits for funding, one that runs."""

    start: Moment
    borrower: Actor
    lenders: tuple[Actor, ...]
    open_loan: str
    covered_loan: str
    running_loan: str


def set_up(world: World) -> Stage:
    """Lead up to the business that histories go on with."""
    container, rate = world.container, Rate.percent("12")
    borrower = world.actor(Role.BORROWER, "bob", "300.00")
    lenders = tuple(world.actor(Role.LENDER, f"lender{number}", "1500.00") for number in range(3))
    ids = [
        container.loan_requests.request(borrower, LoanTerms(Money.of("900.00"), rate, 6)).value.loan.id
        for _ in range(3)
    ]
    for loan_id in ids:
        for lender in lenders[:2]:
            made = container.offers.make(lender, loan_id, rate, Money.of("450.00")).value
            if loan_id != ids[0]:
                container.offers.accept(borrower, loan_id, made.id)
    for lender in lenders[:2]:
        container.funding.fund(lender, ids[2])
    world.settle()
    return Stage(world.moment(), borrower, lenders, *ids)


def offers_on(world: World, loan_id: str) -> list[dict[str, Any]]:
    """The offers on a loan as they stand in the table at this moment, in DynamoDB's notation."""
    inside = world.double.tables[f"{world.double.prefix}loans"].items.get(f"LOAN#{loan_id}", {})
    return [dict(item) for item in inside.values() if "offer_id" in item]


def until_clear(ask: Callable[[], T]) -> T:
    """Ask until there is an answer, and not only the news that none can be given now.

    Raises:
        Refusal: the answer.
        Unavailable: there was none.
    """
    for _ in range(_ATTEMPTS):
        try:
            return ask()
        except (Crash, Unavailable):
            continue
        except AppError:
            raise
        except Exception as failure:
            if not is_transient(failure):
                raise
    raise Unavailable
