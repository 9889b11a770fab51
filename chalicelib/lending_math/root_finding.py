"""Root finding: a bracket first, then Newton steps that never leave it."""

from collections.abc import Callable
from typing import Final, NamedTuple

Curve = Callable[[float], tuple[float, float]]
"""The value and the slope of a smooth function at a point."""

_FIRST_STEP: Final = 0.02
_STEP_GROWTH: Final = 1.5
_MOST_STEPS: Final = 100
_RELATIVE_TOLERANCE: Final = 1e-14


class NoRoot(Exception):
    """The function does not change its sign where it was searched."""


class _Point(NamedTuple):
    at: float
    value: float
    slope: float


def nearest_root(curve: Curve, lowest: float, highest: float) -> float:
    """Find the root nearest to zero, or one of the nearest, between two bounds that enclose zero.

    Walks outwards from zero in growing steps until the sign changes (or a dip towards zero crosses it), then
    closes in with Newton's method, bisecting whenever a step would leave the bracket.

    Args:
        curve: the value and slope of a smooth function; both finite between the bounds.
        lowest, highest: the bounds, below and above zero.

    Returns:
        The root to about 1e-14 of itself; exactly 0.0 where the function is zero there.

    Raises:
        NoRoot: no change of sign was found.

    Source: Press et al., Numerical Recipes, section 9.4 (Newton's method kept inside a bracket).
    """
    right = left = _Point(0.0, *curve(0.0))
    if right.value == 0:
        return 0.0
    step = _FIRST_STEP
    while right.at < highest or left.at > lowest:
        at = min(highest, right.at + step)
        further = _Point(at, *curve(at))
        bracket = _bracket(curve, right, further)
        if bracket is None:
            at = max(lowest, left.at - step)
            right, further = further, _Point(at, *curve(at))
            bracket, left = _bracket(curve, further, left), further
        if bracket is not None:
            return _close_in(curve, *bracket)
        step *= _STEP_GROWTH
    raise NoRoot


def _bracket(curve: Curve, left: _Point, right: _Point) -> tuple[_Point, _Point] | None:
    """Return two points with a change of sign between them, if any; a dip between equal signs is searched, too."""
    falls_to_zero = left.value * left.slope < 0 < right.value * right.slope
    near, far, middle = left, right, right
    for _ in range(1 + _MOST_STEPS):
        # Signs are compared, because products of tiny values vanish.
        if left.value == 0 or middle.value == 0 or (left.value > 0) != (middle.value > 0):
            return left, middle
        if not falls_to_zero:
            break
        at = (near.at + far.at) / 2
        middle = _Point(at, *curve(at))
        near, far = (middle, far) if middle.value * middle.slope < 0 else (near, middle)
    return None


def _close_in(curve: Curve, left: _Point, right: _Point) -> float:
    low, high = left.at, right.at
    sign = 1.0 if left.value > 0 or right.value < 0 else -1.0
    at = (low + high) / 2
    for _ in range(_MOST_STEPS):
        value, slope = curve(at)
        if value == 0:
            return at
        low, high = (at, high) if value * sign > 0 else (low, at)
        following = at - value / slope if slope else low
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - at) <= _RELATIVE_TOLERANCE * abs(following):
            return following
        at = following
    return at
