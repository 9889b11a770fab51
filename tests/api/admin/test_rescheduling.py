"""Operators reschedule running loans."""

from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok, pay
from tests.stored_state import assert_ledger_balances


@pytest.fixture
def operator(user_factory: UserFactory) -> User:
    """An operator whose token outlives a loan."""
    return user_factory.operator()


def reschedule(operator: User, loan_id: str, **terms: Any) -> Any:
    return ok(operator.http.post(f"/api/admin/loans/{loan_id}/reschedule/", terms)).json


def total_principal(schedule: Any) -> Money:
    return Money.total(Money.of(row["principal"]) for row in schedule["items"])


def test_dry_run_changes_nothing(user_factory: UserFactory, operator: User) -> None:
    lender, borrower = user_factory.lender("2000.00"), user_factory.borrower()
    loan = funded_loan(borrower, lender)

    plan = reschedule(operator, loan["id"], remaining_terms=12, dry_run=True)

    assert plan["applied"] is False
    assert len(plan["before"]["items"]) == 6
    assert len(plan["after"]["items"]) == 12
    assert len(ok(borrower.http.get(f"/api/loans/{loan['id']}/schedule/")).json["items"]) == 6
    assert ok(operator.http.get("/api/admin/audit/")).json["items"] == []


def test_new_terms_apply_from_the_next_instalment(
    user_factory: UserFactory, operator: User, storage: Storage, clock: FixedClock
) -> None:
    lender, borrower = user_factory.lender("2000.00"), user_factory.borrower("2000.00")
    loan = funded_loan(borrower, lender)
    pay(borrower, loan["id"])
    clock.advance(days=40)

    changed = reschedule(operator, loan["id"], remaining_terms=10, annual_interest_rate="6.00", reason="hardship")

    after = changed["after"]["items"]
    assert changed["applied"] is True
    assert len(after) == 11
    assert after[0] == changed["before"]["items"][0]
    assert total_principal(changed["after"]) == Money.of("1000.00")
    assert {row["amount"] for row in after[1:-1]} == {changed["loan"]["monthly_payment"]}
    assert changed["loan"]["annual_interest_rate"] == "6.00"
    [entry] = ok(operator.http.get("/api/admin/audit/")).json["items"]
    assert entry["action"] == "RESCHEDULE_LOAN"
    assert entry["details"]["reason"] == "hardship"

    for _ in range(10):
        last = pay(borrower, loan["id"])
    assert last["loan"]["status"] == "COMPLETED"
    assert_ledger_balances(storage)


def test_overdue_instalments_stay_due(user_factory: UserFactory, operator: User, clock: FixedClock) -> None:
    lender, borrower = user_factory.lender("2000.00"), user_factory.borrower()
    loan = funded_loan(borrower, lender)
    clock.advance(days=50)

    changed = reschedule(operator, loan["id"], remaining_terms=3)

    assert changed["after"]["items"][0]["status"] == "OVERDUE"
    assert changed["after"]["items"][0] == changed["before"]["items"][0]
    assert len(changed["after"]["items"]) == 4
    assert total_principal(changed["after"]) == Money.of("1000.00")


def test_holiday_shifts_dates_and_adds_interest(user_factory: UserFactory, operator: User, clock: FixedClock) -> None:
    lender, borrower = user_factory.lender("2000.00"), user_factory.borrower("2000.00")
    loan = funded_loan(borrower, lender)

    changed = reschedule(operator, loan["id"], holiday_months=2)

    before, after = changed["before"]["items"], changed["after"]["items"]
    assert [row["due_date"] for row in after][:2] == ["2026-04-15", "2026-05-15"]
    assert before[0]["interest"] == "10.00"
    assert after[0]["interest"] == "30.00"
    assert [row["principal"] for row in after] == [row["principal"] for row in before]

    clock.advance(days=90)  # 15 April, the first due date after the holiday
    payoff = ok(borrower.http.get(f"/api/loans/{loan['id']}/payoff/")).json
    assert payoff["interest"] == "30.00"


def test_rescheduling_requires_new_terms(user_factory: UserFactory, operator: User) -> None:
    loan = funded_loan(user_factory.borrower(), user_factory.lender("2000.00"))

    assert operator.http.post(f"/api/admin/loans/{loan['id']}/reschedule/", {}).status == 422
