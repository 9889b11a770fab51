"""Code that handles money uses no floats."""

import ast
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.source import ROOT, Source, sources

MONEY_CODE: Final = (
    "chalicelib/shared/money.py",
    "chalicelib/api/fields.py",
    "chalicelib/lending_math",
    "chalicelib/wallets",
    "chalicelib/loans",
    "chalicelib/auto_invest",
    "chalicelib/origination",
    "chalicelib/servicing",
    "chalicelib/investments",
    "chalicelib/reporting",
    "chalicelib/admin",
)
# Root finding for rates of return: takes amounts and returns rates, never amounts.
RATE_CODE: Final = ("chalicelib/lending_math/rates_of_return.py", "chalicelib/lending_math/root_finding.py")
_INEXACT: Final = (
    "math.sqrt", "math.pow", "math.exp", "math.log", "math.floor", "math.ceil", "math.fsum", "statistics.mean",
)  # fmt: skip


def inexact_parts(source: Source) -> Iterator[str]:
    """Yield the places at which a file creates or names a float."""
    yield from (f"{source.at(node)} {ast.unparse(node)}" for node in ast.walk(source.tree) if _is_inexact(node))


def _is_inexact(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float | complex)
    if isinstance(node, ast.Name):
        return node.id == "float"
    return isinstance(node, ast.Attribute) and ast.unparse(node) in _INEXACT


def test_money_code_uses_no_floats() -> None:
    exact = [source for source in sources(*MONEY_CODE) if source.name not in RATE_CODE]

    assert [part for source in exact for part in inexact_parts(source)] == []


def test_rate_code_creates_no_amounts() -> None:
    calls = [node for source in sources(*RATE_CODE) for node in ast.walk(source.tree) if isinstance(node, ast.Call)]

    assert [ast.unparse(call) for call in calls if ast.unparse(call.func).startswith("Money")] == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("fee = 3.75", 1),
        ("float(amount)", 1),
        ("def f(x: float) -> None: ...", 1),
        ("math.floor(q)", 1),
        ("fee = Decimal('3.75') + Fraction(1, 12) * 2 // 1", 0),
    ],
)
def test_floats_are_found(code: str, count: int) -> None:
    source = Source(ROOT / "sample.py", code, ast.parse(code))

    assert len(list(inexact_parts(source))) == count
