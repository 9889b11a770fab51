"""Auto-invest rules: matching loans, placements and reservations, exposure."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.auto_invest.domain import (
    AutoInvestRule,
    BorrowerExposure,
    Exposure,
    Placement,
    Reason,
    RuleTerms,
    end_reason,
    exposure_in,
    largest_amount_within,
    plan_placement,
    priority_key,
    reservation_for,
)
from chalicelib.lending_math.distribution import distribute, fee_share
from chalicelib.loans.domain.loan import Loan, LoanStatus, UnwindKind
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import ZERO, Money, Rate
from tests.unit.loans.loans_and_offers import NOW, offer_on, open_loan

AMOUNTS = st.integers(1, 100_000_000).map(Money)
FEES = st.integers(0, 10_000).map(Money)


def a_rule(
    amount: str = "100.00", cap: str = "1000.00", share: str = "100.00", min_rate: str = "10.00", max_term: int = 12
) -> AutoInvestRule:
    terms = RuleTerms(Money.of(amount), Rate.percent(min_rate), max_term, Rate.percent(share), Money.of(cap))
    return AutoInvestRule(new_id(NOW), new_id(NOW), "lender", terms, NOW)


def plan(loan: Loan, rule: AutoInvestRule, lent: str = "0.00") -> Placement | Reason:
    """The rule's placement, if it has lent so much to the borrower."""
    borrower = BorrowerExposure(loan.borrower_id, Money.of(lent))
    return plan_placement(loan, rule, borrower, min_offer=Money.of("25.00"))


def test_rule_matches_loans_within_rate_and_term() -> None:
    loan = open_loan(rate="12.00")

    assert a_rule(min_rate="12.00", max_term=6).matches(loan)
    assert not a_rule(min_rate="12.01").matches(loan)
    assert not a_rule(max_term=5).matches(loan)


def test_rule_matches_loans_from_its_minimum_amount() -> None:
    rule = a_rule()
    rule = replace(rule, terms=replace(rule.terms, min_loan_amount=Money.of("1000.00")))

    assert rule.matches(open_loan("1000.00"))
    assert not rule.matches(open_loan("999.99"))


def test_stopped_rule_and_closed_loan_never_match() -> None:
    loan = open_loan()

    assert not replace(a_rule(), is_active=False).matches(loan)
    assert not a_rule().matches(replace(loan, status=LoanStatus.PENDING_FUNDING))
    assert not a_rule().matches(replace(loan, refunding=UnwindKind.CANCELLATION))


@pytest.mark.parametrize(
    ("rule", "accepted", "expected"),
    [
        (a_rule("100.00"), "0.00", "100.00"),
        (a_rule("5000.00"), "0.00", "1000.00"),
        (a_rule("500.00", share="33.33"), "0.00", "333.30"),
        (a_rule("500.00"), "920.00", "80.00"),
        (a_rule("100.00"), "980.00", "20.00"),
    ],
    ids=["amount per loan", "the whole loan", "share of the loan", "unsubscribed amount", "small remainder"],
)
def test_placement_is_the_smallest_limit(rule: AutoInvestRule, accepted: str, expected: str) -> None:
    loan = replace(open_loan("1000.00"), accepted=Money.of(accepted))

    placed = plan(loan, replace(rule, terms=replace(rule.terms, max_exposure=Money.of("100000.00"))))

    assert isinstance(placed, Placement)
    assert placed.amount == Money.of(expected)


def test_remaining_exposure_covers_the_whole_reservation() -> None:
    loan = open_loan("1000.00", fee="3.75")

    placed = plan(loan, replace(a_rule("500.00", cap="300.00"), committed=Money.of("200.00")))

    assert placed == Placement(Money.of("99.62"), Money.of("100.00"))


def test_no_placement_without_remaining_exposure() -> None:
    rule = a_rule(cap="300.00")

    for committed in ("300.00", "400.00", "275.01"):
        assert plan(open_loan(), replace(rule, committed=Money.of(committed))) is Reason.EXPOSURE_REACHED


def test_borrower_limit_defaults_to_amount_per_loan() -> None:
    rule, loan = a_rule("100.00"), open_loan("1000.00")

    partly = plan(loan, rule, lent="60.00")

    assert isinstance(partly, Placement)
    assert partly.amount == Money.of("40.00")
    assert plan(loan, rule, lent="75.01") is Reason.BORROWER_LIMIT_REACHED
    larger = replace(rule, terms=replace(rule.terms, max_per_borrower=Money.of("250.00")))
    assert isinstance(plan(loan, larger, lent="150.00"), Placement)


def test_placement_is_never_below_the_minimum_offer() -> None:
    assert plan(open_loan("1000.00"), a_rule("24.99")) is Reason.BELOW_MINIMUM_OFFER
    assert plan(open_loan("1000.00"), a_rule("500.00", share="2.00")) is Reason.BELOW_MINIMUM_OFFER
    assert isinstance(plan(open_loan("1000.00"), a_rule("25.00")), Placement)


