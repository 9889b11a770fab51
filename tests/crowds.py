"""Loans of many lenders, put together quickly: many deposits, acceptances and payments-in in a transaction each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.lending_math.distribution import fee_share
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.position import Position
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.mapping import offer_item
from chalicelib.loans.repository.outbox import OutboxRepository
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from chalicelib.wallets.domain.ledger import EXTERNAL_CASH, EntryType, Journal, Line, transfer, wallet_account
from tests.engines import Storage

_WRITTEN_AT_ONCE = 90
_DEPOSITED_AT_ONCE = 45
_PAID_IN_AT_ONCE = 25
_SPARE = Money.of("5.00")


@dataclass(frozen=True, slots=True)
class Crowd:
    """A loan, its borrower, and its lenders with their parts."""

    loan_id: str
    borrower: Actor
    lenders: tuple[Actor, ...]
    parts: tuple[Money, ...]


def repository(container: Container) -> LoanRepository:
    """A way to look at loans behind the services."""
    return LoanRepository(container.database, OutboxRepository(container.database), status_shards=1)


def a_person(container: Container, role: Role, name: str, funds: str = "") -> Actor:
    """Somebody who acts through the services, without an account."""
    actor = Actor(new_id(container.clock()), name, role)
    if funds:
        container.wallets.deposit(actor, Money.of(funds), "")
    return actor


def odd_parts(total: Money, count: int) -> tuple[Money, ...]:
    """Parts of 1, 2, 3 … times a base, and the last takes what is left."""
    base = total.cents // (count * (count + 1) // 2 + count)
    parts = [Money(base * (number + 1)) for number in range(count - 1)]
    return (*parts, total - Money.total(parts))


def an_accepted_crowd(container: Container, count: int, amount: str) -> Crowd:
    """A loan that waits for the money of its lenders; they have it, and the borrower has enough to repay."""
    parts = odd_parts(Money.of(amount), count)
    borrower = a_person(container, Role.BORROWER, "borrower", funds=amount)
    lenders = [a_person(container, Role.LENDER, f"lender{n}") for n in range(count)]
    _deposit_all(container, lenders, [part + _SPARE for part in parts])
    terms = LoanTerms(Money.total(parts), Rate.percent("12"), 6)
    loan_id = container.loan_requests.request(borrower, terms).value.loan.id
    _accept_all(container, loan_id, lenders, parts)
    return Crowd(loan_id, borrower, tuple(lenders), parts)


def a_funded_crowd(container: Container, count: int, amount: str) -> Crowd:
    """A running loan of many lenders."""
    crowd = an_accepted_crowd(container, count, amount)
    pay_in(container, crowd.loan_id, count)
    return crowd


def pay_in(container: Container, loan_id: str, count: int) -> None:
    """Let the first so many accepted lenders pay in, many in a transaction, as the worker does for rules' offers."""
    loans = repository(container)

    found = loans.find_with_offers(loan_id, consistent=True)
    assert found is not None
    waiting = sorted((offer for offer in found[1] if offer.is_accepted), key=lambda offer: offer.acceptance_order)[
        :count
    ]
    for start in range(0, len(waiting), _PAID_IN_AT_ONCE):
        loan = loans.find(loan_id, consistent=True)
        assert loan is not None
        writes = loans.writes()
        container.funding.add_funding(writes, loan, waiting[start : start + _PAID_IN_AT_ONCE], container.clock())
        writes.commit()


def balances(container: Container, crowd: Crowd) -> dict[str, Money]:
    """What each lender's wallet holds."""
    return {lender.user_id: container.wallets.balance_of(lender.user_id).balance for lender in crowd.lenders}


def positions(container: Container, crowd: Crowd) -> tuple[Position, ...]:
    """What each lender has in the loan."""
    found = repository(container).find_servicing(crowd.loan_id, consistent=True, with_positions=True)
    assert found is not None
    assert found[1] is not None
    return found[1].positions


def outbox(storage: Storage) -> list[BackgroundJob]:
    """Work that waits to be done."""
    keys = [(item["pk"]["S"], item["sk"]["S"]) for item in storage.items("loans")]
    found = [(pk.partition("#")[2], *sk.split("#", 2)[1:]) for pk, sk in keys if sk.startswith("OUTBOX#")]
    return [BackgroundJob(kind, subject, key) for subject, kind, key in found]


def work_until_done(container: Container, storage: Storage) -> None:
    """Do what waits."""
    for work in outbox(storage):
        container.worker.do(work)


def _deposit_all(container: Container, people: Sequence[Actor], amounts: Sequence[Money]) -> None:
    now = container.clock()
    for start in range(0, len(people), _DEPOSITED_AT_ONCE):
        lines: list[Line] = []
        batch = slice(start, start + _DEPOSITED_AT_ONCE)
        for person, amount in zip(people[batch], amounts[batch], strict=True):
            lines += transfer(EXTERNAL_CASH, wallet_account(person.user_id), amount, EntryType.DEPOSIT)
        writes = repository(container).writes()
        container.wallets.add(writes, Journal(new_id(now), now, tuple(lines), "Deposit"))
        writes.commit()


def _accept_all(container: Container, loan_id: str, lenders: Sequence[Actor], parts: Sequence[Money]) -> None:
    """What as many acceptances would leave; each by itself reads all offers, which takes its time."""
    loans = repository(container)
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
    for start in range(0, len(offers), _WRITTEN_AT_ONCE):
        writes = loans.writes()
        for offer in offers[start : start + _WRITTEN_AT_ONCE]:
            writes.put(offer_item(offer))
        writes.commit()
    writes = loans.writes()
    loans.add_loan(writes, loan)
    writes.commit()
