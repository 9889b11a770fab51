"""Records that come twice or in another order give the same events, and no event contains personal data."""

import json
from collections.abc import Callable
from dataclasses import asdict
from random import Random
from typing import Any, Final

import pytest

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.auto_invest.domain import RuleTerms
from chalicelib.container import Container
from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event_type import FieldKind
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import is_id
from chalicelib.shared.money import Money, Rate
from chalicelib.transfers.domain.notification import NotificationType
from chalicelib.users.domain.user import ProfileChanges
from chalicelib.users.service.ports import AccountEvent, AccountEventKind
from tests.factories import PASSWORD, User, UserFactory, open_loan, pending_deposit, requested_withdrawal
from tests.integration.derivation.stream_history import Records, StreamHistory, events_of
from tests.integration.derivation.test_transfer_events import report
from tests.stored_state import stored_offers

IBAN: Final = "GB29NWBK60161331926819"
PRIVATE: Final = (
    "zenobia",
    "quixote",
    "zq-example",
    "192.0.2.77",
    "+44 7700 900123",
    IBAN,
    "secret wedding",
    "odd reason",
)
NOT_FROM_STREAMS: Final = {"webhook_endpoint.test", "webhook_endpoint.disabled"}


@pytest.fixture
def records(history: StreamHistory, user_factory: UserFactory, container: Container, clock: FixedClock) -> Records:
    """All records of a busy market whose people have distinctive names and texts."""
    people = [_person(user_factory, role, number) for number, role in enumerate([Role.BORROWER, *[Role.LENDER] * 3])]
    borrower, ana, ben, eve = people
    operator = user_factory.registered(Role.ADMIN).actor
    steps: list[Callable[[], Any]] = [
        lambda: _lapse_and_fund(container, clock, history, borrower, ana, ben, eve),
        lambda: _reschedule(container, operator, borrower, ana),
        lambda: _complete(container, borrower, ana),
        lambda: _cancel_and_expire(container, clock, borrower, eve),
        lambda: _rules(container, history, borrower, eve),
        lambda: _autopay_until_default(container, clock, borrower, ana),
        lambda: _transfers(container, clock, ana),
        lambda: _accounts(container, clock, operator, ben),
    ]
    for step in steps:
        step()
        history.settle()
        clock.advance(minutes=1)
    return list(history.records)


def test_records_give_the_same_events_in_any_order_and_number(records: Records) -> None:
    expected = {event.id: event for event in events_of(records)}

    for seed in range(20):
        random = Random(seed)
        repeated = [*records, *random.choices(records, k=len(records))]
        random.shuffle(repeated)

        assert {event.id: event for event in events_of(repeated)} == expected


def test_every_type_occurs_and_has_the_fields_of_the_catalogue(records: Records) -> None:
    events = events_of(records)

    assert CATALOGUE.keys() - {event.type for event in events} == NOT_FROM_STREAMS
    for event in events:
        assert event.data.keys() == CATALOGUE[event.type].fields.keys(), event
        for name, field in CATALOGUE[event.type].fields.items():
            value = event.data[name]
            assert value is None if field.is_nullable and value is None else isinstance(value, int | str), event
            assert field.kind is not FieldKind.ID or is_id(str(value)), event
            assert not field.values or value is None or value in field.values, event


def test_no_event_contains_personal_data(records: Records) -> None:
    stored = json.dumps([record for _, record in records], default=str).lower()
    derived = json.dumps([asdict(event) for event in events_of(records)], default=str).lower()

    assert [text for text in ("zenobia", "secret wedding", "odd reason") if text not in stored] == []
    assert [text for text in PRIVATE if text.lower() in derived] == []


def _person(factory: UserFactory, role: Role, number: int) -> User:
    return factory.registered(role, "5000.00", name=f"zenobia_quixote_{number}")


def _offer_and_accept(container: Container, borrower: User, loan_id: str, parts: dict[User, str]) -> None:
    offers = [
        container.offers.make(lender.actor, loan_id, Rate.percent("11"), Money.of(part)).value.offer.id
        for lender, part in parts.items()
    ]
    container.offers.accept(borrower.actor, loan_id, offers)


def _request(borrower: User) -> str:
    return str(open_loan(borrower, purpose="secret wedding")["id"])


def _funded(container: Container, borrower: User, lender: User) -> str:
    loan_id = _request(borrower)
    _offer_and_accept(container, borrower, loan_id, {lender: "1000.00"})
    container.funding.fund(lender.actor, loan_id)
    return loan_id