@pytest.mark.parametrize(
    ("amount", "per_loan", "min_rate", "places"),
    [
        ("1000.00", "100.00", "5.00", True),  # 14.64 of interest a loan: 1.46 against a fee share up to 0.38
        ("1000.00", "100.00", "1.00", False),  # 2.92: 0.29 against 0.38
        ("1000.00", "1000.00", "1.28", False),  # 3.74 against 3.75
        ("1000.00", "1000.00", "1.30", True),
        ("100.00", "100.00", "5.00", False),  # 1.46 against 3.75
        ("1000.00", "100.00", "0.00", False),
    ],
)
def test_yield_at_own_rate_exceeds_the_fee(amount: str, per_loan: str, min_rate: str, places: bool) -> None:
    loan = open_loan(amount, rate="12.00", fee="3.75")

    planned = plan(loan, a_rule(per_loan, min_rate=min_rate, cap="5000.00"))

    assert isinstance(planned, Placement) is places
    assert places or planned is Reason.YIELD_TOO_LOW


@given(amount=AMOUNTS, fee=FEES, data=st.data())
def test_reservation_covers_every_possible_fee_share(amount: Money, fee: Money, data: st.DataObject) -> None:
    loan = replace(open_loan("1000.00"), amount=amount, fee=fee)
    offered = data.draw(st.integers(1, amount.cents).map(Money))
    part = data.draw(st.integers(1, offered.cents).map(Money))
    before = data.draw(st.integers(0, amount.cents - part.cents).map(Money))

    due = part + fee_share(fee, amount, before, part)

    assert due <= reservation_for(offered, loan) <= offered + fee


@given(amount=AMOUNTS, fee=FEES, budget=st.integers(0, 200_000_000).map(Money))
def test_largest_amount_within_budget_is_maximal(amount: Money, fee: Money, budget: Money) -> None:
    loan = replace(open_loan("1000.00"), amount=amount, fee=fee)

    largest = largest_amount_within(budget, loan)

    assert not largest or reservation_for(largest, loan) <= budget
    assert largest >= amount or reservation_for(largest + Money(1), loan) > budget


def reserved_offer() -> Offer:
    return replace(offer_on(open_loan(), amount="100.00"), reserved=Money.of("100.38"), rule_id="RULE")


def funded_offer() -> Offer:
    fee = Money.of("0.37")
    return replace(reserved_offer(), accepted_amount=Money.of("100.00"), fee_share=fee, reserved=ZERO, funded_at=NOW)


def partly_accepted_offer() -> Offer:
    return replace(reserved_offer(), accepted_amount=Money.of("40.00"), fee_share=Money.of("0.15"))


@pytest.mark.parametrize(
    ("status", "outstanding", "offer", "expected"),
    [
        (LoanStatus.REQUESTED, "0.00", reserved_offer(), ("100.38", "0.00", "0.00", "100.00")),
        (LoanStatus.PENDING_FUNDING, "0.00", reserved_offer(), ("100.38", "0.00", "0.00", "100.00")),
        (LoanStatus.PENDING_FUNDING, "0.00", partly_accepted_offer(), ("100.38", "0.00", "0.00", "40.00")),
        (LoanStatus.PENDING_FUNDING, "0.00", funded_offer(), ("0.00", "100.00", "0.37", "100.00")),
        (LoanStatus.FUNDED, "1000.00", funded_offer(), ("0.00", "100.00", "0.37", "100.00")),
        (LoanStatus.FUNDED, "333.33", funded_offer(), ("0.00", "33.34", "0.37", "33.34")),
        (LoanStatus.FUNDED, "1000.00", reserved_offer(), ("100.38", "0.00", "0.00", "100.00")),
        (LoanStatus.COMPLETED, "0.00", funded_offer(), None),
        (LoanStatus.DEFAULTED, "0.00", funded_offer(), None),
        (LoanStatus.DEFAULTED, "333.33", funded_offer(), ("0.00", "0.00", "0.00", "33.34")),
        (LoanStatus.CANCELLED, "0.00", replace(reserved_offer(), reserved=ZERO), None),
        (LoanStatus.REQUESTED, "0.00", replace(reserved_offer(), rule_id=None), None),
        (LoanStatus.REQUESTED, "0.00", None, None),
    ],
)
def test_exposure_is_reserved_or_outstanding_amount(
    status: LoanStatus, outstanding: str, offer: Offer | None, expected: tuple[str, str, str, str] | None
) -> None:
    defaulted, unpaid = status is LoanStatus.DEFAULTED, Money.of(outstanding)
    loan = replace(open_loan("1000.00"), status=status, outstanding=ZERO if defaulted else unpaid)

    exposure = exposure_in("RULE", replace(loan, written_off=unpaid if defaulted else ZERO), offer)

    assert exposure == (None if expected is None else Exposure(*map(Money.of, expected)))


