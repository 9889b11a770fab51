"""Offers: what fits a request, what becomes of them, and which rate clears."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.loans.domain.errors import AlreadyFunded, LoanNotReady, OfferAccepted, OfferTooLarge, RateTooHigh
from chalicelib.loans.domain.offer import clearing_rate, validate_offer
from chalicelib.shared.money import Money, Rate
from tests.unit.loans.offers import NOW, a_loan, an_offer


@pytest.mark.parametrize(("rate", "amount"), [("12.00", "1000.00"), ("0.00", "0.01")])
def test_an_offer_fits_within_the_request(rate: str, amount: str) -> None:
    validate_offer(a_loan("1000.00", rate="12.00"), Rate.percent(rate), Money.of(amount))


def test_an_offer_above_the_requested_rate_names_the_highest() -> None:
    with pytest.raises(RateTooHigh, match=r"12\.00 %"):
        validate_offer(a_loan(rate="12.00"), Rate.percent("12.01"), Money.of("1.00"))


def test_an_offer_of_more_than_the_loan_names_the_largest() -> None:
    with pytest.raises(OfferTooLarge, match=r"1000\.00"):
        validate_offer(a_loan("1000.00"), Rate.percent("1"), Money.of("1000.01"))


def test_an_accepted_offer_owes_its_part_and_its_share_of_the_fee() -> None:
    accepted = an_offer(a_loan()).accept(Money.of("400.00"), 1, Money.of("1.50"))

    assert accepted.is_accepted
    assert str(accepted.amount_due) == "401.50"


def test_an_offer_is_accepted_once_and_funded_once() -> None:
    offer = an_offer(a_loan())
    accepted = offer.accept(Money.of("400.00"), 1, Money.of("1.50"))

    with pytest.raises(LoanNotReady):
        offer.require_fundable()
    with pytest.raises(OfferAccepted):
        accepted.accept(Money.of("1.00"), 2, Money.of("0.00"))
    accepted.require_fundable()
    with pytest.raises(AlreadyFunded):
        replace(accepted, funded_at=NOW).require_fundable()


def test_all_get_the_highest_rate_that_was_accepted() -> None:
    loan = a_loan()

    assert str(clearing_rate([an_offer(loan, rate) for rate in ("9.00", "11.25", "10.00")])) == "11.25"
