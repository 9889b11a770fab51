"""Histories of one loan, its borrower and three lenders: some order of the operations explains every result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.loans.domain.errors import OfferNotFound
from chalicelib.shared.actor import Actor
from chalicelib.shared.errors import AppError, Unavailable
from chalicelib.shared.money import Money, Rate
from tests.simulation.environment import Environment
from tests.simulation.history_support import Outcomes, StartingPoint, offers_on, repeat_until_known, run_and_check
from tests.simulation.scripts import Script

AMOUNT: Final = 90_000
_LEAST: Final = 2_500
_OFFERED: Final = (_LEAST - 100, 30_000, 45_000, AMOUNT - _LEAST + 100, AMOUNT)
"""Amounts of offers: the first is allowed only after an offer of the last but one is accepted."""
_MAX_CLIENTS: Final = 6
_KINDS: Final = (
    *("offer", "offer", "offer", "accept", "accept", "accept two", "fund", "fund", "fund", "withdraw"),
    *("release", "cancel"),
)


@dataclass(frozen=True, slots=True)
class OfferState:
    """An offer in the model; its id is empty if no client received it."""

    id: str
    cents: int
    accepted: int = 0
    is_funded: bool = False


@dataclass(frozen=True, slots=True)
class LoanState:
    """A loan in the model; offers by lender."""

    status: str
    offers: frozenset[tuple[str, OfferState]]

    def offer_of(self, lender: str) -> OfferState | None:
        return next((offer for owner, offer in self.offers if owner == lender), None)

    def with_offer(self, lender: str, offer: OfferState | None) -> LoanState:
        """Replace the lender's offer, or remove it."""
        others = {(owner, other) for owner, other in self.offers if owner != lender}
        return replace(self, offers=frozenset(others | ({(lender, offer)} if offer else set())))

    def with_status(self) -> LoanState:
        """Set the status that follows from the offers."""
        accepted = [offer for _, offer in self.offers if offer.accepted]
        if sum(offer.accepted for offer in accepted) < AMOUNT:
            return replace(self, status="REQUESTED")
        return replace(self, status="FUNDED" if all(o.is_funded for o in accepted) else "PENDING_FUNDING")


Step = Callable[[LoanState], LoanState | None]
"""Returns the loan after an operation; None if the operation is rejected."""


def offer_step(lender: str, offer_id: str, cents: int) -> Step:
    """A lender makes an offer."""

    def step(loan: LoanState) -> LoanState | None:
        unsubscribed = AMOUNT - sum(other.accepted for _, other in loan.offers)
        if loan.status != "REQUESTED" or loan.offer_of(lender) is not None or cents < min(_LEAST, unsubscribed):
            return None
        return loan.with_offer(lender, OfferState(offer_id, cents))

    return step


def withdraw_step(lender: str) -> Step:
    """A lender withdraws an offer that is not accepted."""

    def step(loan: LoanState) -> LoanState | None:
        offer = loan.offer_of(lender)
        return loan.with_offer(lender, None) if offer and not offer.accepted else None

    return step


def accept_step(lender: str, offer_id: str) -> Step:
    """The borrower accepts an offer, or as much of it as the loan still needs."""

    def step(loan: LoanState) -> LoanState | None:
        offer = loan.offer_of(lender)
        if loan.status != "REQUESTED" or offer is None or offer.accepted or offer.id not in ("", offer_id):
            return None
        unsubscribed = AMOUNT - sum(other.accepted for _, other in loan.offers)
        return loan.with_offer(lender, replace(offer, accepted=min(offer.cents, unsubscribed))).with_status()

    return step


def accept_all_step(offers: Sequence[tuple[str, str]]) -> Step:
    """The borrower accepts offers by lender and id, all or none."""

    def step(loan: LoanState) -> LoanState | None:
        after: LoanState | None = loan
        for lender, offer_id in offers:
            after = accept_step(lender, offer_id)(after) if after else None
        return after

    return step


def release_step(loan: LoanState) -> LoanState | None:
    """The borrower gives up all acceptances, and funded parts are refunded."""
    accepted = [lender for lender, offer in loan.offers if offer.accepted]
    if loan.status not in ("REQUESTED", "PENDING_FUNDING") or not accepted:
        return None
    return LoanState("REQUESTED", frozenset(each for each in loan.offers if each[0] not in accepted))


def fund_step(lender: str) -> Step:
    """A lender funds its accepted part."""

    def step(loan: LoanState) -> LoanState | None:
        offer = loan.offer_of(lender)
        if loan.status != "PENDING_FUNDING" or offer is None or not offer.accepted or offer.is_funded:
            return None
        return loan.with_offer(lender, replace(offer, is_funded=True)).with_status()

    return step


