"""A loan while the clock advances: payments on their days, reports of every day, and the books."""

from datetime import date, timedelta

from chalicelib.shared.clock import FixedClock
from tests.advance import Advance
from tests.factories import UserFactory, funded_loan

FUNDED_ON = date(2026, 1, 15)


def test_every_day_of_a_loan_is_reported(user_factory: UserFactory, advance: Advance, clock: FixedClock) -> None:
    operator, lender = user_factory.operator(), user_factory.lender("2000.00")
    borrower = user_factory.borrower("500.00")
    loan = f"/api/loans/{funded_loan(borrower, lender, months=2)['id']}/"
    due_dates = [row["due_date"] for row in borrower.call("GET", f"{loan}schedule/")["items"]]

    for due in due_dates:
        advance(to=date.fromisoformat(due))
        borrower.call("POST", f"{loan}pay/", {})
    advance(days=1)

    instalments = borrower.call("GET", f"{loan}schedule/")["items"]
    paid = [(row["status"], row["paid_at"][:10]) for row in instalments]
    assert paid == [("PAID", "2026-02-15"), ("PAID", "2026-03-15")]
    assert borrower.call("GET", loan)["status"] == "COMPLETED"
    assert operator.call("GET", "/api/admin/ledger/trial-balance/")["total"] == "0.00"
    day = FUNDED_ON
    while day < clock().date():
        report = operator.call("GET", f"/api/admin/reports/loan_status_summary_report/?date={day}")
        assert report["is_final"], day
        day += timedelta(days=1)


def test_missed_instalment_is_marked_on_the_day_after_it_is_due(user_factory: UserFactory, advance: Advance) -> None:
    borrower = user_factory.borrower()
    loan = f"/api/loans/{funded_loan(borrower, user_factory.lender('2000.00'), months=6)['id']}/"

    jobs = advance(to=date(2026, 2, 20))

    acted = [job.day for job in jobs if job.name == "check_overdue_payments" and job.counts.get("accrued")]
    assert date(2026, 2, 16) in acted
    assert borrower.call("GET", f"{loan}schedule/")["items"][0]["status"] == "OVERDUE"


def test_open_request_expires_on_its_day(user_factory: UserFactory, advance: Advance) -> None:
    borrower = user_factory.borrower()
    terms = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": 6}
    loan = borrower.call("POST", "/api/loans/", terms)

    jobs = advance(days=40)

    expired = [job.day for job in jobs if job.counts.get("expired")]
    assert expired == [FUNDED_ON + timedelta(days=30)]
    assert borrower.call("GET", f"/api/loans/{loan['id']}/")["status"] == "CANCELLED"
