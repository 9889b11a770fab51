"""Offers: validation, acceptance, funding, and the clearing rate."""

from dataclasses import replace

import pytest

from chalicelib.loans.domain.errors import OfferAccepted, OfferTooLarge, OfferTooSmall, RateTooHigh
from chalicelib.loans.domain.offer import clearing_rate, validate_offer
from chalicelib.shared.money import Money, Rate
from tests.unit.loans.loans_and_offers import NOW, offer_on, open_loan

LEAST = Money.of("25.00")


@pytest.mark.parametrize(("rate", "amount"), [("12.00", "1000.00"), ("0.00", "25.00")])
def test_offer_within_the_request_is_valid(rate: str, amount: str) -> None:
    validate_offer(open_loan("1000.00", rate="12.00"), Rate.percent(rate), Money.of(amount), LEAST)


def test_small_offer_must_cover_the_remainder() -> None:
    loan = replace(open_loan("1000.00"), accepted=Money.of("990.00"))

    validate_offer(loan, Rate.percent("12.00"), Money.of("10.00"), LEAST)
    with pytest.raises(OfferTooSmall, match=r"at least 10\.00"):
        validate_offer(loan, Rate.percent("12.00"), Money.of("9.99"), LEAST)


@pytest.mark.parametrize(
    ("rate", "amount", "error", "message"),
    [
        ("12.01", "25.00", RateTooHigh, r"12\.00 %"),
        ("1.00", "1000.01", OfferTooLarge, r"1000\.00"),
        ("1.00", "24.99", OfferTooSmall, r"25\.00"),
    ],
)
def test_offer_beyond_the_request_is_rejected(rate: str, amount: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        validate_offer(open_loan("1000.00", rate="12.00"), Rate.percent(rate), Money.of(amount), LEAST)


def test_accepted_offer_owes_part_and_fee_share() -> None:
    accepted = offer_on(open_loan()).accept(Money.of("400.00"), 1, Money.of("1.50"))

    assert accepted.is_accepted
    assert str(accepted.amount_due) == "401.50"


def test_offer_is_accepted_and_funded_once() -> None:
    offer = offer_on(open_loan())
    accepted = offer.accept(Money.of("400.00"), 1, Money.of("1.50"))

    with pytest.raises(OfferAccepted):
        accepted.accept(Money.of("1.00"), 2, Money.of("0.00"))
    assert not accepted.is_funded
    assert replace(accepted, funded_at=NOW).is_funded


def test_clearing_rate_is_the_highest_accepted_rate() -> None:
    loan = open_loan()

    assert str(clearing_rate([offer_on(loan, rate) for rate in ("9.00", "11.25", "10.00")])) == "11.25"
