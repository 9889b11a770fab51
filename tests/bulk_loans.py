"""Loans with many lenders and many loans, created with few writes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any, Final

from chalicelib.container import Container
from chalicelib.lending_math.distribution import fee_share
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.position import Position
from chalicelib.loans.repository.mapping import offer_item
from chalicelib.shared.actor import Actor
from chalicelib.shared.ids import derived_id, moment_of, new_id
from chalicelib.shared.money import Money, Rate
from chalicelib.wallets.domain.ledger import EXTERNAL_CASH, EntryType, Journal, Line, transfer, wallet_account
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.stored_state import loan_repository

_WRITTEN_PER_TRANSACTION = 90
_DEPOSITED_PER_TRANSACTION = 45
_FUNDED_PER_TRANSACTION = 25
_SPARE = Money.of("5.00")
_BATCH: Final = 25
_COPIED_ITEMS: Final = ("LOAN", "SCHEDULE")
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class SharedLoan:
    """A loan, its borrower, and its lenders with their parts."""

    loan_id: str
    borrower: Actor
    lenders: tuple[Actor, ...]
    parts: tuple[Money, ...]


def odd_parts(total: Money, count: int) -> tuple[Money, ...]:
    """Return parts of 1, 2, 3 … times a base; the last one is the remainder."""
    base = total.cents // (count * (count + 1) // 2 + count)
    parts = [Money(base * (number + 1)) for number in range(count - 1)]
    return (*parts, total - Money.total(parts))


def subscribed_shared_loan(container: Container, count: int, amount: str) -> SharedLoan:
    """A fully subscribed loan whose lenders can fund it and whose borrower can repay it."""
    parts = odd_parts(Money.of(amount), count)
    factory = ServiceFactory(container)
    borrower, lenders = factory.borrower(amount), [factory.lender() for _ in range(count)]
    _deposit_all(container, lenders, [part + _SPARE for part in parts])
    loan_id = factory.open_loan(borrower, str(Money.total(parts)))
    _accept_all(container, loan_id, lenders, parts)
    return SharedLoan(loan_id, borrower, tuple(lenders), parts)


def funded_shared_loan(container: Container, count: int, amount: str) -> SharedLoan:
    shared = subscribed_shared_loan(container, count, amount)
    fund_first(container, shared.loan_id, count)
    return shared


def fund_first(container: Container, loan_id: str, count: int) -> None:
    """Fund the first accepted offers, many in a transaction, as the worker does for rules' offers."""
    loans = loan_repository(container)
    found = loans.find_with_offers(loan_id, consistent=True)
    assert found is not None
    accepted = sorted((offer for offer in found[1] if offer.is_accepted), key=lambda offer: offer.acceptance_order)
    waiting = accepted[:count]
    for start in range(0, len(waiting), _FUNDED_PER_TRANSACTION):
        loan = loans.find(loan_id, consistent=True)
        assert loan is not None
        writes = loans.writes()
        container.funding.add_funding(writes, loan, waiting[start : start + _FUNDED_PER_TRANSACTION], container.clock())
        writes.commit()


def balances(container: Container, shared: SharedLoan) -> dict[str, Money]:
    return {lender.user_id: container.wallets.balance_of(lender.user_id).balance for lender in shared.lenders}


def positions(container: Container, shared: SharedLoan) -> tuple[Position, ...]:
    found = loan_repository(container).find_funded_loan(shared.loan_id, consistent=True, with_positions=True)
    assert found is not None
    assert found[1] is not None
    return found[1].positions


def _deposit_all(container: Container, people: Sequence[Actor], amounts: Sequence[Money]) -> None:
    now = container.clock()
    for start in range(0, len(people), _DEPOSITED_PER_TRANSACTION):
        lines: list[Line] = []
        batch = slice(start, start + _DEPOSITED_PER_TRANSACTION)
        for person, amount in zip(people[batch], amounts[batch], strict=True):
            lines += transfer(EXTERNAL_CASH, wallet_account(person.user_id), amount, EntryType.DEPOSIT)
        writes = loan_repository(container).writes()
        container.wallets.add(writes, Journal(new_id(now), now, tuple(lines), "Deposit"))
        writes.commit()


def _accept_all(container: Container, loan_id: str, lenders: Sequence[Actor], parts: Sequence[Money]) -> None:
    """Store the result of all acceptances, because each acceptance would read all offers."""
    loans = loan_repository(container)
    loan = loans.find(loan_id, consistent=True)
    assert loan is not None
    version, rate, now = loan.version, Rate.percent("11.50"), container.clock()
    offers: list[Offer] = []
    for lender, part in zip(lenders, parts, strict=True):
        made = Offer(new_id(now), loan_id, lender.user_id, lender.username, rate, part, now)
        share = fee_share(loan.fee, loan.amount, loan.accepted, part)
        offers.append(made.accept(part, loan.accepted_offers + 1, share))
        loan = loan.with_acceptance(part, rate, now.date())
    assert loan.version == version
    for start in range(0, len(offers), _WRITTEN_PER_TRANSACTION):
        writes = loans.writes()
        for offer in offers[start : start + _WRITTEN_PER_TRANSACTION]:
            writes.put(offer_item(offer, 1))
        writes.commit()
    writes = loans.writes()
    loans.add_loan(writes, loan)
    writes.commit()


def copied_loans(storage: Storage, loan_id: str, *, count: int, due: date) -> list[str]:
    """Copy a running loan and its schedule with a next action on a day; return the ids of the copies."""
    table = f"{storage.prefix}loans"
    templates = [
        storage.client.get_item(TableName=table, Key={"pk": {"S": f"LOAN#{loan_id}"}, "sk": {"S": part}})["Item"]
        for part in _COPIED_ITEMS
    ]
    copies = [derived_id(moment_of(loan_id), loan_id, str(next(_NUMBERS))) for _ in range(count)]
    _put(storage, [item for copy in copies for item in _copied(templates, copy, due)])
    return copies


def next_action_entries(storage: Storage, *, count: int, due: date) -> None:
    """Store the attributes of loans that the index by next action contains."""
    names = [f"{number:026d}" for number in range(count)]
    _put(storage, [{**_next_action(name, due), "sk": {"S": "LOAN"}} for name in names])


def _put(storage: Storage, items: list[dict[str, Any]]) -> None:
    for start in range(0, len(items), _BATCH):
        requests: Any = [{"PutRequest": {"Item": item}} for item in items[start : start + _BATCH]]
        storage.client.batch_write_item(RequestItems={f"{storage.prefix}loans": requests})


def _copied(templates: list[Any], loan_id: str, due: date) -> Iterator[dict[str, Any]]:
    loan, schedule = templates
    yield {**loan, **_next_action(loan_id, due), "loan_id": {"S": loan_id}, "status_sort": {"S": loan_id}}
    yield {**schedule, "pk": {"S": f"LOAN#{loan_id}"}}


def _next_action(loan_id: str, due: date) -> dict[str, Any]:
    return {
        "pk": {"S": f"LOAN#{loan_id}"},
        "action_shard": {"S": "ACTION#0"},
        "next_action": {"S": f"{due}#{loan_id}"},
    }