def _lapse_and_fund(
    container: Container, clock: FixedClock, history: StreamHistory, borrower: User, ana: User, ben: User, eve: User
) -> None:
    """Subscribe a loan, whose funding lapses, and again, with an offer that is not taken, and withdraw offers."""
    loan_id = _request(borrower)
    container.offers.make(eve.actor, loan_id, Rate.percent("12"), Money.of("200.00"))
    container.offers.withdraw(eve.actor, loan_id)
    container.offers.make(eve.actor, loan_id, Rate.percent("12"), Money.of("300.00"))
    _offer_and_accept(container, borrower, loan_id, {ana: "600.00", ben: "400.00"})
    container.wallets.withdraw(ben.actor, Money.of("5000.00"), "")
    container.funding.fund(ana.actor, loan_id)
    for _ in range(7):
        history.settle()
        clock.advance(days=1)
        container.lifecycle.expire_stale()
    history.settle()
    container.wallets.deposit(ben.actor, Money.of("2000.00"), "odd reason of Zenobia")
    offered = [offer.id for offer in stored_offers(container, loan_id) if offer.lender_id == ana.id]
    new = container.offers.make(ben.actor, loan_id, Rate.percent("11"), Money.of("400.00")).value.offer.id
    container.offers.accept(borrower.actor, loan_id, [*offered, new])
    for lender in (ana, ben):
        container.funding.fund(lender.actor, loan_id)


def _reschedule(container: Container, operator: Actor, borrower: User, lender: User) -> None:
    loan_id = _funded(container, borrower, lender)
    for rate in ("10", "9"):
        terms, context = NewTerms(annual_rate=Rate.percent(rate)), AuditContext("odd reason of Zenobia")
        container.operator_rescheduling.apply(operator, loan_id, terms, Ground.DISTRESSED, context)


def _autopay_until_default(container: Container, clock: FixedClock, borrower: User, lender: User) -> None:
    loan_id = _funded(container, borrower, lender)
    container.autopay.enable(borrower.actor, loan_id)
    container.wallets.withdraw(borrower.actor, container.wallets.balance_of(borrower.id).available, "")
    for _ in range(140):
        clock.advance(days=1)
        container.lifecycle.check_overdue()


def _complete(container: Container, borrower: User, lender: User) -> None:
    loan_id = _funded(container, borrower, lender)
    container.wallets.deposit(borrower.actor, Money.of("100.00"), "odd reason of Zenobia")
    container.payments.pay(borrower.actor, loan_id)
    container.payments.pay(borrower.actor, loan_id, container.payments.payoff(borrower.actor, loan_id).amount)


def _cancel_and_expire(container: Container, clock: FixedClock, borrower: User, lender: User) -> None:
    cancelled, _ = _request(borrower), _request(borrower)
    container.offers.make(lender.actor, cancelled, Rate.percent("12"), Money.of("300.00"))
    container.loan_requests.cancel(borrower.actor, cancelled)
    clock.advance(days=40)
    container.lifecycle.expire_stale()


def _rules(container: Container, history: StreamHistory, borrower: User, lender: User) -> None:
    """Let a rule make an offer, and wait when the lender has no more money."""
    limit = Money.of("900.00")
    terms = RuleTerms(Money.of("300.00"), Rate.percent("5"), 12, Rate.percent("100"), limit, max_per_borrower=limit)
    container.auto_invest.create(lender.actor, terms)
    _request(borrower)
    history.settle()
    container.wallets.withdraw(lender.actor, container.wallets.balance_of(lender.id).available, "")
    _request(borrower)


def _transfers(container: Container, clock: FixedClock, user: User) -> None:
    deposit_id, rejected_id = pending_deposit(user.id), requested_withdrawal(user.id)
    report(container, rejected_id, NotificationType.FAILED, "AC04")
    report(container, deposit_id, NotificationType.SETTLED)
    report(container, deposit_id, NotificationType.RETURNED, "Zenobia Quixote moved")
    pending_deposit(user.id)
    clock.advance(days=20)
    container.transfers.expire()


def _accounts(container: Container, clock: FixedClock, operator: Actor, user: User) -> None:
    for _ in range(2):
        container.account_freezes.freeze(operator, user.id, AuditContext("odd reason of Zenobia"))
        clock.advance(minutes=1)
        container.account_freezes.unfreeze(operator, user.id, AuditContext("odd reason of Zenobia"))
        clock.advance(minutes=1)
    account = container.users.account(operator, user.id)
    writes = container.audit_log.writes()
    container.security_log.add(writes, AccountEvent(AccountEventKind.NEW_SIGN_IN, account, "192.0.2.77", "request"))
    writes.commit()
    changes = ProfileChanges(email="zq-example@example.com")
    container.users.change_profile(user.actor, changes, PASSWORD, address="192.0.2.77")
    container.sessions.change_password(user.actor, current=PASSWORD, new="another good phrase", address="192.0.2.77")
