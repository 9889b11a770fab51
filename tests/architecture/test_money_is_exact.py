"""No float touches money."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.source import ROOT, Source, sources

MONEY_CODE: Final = (
    "chalicelib/shared/money.py",
    "chalicelib/api/fields.py",
    "chalicelib/wallets",
    "chalicelib/loans",
    "chalicelib/reports",
    "chalicelib/admin",
)
# These look for a root of a rate's equation. They take amounts in and give rates out, never an amount.
RATE_CODE: Final = ("chalicelib/lending_math/rates_of_return.py", "chalicelib/lending_math/root_finding.py")
_INEXACT: Final = frozenset(
    {
        "math.sqrt",
        "math.pow",
        "math.exp",
        "math.log",
        "math.floor",
        "math.ceil",
        "math.fsum",
        "statistics.mean",
    }
)


def inexact_parts(source: Source) -> Iterator[str]:
    """Where a file makes or names a float."""
    yield from (f"{source.at(node)} {ast.unparse(node)}" for node in ast.walk(source.tree) if _is_inexact(node))


def _is_inexact(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float | complex)
    if isinstance(node, ast.Name):
        return node.id == "float"
    return isinstance(node, ast.Attribute) and ast.unparse(node) in _INEXACT


def test_code_that_handles_money_knows_no_float() -> None:
    exact = [source for source in sources(*MONEY_CODE) if source.name not in RATE_CODE]

    assert [part for source in exact for part in inexact_parts(source)] == []


def test_code_that_solves_for_rates_makes_no_money() -> None:
    calls = [node for source in sources(*RATE_CODE) for node in ast.walk(source.tree) if isinstance(node, ast.Call)]

    assert [ast.unparse(call) for call in calls if ast.unparse(call.func).startswith("Money")] == []


@pytest.mark.parametrize("code", ["fee = 3.75", "float(amount)", "def f(x: float) -> None: ...", "math.floor(q)"])
def test_the_scan_finds_a_float(code: str) -> None:
    planted = Source(ROOT / "planted.py", code, ast.parse(code))

    assert len(list(inexact_parts(planted))) == 1


def test_the_scan_lets_whole_numbers_decimals_and_fractions_pass() -> None:
    code = "fee = Decimal('3.75') + Fraction(1, 12) * 2 // 1"

    assert list(inexact_parts(Source(ROOT / "planted.py", code, ast.parse(code)))) == []
