"""Events of real loans, from the request to the last payment."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.container import Container
from chalicelib.events.domain.event import Event
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money, Rate
from tests.bulk_loans import funded_shared_loan
from tests.factories import ServiceFactory
from tests.integration.derivation.stream_history import StreamHistory
from tests.stored_state import stored_offers

DUE: Final = date(2026, 2, 15)
Summary = tuple[str, str]


def summary(events: list[Event], **people: Actor) -> list[Summary]:
    """Type and recipients of events, by time and type; ``lenders`` are those of the loan."""
    names = {actor.user_id: name for name, actor in people.items()}
    return [
        (
            event.type,
            " ".join([*(names[each] for each in event.recipients), *(["lenders"] if event.lenders_of else [])]),
        )
        for event in events
    ]


def one(events: list[Event], type_name: str) -> Mapping[str, object]:
    """The data of the only event of a type."""
    (found,) = [event for event in events if event.type == type_name]
    return found.data


def subscribed(factory: ServiceFactory) -> tuple[Actor, Actor, Actor, str]:
    """A borrower, two lenders of 600.00 and 400.00, and their fully subscribed loan."""
    borrower, ana, ben = factory.borrower(), factory.lender("900.00"), factory.lender("900.00")
    return borrower, ana, ben, factory.subscribed_loan(borrower, {ana: "600.00", ben: "400.00"})


def funded(factory: ServiceFactory, container: Container) -> tuple[Actor, Actor, Actor, str]:
    borrower, ana, ben, loan_id = subscribed(factory)
    container.funding.fund(ana, loan_id)
    container.funding.fund(ben, loan_id)
    return borrower, ana, ben, loan_id


def test_subscription_reaches_each_party(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    borrower, ana, ben, eve = service_factory.borrower(), *(service_factory.lender("900.00") for _ in range(3))
    history.new_events()

    loan_id = service_factory.open_loan(borrower)
    offers = []
    for lender, amount in ((ana, "600.00"), (ben, "500.00"), (eve, "300.00")):
        clock.advance(seconds=1)
        offers.append(service_factory.make_offer(lender, loan_id, amount, "11"))
    clock.advance(seconds=1)
    container.offers.accept(borrower, loan_id, [offers[0].id, offers[1].id])
    events = history.new_events()

    received = ("offer.received", "borrower")
    accepted = sorted(summary([event for event in events if event.type == "offer.accepted"], ana=ana, ben=ben))
    others = [event for event in events if event.type != "offer.accepted"]
    assert accepted == [("offer.accepted", "ana"), ("offer.accepted", "ben")]
    assert summary(others, borrower=borrower) == [
        ("loan.requested", "borrower"),
        received,
        received,
        received,
        ("loan.subscribed", "borrower lenders"),
        ("offer.declined", "lenders"),
    ]
    assert one(events, "loan.subscribed") == {
        "loan_id": loan_id,
        "amount": "1000.00",
        "annual_interest_rate": "11.00",
        "term_months": 6,
        "funding_deadline": "2026-01-21",
    }
    (last,) = [event.data for event in events if event.type == "offer.accepted" and event.recipients == (ben.user_id,)]
    assert (last["offer_id"], last["accepted_amount"], last["amount_due"]) == (offers[1].id, "400.00", "401.50")


def test_declined_lenders_are_those_without_acceptance(
    history: StreamHistory, service_factory: ServiceFactory, container: Container
) -> None:
    borrower, ana, eve = service_factory.borrower(), service_factory.lender("2000.00"), service_factory.lender()
    loan_id = service_factory.open_loan(borrower)
    service_factory.make_offer(eve, loan_id, "300.00")
    service_factory.accept_offer(borrower, ana, loan_id, "1000.00")
    history.settle()

    declined = container.loan_queries.lenders_of(loan_id, limit=10, after=None, declined=True)
    lenders = container.loan_queries.lenders_of(loan_id, limit=10, after=None)

    assert (declined, lenders) == (([eve.user_id], None), ([ana.user_id], None))


def test_published_events_reach_accepted_and_declined_lenders(
    history: StreamHistory, service_factory: ServiceFactory, container: Container
) -> None:
    borrower, ana, eve = service_factory.borrower(), service_factory.lender("2000.00"), service_factory.lender()
    loan_id = service_factory.open_loan(borrower)
    service_factory.make_offer(eve, loan_id, "300.00")
    service_factory.accept_offer(borrower, ana, loan_id, "1000.00")
    history.settle()

    def received(actor: Actor) -> set[str]:
        page = container.event_repository.page_of_user(actor.user_id, limit=20)
        return {event.type for event in page.items if event.data.get("loan_id") == loan_id}

    assert received(eve) == {"offer.declined"}
    assert received(ana) == {"offer.accepted", "loan.subscribed"}
    assert received(borrower) == {"loan.requested", "offer.received", "loan.subscribed"}


def test_life_of_a_loan_gives_each_event_once(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    borrower, ana, ben, loan_id = funded(service_factory, container)
    people = {"borrower": borrower, "ana": ana, "ben": ben}
    start = history.new_events()
    assert one(start, "loan.funded")["next_due_date"] == "2026-02-15"
    service_factory.container.wallets.deposit(borrower, Money.of("900.00"), "")
    history.new_events()

    clock.advance(days=20)
    payment = container.payments.pay(borrower, loan_id).value.payment
    paid = history.new_events()
    assert sorted(summary(paid, **people)) == [("payment.received", each) for each in ("ana", "ben", "borrower")]
    by_party = {event.recipients[0]: event.data for event in paid}
    assert by_party[borrower.user_id] == {
        "loan_id": loan_id,
        "payment_id": payment.id,
        "party": "borrower",
        "amount": str(payment.amount),
        "principal": str(payment.principal),
        "interest": str(payment.interest),
        "late_fee": "0.00",
        "fee_refund": "0.00",
    }
    parts = [Money.of(str(by_party[lender.user_id]["amount"])) for lender in (ana, ben)]
    assert (Money.total(parts), by_party[ana.user_id]["party"]) == (payment.amount, "lender")
    assert {data["payment_id"] for data in by_party.values()} == {payment.id}

    clock.advance(days=1)
    payoff = container.payments.payoff(borrower, loan_id).amount
    container.payments.pay(borrower, loan_id, payoff)
    closed = history.new_events()
    assert sorted(summary(closed, **people)) == [
        ("loan.completed", "borrower lenders"),
        ("payment.received", "ana"),
        ("payment.received", "ben"),
        ("payment.received", "borrower"),
    ]


def test_early_payoff_names_the_refunded_fee(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    borrower, ana, ben, loan_id = funded(service_factory, container)
    container.wallets.deposit(borrower, Money.of("10.00"), "")
    history.new_events()

    clock.advance(days=1)
    container.payments.pay(borrower, loan_id, container.payments.payoff(borrower, loan_id).amount)
    events = history.new_events()

    refunds = {event.recipients[0]: event.data["fee_refund"] for event in events if event.type == "payment.received"}
    assert refunds == {borrower.user_id: "0.00", ana.user_id: "2.06", ben.user_id: "1.37"}


def test_overdue_loan_defaults_once(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    borrower, _, _, loan_id = funded(service_factory, container)
    history.new_events()

    for _ in range(160):
        clock.advance(days=1)
        container.lifecycle.check_overdue()
    events = history.new_events()

    assert summary(events, borrower=borrower) == [
        ("payment.due_soon", "borrower"),
        ("payment.due_soon", "borrower"),
        ("loan.overdue", "borrower lenders"),
        ("loan.overdue", "borrower"),
        ("loan.overdue", "borrower"),
        ("loan.defaulted", "borrower lenders"),
    ]
    assert [event.data["days_until_due"] for event in events[:2]] == [3, 0]
    assert [event.data["days_overdue"] for event in events[2:5]] == [1, 7, 14]
    due = {"loan_id": loan_id, "number": 1, "amount": "172.55", "due_date": "2026-02-15", "days_until_due": 3}
    assert events[0].data == due
    assert events[5].data == {"loan_id": loan_id, "amount": "1000.00", "written_off": "1000.00"}


def test_cancelled_request_is_not_expired(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    borrower, ana, _, loan_id = subscribed(service_factory)
    container.funding.fund(ana, loan_id)
    history.new_events()

    clock.advance(days=5)
    container.loan_requests.cancel(borrower, loan_id)
    events = history.new_events()

    assert summary(events, borrower=borrower) == [("loan.cancelled", "borrower lenders")]
    assert events[0].data == {"loan_id": loan_id, "amount": "1000.00"}


def test_request_expires_and_funding_lapses(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    borrower, ana, ben, loan_id = subscribed(service_factory)
    container.funding.fund(ana, loan_id)
    first = one(history.new_events(), "loan.subscribed")

    clock.advance(days=7)
    container.lifecycle.expire_stale()
    lapsed = history.new_events()
    assert sorted(summary(lapsed, borrower=borrower, ben=ben)) == [
        ("loan.expired", "borrower lenders"),
        ("offer.declined", "ben"),
    ]
    assert one(lapsed, "loan.expired") == {"loan_id": loan_id, "amount": "1000.00", "deadline": "funding"}
    assert one(lapsed, "offer.declined") == {"loan_id": loan_id, "reason": "void"}

    service_factory.make_offer(ben, loan_id, "400.00")
    offer_ids = [offer.id for offer in stored_offers(container, loan_id)]
    container.offers.accept(borrower, loan_id, offer_ids)
    again = history.new_events()
    assert one(again, "loan.subscribed") != first
    assert [event.type for event in again].count("offer.accepted") == 2

    clock.advance(days=7)
    container.lifecycle.expire_stale()
    history.new_events()
    clock.advance(days=30)
    container.lifecycle.expire_stale()
    expired = history.new_events()
    assert summary(expired, borrower=borrower) == [("loan.expired", "borrower lenders")]
    assert expired[0].data["deadline"] == "request"


def test_lenders_are_reminded_of_the_funding(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    _, ana, ben, loan_id = subscribed(service_factory)
    container.wallets.withdraw(ben, Money.of("800.00"), "")
    container.funding.fund(ana, loan_id)
    history.new_events()

    for _ in range(6):
        clock.advance(days=1)
        container.lifecycle.expire_stale()
    events = history.new_events()

    assert summary(events, ben=ben) == [
        ("offer.funding_due_soon", "ben"),
        ("offer.unbacked", "ben"),
        ("offer.funding_due_soon", "ben"),
        ("offer.unbacked", "ben"),
    ]
    assert events[0].data == {
        "loan_id": loan_id,
        "offer_id": events[0].data["offer_id"],
        "amount_due": "401.50",
        "funding_deadline": "2026-01-21",
    }


def test_release_declines_every_accepted_offer(
    history: StreamHistory, service_factory: ServiceFactory, container: Container
) -> None:
    borrower, ana, ben, loan_id = subscribed(service_factory)
    container.funding.fund(ana, loan_id)
    history.new_events()

    container.loan_requests.release(borrower, loan_id)
    events = history.new_events()

    assert sorted(summary(events, ana=ana, ben=ben)) == [("offer.declined", "ana"), ("offer.declined", "ben")]


def test_offer_is_withdrawn_and_made_again(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    borrower, ana = service_factory.borrower(), service_factory.lender("900.00")
    loan_id = service_factory.open_loan(borrower)
    history.new_events()

    for _ in range(2):
        service_factory.make_offer(ana, loan_id, "400.00")
        history.settle()
        clock.advance(seconds=1)
        container.offers.withdraw(ana, loan_id)
        history.settle()
        clock.advance(seconds=1)
    events = history.new_events()

    steps = [("offer.received", "borrower"), ("offer.withdrawn", "ana borrower")]
    assert summary(events, borrower=borrower, ana=ana) == steps * 2
    assert len({event.data["offer_id"] for event in events}) == 2


def test_rule_matches_and_its_offer_is_replaced(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    borrower, ana = service_factory.borrower(), service_factory.lender("900.00")
    rule = service_factory.rule(ana, "300.00").rule
    loan_id = service_factory.open_loan(borrower)
    matched = history.new_events()
    assert sorted(summary(matched, ana=ana, borrower=borrower)) == [
        ("loan.requested", "borrower"),
        ("offer.received", "borrower"),
        ("rule.matched", "ana"),
        ("transfer.settled", "ana"),
    ]
    assert (one(matched, "rule.matched")["rule_id"], one(matched, "rule.matched")["reserved"]) == (rule.id, "301.13")

    clock.advance(seconds=1)
    service_factory.make_offer(ana, loan_id, "400.00")
    replaced = history.new_events()

    assert sorted(summary(replaced, ana=ana, borrower=borrower)) == [
        ("offer.received", "borrower"),
        ("offer.withdrawn", "ana borrower"),
    ]


def test_each_reschedule_is_an_event(
    history: StreamHistory, service_factory: ServiceFactory, container: Container
) -> None:
    borrower, _, _, loan_id = funded(service_factory, container)
    operator = service_factory.user(Role.ADMIN)
    history.new_events()

    for rate in ("11", "10"):
        terms = NewTerms(annual_rate=Rate.percent(rate))
        container.operator_rescheduling.apply(operator, loan_id, terms, Ground.CONTRACTUAL, AuditContext("requested"))
    longer = NewTerms(remaining_terms=24)
    container.operator_rescheduling.apply(operator, loan_id, longer, Ground.DISTRESSED, AuditContext("requested"))
    events = history.new_events()

    assert summary(events, borrower=borrower) == [("loan.rescheduled", "borrower lenders")] * 2
    assert {event.data["annual_interest_rate"] for event in events} == {"11.00", "10.00"}
    assert {event.data["ground"] for event in events} == {"contractual"}


def test_each_failed_attempt_of_autopay_is_an_event(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    borrower, _, _, loan_id = funded(service_factory, container)
    container.wallets.withdraw(borrower, Money.of("1000.00"), "")
    container.autopay.enable(borrower, loan_id)
    history.new_events()

    for day in range(3):
        clock.set_date(DUE + timedelta(days=day))
        container.lifecycle.check_overdue()
        container.lifecycle.check_overdue()
    failed = [event for event in history.new_events() if event.type == "payment.failed"]

    assert summary(failed, borrower=borrower) == [("payment.failed", "borrower")] * 3
    assert failed[0].data == {"loan_id": loan_id, "number": 1, "reason": "insufficient_funds"}


def test_every_lender_of_a_large_loan_is_paid_once(
    history: StreamHistory, container: Container, clock: FixedClock
) -> None:
    shared = funded_shared_loan(container, 95, "10000.00")
    history.new_events()

    payment = container.payments.pay(shared.borrower, shared.loan_id).value.payment
    events = history.new_events()

    lenders = [event for event in events if event.data["party"] == "lender"]
    assert {event.recipients for event in lenders} == {(lender.user_id,) for lender in shared.lenders}
    assert len(lenders) == 95 == len(events) - 1
    assert {event.data["payment_id"] for event in events} == {payment.id}
    assert Money.total(Money.of(str(event.data["amount"])) for event in lenders) == payment.amount
