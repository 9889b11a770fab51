"""Root finding within bounds."""

from math import exp

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.lending_math.root_finding import Curve, NoRoot, nearest_root


def a_polynomial(*roots: float) -> Curve:
    def curve(x: float) -> tuple[float, float]:
        value, slope = 1.0, 0.0
        for root in roots:
            value, slope = value * (x - root), slope * (x - root) + value
        return value, slope

    return curve


@given(st.floats(-9.0, 9.0))
@example(-5e-324)
def test_root_is_found_between_the_bounds(root: float) -> None:
    assert nearest_root(a_polynomial(root), -10, 10) == pytest.approx(root, rel=1e-12, abs=1e-12)


def test_nearest_root_to_zero_is_returned() -> None:
    assert nearest_root(a_polynomial(-3.0, 0.5, 4.0), -10, 10) == pytest.approx(0.5)
    assert nearest_root(a_polynomial(-0.5, 3.0, 4.0), -10, 10) == pytest.approx(-0.5)
    assert nearest_root(a_polynomial(0.0), -1, 1) == 0.0


@pytest.mark.parametrize("roots", [(0.30, 0.31), (-0.31, -0.30), (2.0, 2.01)])
def test_two_close_roots_are_found(roots: tuple[float, float]) -> None:
    found = nearest_root(a_polynomial(*roots), -10, 10)

    assert min(abs(found - root) for root in roots) < 1e-9


def test_divergent_newton_steps_are_bracketed() -> None:
    def steep(x: float) -> tuple[float, float]:
        grown = exp(-40 * (x - 2))
        return 1 / (1 + grown) - 0.9, 40 * grown / (1 + grown) ** 2

    assert 1 / (1 + exp(-40 * (nearest_root(steep, -3, 10) - 2))) == pytest.approx(0.9)


@pytest.mark.parametrize("lift", [1e-6, 5.0])
def test_curve_without_sign_change_has_no_root(lift: float) -> None:
    with pytest.raises(NoRoot):
        nearest_root(lambda x: ((x - 0.3) ** 2 + lift, 2 * (x - 0.3)), -10, 10)


def test_root_outside_the_bounds_is_not_found() -> None:
    with pytest.raises(NoRoot):
        nearest_root(a_polynomial(11.0), -10, 10)