@given(
    shares=st.lists(st.integers(1, 100_000), min_size=1, max_size=12),
    paid=st.lists(st.integers(0, 100), min_size=1, max_size=6),
)
def test_exposure_exceeds_position_by_at_most_a_cent(shares: list[int], paid: list[int]) -> None:
    received, whole = [0] * len(shares), sum(shares)
    for percent in paid:
        amount = (whole - sum(received)) * percent // 100
        received = [got + more for got, more in zip(received, distribute(amount, shares, received), strict=True)]
    loan = replace(open_loan(), amount=Money(whole), status=LoanStatus.FUNDED, outstanding=Money(whole - sum(received)))

    for share, got in zip(shares, received, strict=True):
        exposure = exposure_in("RULE", loan, replace(funded_offer(), accepted_amount=Money(share))) or Exposure()

        assert 0 <= exposure.invested.cents - (share - got) <= 1


@given(
    requests=st.lists(
        st.tuples(
            st.integers(100_00, 5_000_00),  # the loan
            st.integers(0, 2),  # its borrower
            st.integers(0, 100),  # percent of the offer that is accepted; 0 releases it
            st.integers(0, 100),  # percent of the loan that is repaid
            st.booleans(),  # whether the exposure is measured before the next loan
        ),
        max_size=30,
    ),
    cap=st.integers(100_00, 3_000_00),
    per_borrower=st.integers(25_00, 1_000_00),
)
def test_exposure_with_fees_never_exceeds_its_limits(
    requests: list[tuple[int, int, int, int, bool]], cap: int, per_borrower: int
) -> None:
    base = a_rule("400.00", cap=str(Money(cap)), min_rate="8.00")
    rule = replace(base, terms=replace(base.terms, max_per_borrower=Money(per_borrower)))
    placed: list[tuple[int, Loan, Offer]] = []
    committed: dict[int, Money] = {}

    for cents, borrower, accepted_percent, repaid_percent, measures in requests:
        loan = open_loan(str(Money(cents)))
        planned = plan(loan, rule, str(committed.get(borrower, ZERO)))
        if isinstance(planned, Placement):
            rule = replace(rule, committed=rule.committed + planned.reserved)
            committed[borrower] = committed.get(borrower, ZERO) + planned.amount
            part = Money(planned.amount.cents * accepted_percent // 100)
            offer = replace(offer_on(loan, amount=str(planned.amount)), reserved=planned.reserved, rule_id=rule.id)
            assert offer.amount + fee_share(loan.fee, loan.amount, ZERO, offer.amount) <= offer.reserved
            placed.append((borrower, loan, offer))
            check_limits(rule, placed, committed)
            if part:
                offer = offer.accept(part, 1, fee_share(loan.fee, loan.amount, loan.amount - part, part))
                left = Money(loan.amount.cents * (100 - repaid_percent) // 100)
                loan = replace(loan, status=LoanStatus.FUNDED if left else LoanStatus.COMPLETED, outstanding=left)
                placed[-1] = (borrower, loan, replace(offer, funded_at=NOW, reserved=ZERO))
            else:
                placed.pop()
        check_limits(rule, placed, committed)
        if measures:
            totals = exposures_of(rule, placed)
            rule = replace(rule, committed=sum(totals.values(), Exposure()).total)
            committed = {each: exposure.principal for each, exposure in totals.items()}
            check_limits(rule, placed, committed)


def exposures_of(rule: AutoInvestRule, placed: list[tuple[int, Loan, Offer]]) -> dict[int, Exposure]:
    """The rule's exposure by borrower."""
    totals: dict[int, Exposure] = {}
    for borrower, loan, offer in placed:
        exposure = exposure_in(rule.id, loan, offer) or Exposure()
        totals[borrower] = totals.get(borrower, Exposure()) + exposure
    return totals


def check_limits(rule: AutoInvestRule, placed: list[tuple[int, Loan, Offer]], committed: dict[int, Money]) -> None:
    totals = exposures_of(rule, placed)
    assert sum(totals.values(), Exposure()).total <= rule.committed <= rule.terms.max_exposure
    for borrower, exposure in totals.items():
        assert exposure.principal <= committed.get(borrower, ZERO) <= rule.terms.borrower_limit


def test_ended_placement_has_a_reason() -> None:
    loan = open_loan()

    assert end_reason(replace(loan, status=LoanStatus.COMPLETED), funded_offer()) is Reason.REPAID
    assert end_reason(replace(loan, status=LoanStatus.DEFAULTED), funded_offer()) is Reason.WRITTEN_OFF
    assert end_reason(loan, None) is Reason.NOT_TAKEN


def test_rule_order_is_stable_and_differs_by_loan() -> None:
    rules = [new_id(NOW) for _ in range(20)]

    orders = [sorted(rules, key=lambda rule, loan=str(number): priority_key(loan, rule)) for number in range(5)]  # type: ignore[misc]  # the default binds the loan

    assert sorted(rules, key=lambda rule: priority_key("0", rule)) == orders[0]
    assert len({tuple(order) for order in orders}) == 5
