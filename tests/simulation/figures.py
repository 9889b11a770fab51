"""Figures that the tests of this folder gather for the end of the run."""

from __future__ import annotations

from collections import Counter

_GOOD: Counter[str] = Counter()
_ALL: Counter[str] = Counter()


def tell(what: str, good: int, total: int) -> None:
    """Add to a figure: so many of so many."""
    _GOOD[what] += good
    _ALL[what] += total


def figures() -> list[str]:
    """All figures as lines."""
    return [f"{what}: {_GOOD[what]:,} of {total:,} survived" for what, total in _ALL.items()]