def cancel_step(loan: LoanState) -> LoanState | None:
    """The borrower cancels the request, and funded parts are refunded."""
    if loan.status not in ("REQUESTED", "PENDING_FUNDING"):
        return None
    offers = frozenset((lender, replace(offer, is_funded=False)) for lender, offer in loan.offers)
    return LoanState("CANCELLED", offers)


def succeeded(step: Step) -> Outcomes[LoanState]:
    """An acknowledged operation."""
    return lambda loan: () if (after := step(loan)) is None else (after,)


def rejected(step: Step) -> Outcomes[LoanState]:
    """A rejected operation."""
    return lambda loan: (loan,) if step(loan) is None else ()


def unknown(step: Step) -> Outcomes[LoanState]:
    """An operation that may have happened."""
    return lambda loan: (loan, step(loan) or loan)


def play_loan(environment: Environment, starting_point: StartingPoint, script: Script) -> int:
    """Play a history of one loan; return the number of operations."""
    return run_and_check(
        environment,
        starting_point,
        script,
        max_clients=_MAX_CLIENTS,
        read=partial(_read, environment, starting_point.open_loan),
        operate=partial(_operate, environment, starting_point, script),
        normalise=without_ids,
        reads_lag=True,
    )


def without_ids(loan: LoanState) -> LoanState:
    """Remove the ids of offers, some of which no client received."""
    return replace(loan, offers=frozenset((lender, replace(offer, id="")) for lender, offer in loan.offers))


def _operate(
    environment: Environment, starting_point: StartingPoint, script: Script, label: str
) -> Outcomes[LoanState]:
    """Execute one operation until its outcome is known."""
    drawn = script.random_for(label)
    kind, lender = drawn.choice(_KINDS), drawn.choice(starting_point.lenders)
    amount = Money(drawn.choice(_OFFERED))
    idempotency_key = IdempotencyKey.of("any", label, "POST", kind, "")
    step, request = _operation(environment, starting_point, kind, lender, amount, idempotency_key)
    try:
        result = repeat_until_known(request)
    except OfferNotFound:
        # A lender's offer may have been made and withdrawn by the time the lender repeats the request.
        return unknown(step) if kind == "offer" else rejected(step)
    except Unavailable:
        return unknown(step)
    except AppError:
        return rejected(step)
    return succeeded(offer_step(lender.user_id, result.value.offer.id, amount.cents) if kind == "offer" else step)


def _operation(
    environment: Environment,
    starting_point: StartingPoint,
    kind: str,
    lender: Actor,
    amount: Money,
    idempotency_key: IdempotencyKey,
) -> tuple[Step, Callable[[], Any]]:
    """Return an operation in the model and on the platform."""
    container, borrower, loan_id = environment.container, starting_point.borrower, starting_point.open_loan
    lender_id = lender.user_id
    if kind == "offer":
        make = partial(container.offers.make, lender, loan_id, Rate.percent("11"), amount, idempotency_key)
        return offer_step(lender_id, "", amount.cents), make
    if kind == "withdraw":
        return withdraw_step(lender_id), partial(container.offers.withdraw, lender, loan_id, idempotency_key)
    if kind == "fund":
        return fund_step(lender_id), partial(container.funding.fund, lender, loan_id, idempotency_key)
    if kind == "cancel":
        return cancel_step, partial(container.loan_requests.cancel, borrower, loan_id, idempotency_key)
    if kind == "release":
        return release_step, partial(container.loan_requests.release, borrower, loan_id, idempotency_key)
    found = {offer["lender_id"]["S"]: offer["offer_id"]["S"] for offer in offers_on(environment, loan_id)}
    chosen = [lender_id]
    if kind == "accept two":
        chosen += sorted(set(found) - {lender_id})[:1]
    wanted = [(each, found.get(each, "none")) for each in chosen]
    accept = partial(container.offers.accept, borrower, loan_id, [offer_id for _, offer_id in wanted], idempotency_key)
    return accept_all_step(wanted), accept


def _read(environment: Environment, loan_id: str) -> LoanState:
    loan = environment.simulator.tables[f"{environment.simulator.prefix}loans"].get((f"LOAN#{loan_id}", "LOAN"))
    assert loan is not None
    offers = {
        item["lender_id"]["S"]: OfferState(
            item["offer_id"]["S"], int(item["amount"]["N"]), int(item["accepted"]["N"]), "funded_at" in item
        )
        for item in offers_on(environment, loan_id)
    }
    return LoanState(loan["status"]["S"], frozenset(offers.items()))
