"""A lender's investments over the API: positions, totals, expected cash flow, and a verifiable return."""

import csv
import io
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.factories import User, UserFactory, fund, funded_loan, ok, pay, subscribed_loan
from tests.queues import RecordingQueue

PATH = "/api/loans/investments/"
LENDING = {"LOAN_FUNDING", "PLATFORM_FEE", "LOAN_PAYMENT", "REFUND"}


def investments(lender: User, query: str = "") -> Any:
    return lender.call("GET", PATH + query)


def exported_flows(lender: User, today: date) -> dict[date, Decimal]:
    """The lending entries of the lender's CSV statement, by day."""
    response = ok(
        lender.http.get(f"/api/wallets/statement/?from=2026-01-01&to={today}", headers={"Accept": "text/csv"})
    )
    flows: defaultdict[date, Decimal] = defaultdict(Decimal)
    for row in csv.DictReader(io.StringIO(response.body.decode())):
        if row["type"] in LENDING:
            flows[date.fromisoformat(row["date"][:10])] += Decimal(row["amount"])
    return flows


def recomputed_xirr(flows: dict[date, Decimal]) -> str:
    """XIRR by bisection in decimals, without the platform's own mathematics."""
    start = min(flows)

    def present(growth: Decimal) -> Decimal:
        return sum((amount / growth ** (Decimal((day - start).days) / 365) for day, amount in flows.items()), Decimal())

    with localcontext() as context:
        context.prec = 50
        low, high = Decimal("1e-40"), Decimal(11)
        falls = present(low) > 0
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if (present(middle) > 0) == falls else (low, middle)
        return str(((low - 1) * 100).quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def assert_xirr_is_that_of_the_statement(lender: User, clock: FixedClock) -> None:
    """Recompute both rates from the exported statement and the outstanding principal."""
    shown, today = investments(lender), clock().date()
    flows = exported_flows(lender, today)
    valued = {**flows, today: flows.get(today, Decimal()) + Decimal(shown["totals"]["outstanding"])}

    assert shown["as_of"] == today.isoformat()
    assert shown["xirr"] == recomputed_xirr(valued)
    assert shown["realised_xirr"] in (None, recomputed_xirr(flows))


def test_return_of_regular_loan_matches_the_statement(user_factory: UserFactory, clock: FixedClock) -> None:
    lender, borrower = user_factory.lender("2000.00"), user_factory.borrower("100.00")
    loan = funded_loan(borrower, lender)

    for day in ("2026-02-15", "2026-03-15", "2026-04-15", "2026-05-15", "2026-06-15", "2026-07-15"):
        clock.set_date(date.fromisoformat(day))
        assert_xirr_is_that_of_the_statement(lender, clock)
        pay(borrower, loan["id"])

    shown = investments(lender)
    assert_xirr_is_that_of_the_statement(lender, clock)
    assert shown["xirr"] == shown["realised_xirr"] == "11.36"
    assert shown["totals"]["outstanding"] == "0.00"
    assert (shown["totals"]["received_principal"], shown["totals"]["received_interest"]) == ("1000.00", "35.28")
    assert shown["expected"] == []
    assert shown["items"][0]["status"] == "COMPLETED"
    assert shown["items"][0]["next_expected_date"] is None


def test_position_shows_the_lenders_figures(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower()
    first, second = user_factory.lender("1000.00"), user_factory.lender("1000.00")
    loan_id = funded_loan(borrower, {first: "700.00", second: "300.00"})["id"]
    clock.set_date(date(2026, 2, 15))
    pay(borrower, loan_id)
    clock.set_date(date(2026, 3, 20))

    shown = investments(second)

    assert shown["items"] == [
        {
            "loan_id": loan_id, "borrower_username": borrower.actor.username, "status": "FUNDED",
            "annual_interest_rate": "12.00", "principal": "300.00", "outstanding": "251.24",
            "received_principal": "48.76", "received_interest": "3.00", "fee_paid": "1.13", "fee_refunded": "0.00",
            "written_off": "0.00", "overdue": "51.85", "next_expected_date": "2026-03-15",
            "next_expected_amount": "51.85", "funded_at": "2026-01-15T09:30:00.000Z",
        }
    ]  # fmt: skip
    assert shown["totals"] == {
        "positions": 1, "principal": "300.00", "outstanding": "251.24", "in_escrow": "0.00",
        "received_principal": "48.76", "received_interest": "3.00", "fees_paid": "1.13", "fees_refunded": "0.00",
        "written_off": "0.00", "late_loans": 1, "late_amount": "51.85", "expected_30_days": "103.61",
        "idle": "750.63", "held": "0.00", "complete": True,
    }  # fmt: skip
    assert [month["month"] for month in shown["expected"]] == ["2026-03", "2026-04", "2026-05", "2026-06", "2026-07"]
    assert Money.total(Money.of(month["principal"]) for month in shown["expected"]) == Money.of("251.24")


def test_expected_cash_flow_is_exact(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower("500.00")
    lenders = [user_factory.lender("5000.00") for _ in range(3)]
    parts = dict(zip(lenders, ("3333.33", "1234.56", "1.11"), strict=True))
    loan_id = funded_loan(borrower, parts, rate="13.37", months=5)["id"]
    pay(borrower, loan_id, "77.77")
    expected = [{month["month"]: month["amount"] for month in investments(lender)["expected"]} for lender in lenders]

    for month in ("2026-02", "2026-03", "2026-04", "2026-05", "2026-06"):
        before = [Money.of(lender.balance()) for lender in lenders]
        clock.set_date(date.fromisoformat(f"{month}-15"))
        pay(borrower, loan_id)

        came = [str(Money.of(lender.balance()) - was) for lender, was in zip(lenders, before, strict=True)]
        assert came == [each[month] for each in expected]


def test_return_matches_statement_after_irregular_payments(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower("9000.00")
    lenders = [user_factory.lender("5000.00") for _ in range(3)]
    one = funded_loan(borrower, dict(zip(lenders, ("700.01", "299.98", "0.01"), strict=True)))["id"]
    clock.advance(days=9)
    other = funded_loan(borrower, dict(zip(lenders, ("50.00", "2500.00", "12.34"), strict=True)), months=11)["id"]

    for days, loan_id, amount in (
        (30, one, "10.01"), (40, one, "500.00"), (1, other, "1000.00"), (33, other, None), (60, other, "0.07"),
    ):  # fmt: skip
        clock.advance(days=days)
        pay(borrower, loan_id, amount)
        for lender in lenders:
            assert_xirr_is_that_of_the_statement(lender, clock)
    for loan_id in (one, other):
        pay(borrower, loan_id, ok(borrower.http.get(f"/api/loans/{loan_id}/payoff/")).json["amount"])

    for lender in lenders:
        assert_xirr_is_that_of_the_statement(lender, clock)
        totals = investments(lender)["totals"]
        assert totals["received_principal"] == totals["principal"]
        assert totals["outstanding"] == "0.00"


def test_escrowed_funds_are_refunded(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower, first, second = user_factory.borrower(), user_factory.lender("1000.00"), user_factory.lender()
    loan_id = subscribed_loan(borrower, {first: "700.00", second: "300.00"})["id"]
    fund(first, loan_id)
    clock.advance(days=3)

    waiting = investments(first)
    ok(borrower.http.post(f"/api/loans/{loan_id}/cancel/"))
    refunded = investments(first)

    assert waiting["items"][0]["status"] == "PENDING_FUNDING"
    assert waiting["items"][0]["next_expected_date"] is None
    assert (waiting["totals"]["in_escrow"], waiting["totals"]["outstanding"]) == ("700.00", "700.00")
    assert (waiting["totals"]["idle"], waiting["expected"]) == ("297.38", [])
    assert refunded["items"] == []
    assert (refunded["totals"]["outstanding"], refunded["totals"]["idle"]) == ("0.00", "1000.00")
    assert refunded["xirr"] == refunded["realised_xirr"] == "0.00"


def test_defaults_are_written_off_and_recoveries_count(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower, lender = user_factory.borrower(), user_factory.lender("2000.00")
    loan = funded_loan(borrower, lender)
    clock.advance(days=200)

    lost = investments(lender)
    pay(borrower, loan["id"], "250.00")
    recovered = investments(lender)

    assert lost["items"][0]["status"] == "DEFAULTED"
    assert (lost["totals"]["written_off"], lost["totals"]["outstanding"]) == ("1000.00", "0.00")
    assert (lost["xirr"], lost["expected"]) == (None, [])
    assert recovered["totals"]["written_off"] == str(
        Money.of("1000.00") - Money.of(recovered["totals"]["received_principal"])
    )
    assert_xirr_is_that_of_the_statement(lender, clock)


def test_investments_page_and_portfolio_is_on_the_first(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower, lender, loans = user_factory.borrower(), user_factory.lender("2000.00"), []
    for _ in range(3):
        clock.advance(seconds=1)
        loans.append(funded_loan(borrower, lender, amount="100.00")["id"])

    first = investments(lender, "?limit=2")
    second = investments(lender, f"?limit=2&cursor={first['next_cursor']}")

    assert [item["loan_id"] for item in (*first["items"], *second["items"])] == loans[::-1]
    assert (first["totals"]["positions"], first["totals"]["principal"]) == (3, "300.00")
    assert second["next_cursor"] is None
    assert [second[name] for name in ("totals", "xirr", "realised_xirr", "expected")] == [None] * 4


def test_cursor_is_bound_to_its_lender(user_factory: UserFactory) -> None:
    borrower, lender, other = user_factory.borrower(), user_factory.lender("2000.00"), user_factory.lender()
    for _ in range(2):
        funded_loan(borrower, lender, amount="100.00")
    cursor = investments(lender, "?limit=1")["next_cursor"]

    rejected = other.http.get(f"{PATH}?limit=1&cursor={cursor}")

    assert rejected.status == 422
    assert [error["field"] for error in rejected.json["errors"]] == ["cursor"]


def test_a_lender_without_investments_sees_zeros(user_factory: UserFactory) -> None:
    lender = user_factory.lender("12.34")

    shown = investments(lender)

    assert (shown["items"], shown["next_cursor"], shown["expected"]) == ([], None, [])
    assert (shown["xirr"], shown["realised_xirr"]) == (None, None)
    assert (shown["totals"]["positions"], shown["totals"]["idle"]) == (0, "12.34")


@pytest.mark.parametrize(("loans", "round_trips"), [(1, 5), (34, 6)])
def test_a_portfolio_is_read_in_batches(user_factory: UserFactory, loans: int, round_trips: int) -> None:
    """The index, 33 loans a batch, the wallet's history, and the wallet before and after."""
    borrower, lender = user_factory.borrower(), user_factory.lender("9000.00")
    for _ in range(loans):
        funded_loan(borrower, lender, amount="100.00")

    with record_consumed_capacity() as meter:
        investments(lender, "?limit=100")

    assert meter.round_trips == round_trips
    assert meter.write_units == 0


def test_many_lenders_see_their_exact_parts(
    user_factory: UserFactory, container: Container, queue: RecordingQueue, clock: FixedClock
) -> None:
    borrower = user_factory.borrower("500.00")
    parts = {user_factory.lender("900.00"): f"{20 + number * 7}.{number:02d}" for number in range(1, 22)}
    loan_id = funded_loan(borrower, parts, rate="14.99", months=3)["id"]
    expected = {part: investments(lender)["expected"] for lender, part in parts.items()}

    clock.set_date(date(2026, 2, 15))
    pay(borrower, loan_id)
    clock.advance(minutes=6)
    container.worker.send_again()
    for job in queue.sent:
        container.worker.do(job)

    for lender, part in parts.items():
        shown = investments(lender)
        assert_xirr_is_that_of_the_statement(lender, clock)
        totals = shown["totals"]
        received = Money.of(totals["received_principal"]) + Money.of(totals["received_interest"])
        assert (totals["principal"], str(received)) == (part, expected[part][0]["amount"])
        assert shown["expected"] == expected[part][1:]
