"""The prices in docs/operations.md follow from the figures in docs/costs.md."""

from decimal import Decimal

from infra.prices import BEGIN, DOCS, END, Call, calls, table


def test_documented_prices_follow_from_the_costs() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")

    written = text.partition(BEGIN)[2].partition(END)[0].strip()

    assert written == table(), "run python -m infra.prices"


def test_call_costs_units_and_time() -> None:
    call = Call("POST /api/wallets/deposit/", 2, Decimal(8), Decimal(1))

    assert call.database == Decimal("5.125")
    assert round(call.compute, 2) == Decimal("5.34")


def test_all_documented_calls_have_prices() -> None:
    listed = (DOCS / "costs.md").read_text(encoding="utf-8").count("\n| `")

    assert len(list(calls())) == listed
