"""Distribution of payments and fees among lenders."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.distribution import distribute, fee_share, fee_shares
from chalicelib.shared.money import ZERO, Money

SHARES = st.lists(st.one_of(st.integers(1, 30), st.integers(1, 10**8)), min_size=1, max_size=60)
MANY_SHARES = st.lists(st.integers(1, 10**7), min_size=1, max_size=500)


def pay(payments: Sequence[int], shares: Sequence[int]) -> list[int]:
    """Distribute payments one after another and check the invariants after each."""
    totals = [0] * len(shares)
    for amount in payments:
        given_now = distribute(amount, shares, totals)
        assert sum(given_now) == amount
        assert min(given_now) >= 0
        totals = [total + cents for total, cents in zip(totals, given_now, strict=True)]
        assert_within_a_cent(totals, shares)
    return totals


def assert_within_a_cent(totals: Sequence[int], shares: Sequence[int]) -> None:
    paid, whole = sum(totals), sum(shares)
    assert all(abs(total * whole - paid * share) < whole for total, share in zip(totals, shares, strict=True))


def cut(whole: int, marks: Sequence[int]) -> list[int]:
    """Payments that sum to the total, split at the marks (in millionths of it)."""
    places = sorted({0, whole, *(whole * mark // 1_000_000 for mark in marks)})
    return [later - earlier for earlier, later in pairwise(places)]


MARKS = st.lists(st.integers(0, 1_000_000), max_size=12)


@given(SHARES, MARKS)
def test_distributed_principal_ends_at_each_share(shares: list[int], marks: list[int]) -> None:
    assert pay(cut(sum(shares), marks), shares) == shares


@given(MANY_SHARES, st.lists(st.integers(0, 10**7), max_size=4))
def test_many_lenders_stay_within_a_cent_of_quota(shares: list[int], payments: list[int]) -> None:
    assert sum(pay(payments, shares)) == sum(payments)


@given(SHARES, MARKS, st.integers(1, 3))
def test_interest_above_principal_is_distributed_evenly(shares: list[int], marks: list[int], rounds: int) -> None:
    assert pay(cut(rounds * sum(shares), marks), shares) == [rounds * share for share in shares]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_single_cents_stay_within_quotas(shares: list[int]) -> None:
    assert pay([1] * sum(shares), shares) == shares


@given(SHARES, MARKS, st.randoms(use_true_random=False))
def test_order_of_lenders_only_decides_ties(shares: list[int], marks: list[int], random: Random) -> None:
    unequal = [share * len(shares) + k for k, share in enumerate(dict.fromkeys(shares), 1)]
    payments = cut(sum(unequal), marks)[:3]
    order = list(range(len(unequal)))
    random.shuffle(order)

    straight = pay(payments, unequal)
    shuffled = pay(payments, [unequal[k] for k in order])

    # Lenders whose next cents are due at exactly the same moment may swap one; no others may.
    whole, paid = sum(unequal), sum(payments)
    for place, lender in enumerate(order):
        if shuffled[place] != straight[lender]:
            due = Fraction((paid * unequal[lender] // whole + 1) * whole, unequal[lender])
            assert any(
                due == Fraction((paid * share // whole + 1) * whole, share)
                for other, share in enumerate(unequal)
                if other != lender
            )


@given(SHARES, MARKS, st.randoms(use_true_random=False))
def test_order_of_payments_does_not_change_totals(shares: list[int], marks: list[int], random: Random) -> None:
    payments = cut(sum(shares), marks)
    shuffled = list(payments)
    random.shuffle(shuffled)

    assert pay(shuffled, shares) == pay(payments, shares)


def test_splitting_payments_may_move_single_cents() -> None:
    """Quotas are calculated per payment: a cent paid early is not reclaimed for one that is due sooner."""
    shares = [3, 4, 1, 1]

    assert pay([7], shares) == [3, 4, 0, 0]
    assert pay([1] * 7, shares) == [3, 3, 1, 0]
    assert pay([7, 2], shares) == pay([1] * 9, shares) == shares


def test_random_payments_among_37_lenders_close_exactly() -> None:
    random = Random(37)
    shares = [2 * random.randint(500, 50_000) + 1 for _ in range(37)]
    whole = sum(shares)
    places = sorted({0, whole, *random.sample(range(1, whole), 1_999)})
    payments = [later - earlier for earlier, later in pairwise(places)]

    assert len(payments) == 2_000
    assert pay(payments, shares) == shares


def test_largest_remainders_alone_would_reclaim_a_cent() -> None:
    """Rounding the cumulative quotas again at each payment is not monotone."""
    shares = [3, 4, 1, 1]

    assert distribute(6, shares, [0] * 4) == (2, 3, 1, 0)
    assert distribute(1, shares, [2, 3, 1, 0]) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("amount", "shares", "received"),
    [(-1, [1], [0]), (1, [], []), (1, [0], [0]), (1, [-1, 2], [0, 0]), (1, [1], [-1]), (1, [1, 1], [5, 0])],
)
def test_impossible_totals_are_rejected(amount: int, shares: list[int], received: list[int]) -> None:
    with pytest.raises(ValueError, match=r"negative|share|totals"):
        distribute(amount, shares, received)


def test_lists_of_different_length_are_rejected() -> None:
    with pytest.raises(ValueError, match="zip"):
        distribute(1, [1, 1], [0])


def test_lender_without_share_receives_nothing() -> None:
    assert distribute(9, [0, 3, 6], [0, 0, 0]) == (0, 3, 6)


@given(st.integers(0, 10_000), st.lists(st.integers(1, 10**7), min_size=1, max_size=500))
def test_fee_shares_sum_to_the_fee(fee: int, parts: list[int]) -> None:
    amounts = [Money(cents) for cents in parts]

    shares = fee_shares(Money(fee), amounts)

    assert Money.total(shares) == Money(fee)
    assert min(shares) >= ZERO
    whole = sum(parts)
    assert all(abs(share.cents - Fraction(fee * part, whole)) <= 1 for share, part in zip(shares, parts, strict=True))


def test_single_lender_pays_the_whole_fee() -> None:
    fee, amount = Money.of("3.75"), Money.of("1000.00")

    assert fee_share(fee, amount, ZERO, amount) == fee


def test_fee_share_is_fixed_at_acceptance() -> None:
    fee, amount = Money.of("3.75"), Money.of("1000.00")
    first, second = Money.of("333.33"), Money.of("333.34")

    shares = (fee_share(fee, amount, ZERO, first), fee_share(fee, amount, first, second))

    assert shares == (Money.of("1.25"), Money.of("1.25"))
    assert fee_shares(fee, [first, second, first]) == (*shares, Money.of("1.25"))


@pytest.mark.parametrize(("covered", "part"), [("900.00", "100.01"), ("-1.00", "1.00"), ("10.00", "-5.00")])
def test_acceptance_above_the_loan_is_rejected(covered: str, part: str) -> None:
    with pytest.raises(ValueError, match="accepted"):
        fee_share(Money.of("3.75"), Money.of("1000.00"), Money.of(covered), Money.of(part))
