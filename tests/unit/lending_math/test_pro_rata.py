"""Pro rata allocation of an amount."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.pro_rata import allocate, allocate_capped, capped_quotas
from tests.unit.lending_math.published_cases import read_published

WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any)
WANTS = st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 10**6)), min_size=1, max_size=30)


@pytest.mark.parametrize(("cents", "weights", "expected"), read_published("allocations.json")["plain"]["cases"])
def test_allocation_matches_published_largest_remainders(cents: int, weights: list[int], expected: list[int]) -> None:
    assert allocate(cents, weights) == tuple(expected)


@pytest.mark.parametrize("case", read_published("allocations.json")["capped"])
def test_capped_allocation_matches_published_quotas(case: dict[str, Any]) -> None:
    quotas = capped_quotas(case["amount"], case["weights"], case["requested"])

    assert quotas == [Fraction(quota) for quota in case["quotas"]]


@given(st.integers(0, 10**9), WEIGHTS)
def test_allocation_is_within_a_cent_of_quotas(amount: int, weights: list[int]) -> None:
    cents = allocate(amount, weights)

    assert sum(cents) == amount
    quotas = [Fraction(amount * weight, sum(weights)) for weight in weights]
    assert all(int(quota) <= got <= int(quota) + 1 for got, quota in zip(cents, quotas, strict=True))
    assert all(got == 0 for got, weight in zip(cents, weights, strict=True) if not weight)


@given(st.integers(0, 10**7), WANTS)
def test_capped_allocation_respects_caps_and_leaves_nothing(amount: int, wants: list[tuple[int, int]]) -> None:
    weights, caps = [weight for weight, _ in wants], [cap for _, cap in wants]

    cents = allocate_capped(amount, weights, caps)

    assert all(0 <= got <= cap for got, cap in zip(cents, caps, strict=True))
    assert sum(cents) == min(amount, sum(cap for weight, cap in wants if weight))


@given(st.integers(0, 10**7), WANTS)
def test_uncapped_shares_are_proportional_to_weights(amount: int, wants: list[tuple[int, int]]) -> None:
    weights, caps = [weight for weight, _ in wants], [cap for _, cap in wants]

    quotas = capped_quotas(amount, weights, caps)

    rows = list(zip(quotas, weights, caps, strict=True))
    open_rates = {quota / weight for quota, weight, cap in rows if weight and quota < cap}
    assert len(open_rates) <= 1
    for rate in open_rates:
        assert all(quota / weight <= rate for quota, weight, _ in rows if weight)


@pytest.mark.parametrize(("amount", "weights"), [(-1, [1]), (1, [0, 0]), (1, []), (1, [-1, 2])])
def test_allocation_without_weight_is_rejected(amount: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        allocate(amount, weights)


@pytest.mark.parametrize(("weights", "caps"), [([1], []), ([1, -1], [1, 1]), ([1], [-1])])
def test_invalid_caps_are_rejected(weights: list[int], caps: list[int]) -> None:
    with pytest.raises(ValueError, match="cap"):
        allocate_capped(10, weights, caps)
