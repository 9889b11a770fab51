"""The business in whose midst histories begin, and clients who ask until they are answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from chalicelib.dynamodb.errors import is_transient
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import AppError, Unavailable
from chalicelib.shared.money import Money, Rate
from tests.simulation.environment import Checkpoint, Environment
from tools.dynamodb_simulator.fault_injector import Crash

T = TypeVar("T")
_ATTEMPTS: Final = 12


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """A world in the midst of business: an open loan with offers, one that waits for funding, one that runs."""

    start: Checkpoint
    borrower: Actor
    lenders: tuple[Actor, ...]
    open_loan: str
    covered_loan: str
    running_loan: str


def build_starting_point(environment: Environment) -> StartingPoint:
    """Lead up to the business that histories go on with."""
    container, rate = environment.container, Rate.percent("12")
    borrower = environment.actor(Role.BORROWER, "bob", "300.00")
    lenders = tuple(environment.actor(Role.LENDER, f"lender{number}", "1500.00") for number in range(3))
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
    environment.settle()
    return StartingPoint(environment.checkpoint(), borrower, lenders, *ids)


def offers_on(environment: Environment, loan_id: str) -> list[dict[str, Any]]:
    """The offers on a loan as they stand in the table at this moment, in DynamoDB's notation."""
    inside = environment.simulator.tables[f"{environment.simulator.prefix}loans"].items.get(f"LOAN#{loan_id}", {})
    return [dict(item) for item in inside.values() if "offer_id" in item]


def repeat_until_answered(ask: Callable[[], T]) -> T:
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
