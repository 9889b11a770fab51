"""Concurrent acceptances, reschedules and payments of one loan: the loan's version decides."""

from collections import Counter
from functools import partial

from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok
from tests.stored_state import assert_ledger_balances

GROUNDS = {"reason": "loss of income", "ground": "distressed"}


def propose_holiday(operator: User, loan_id: str) -> str:
    terms = {"holiday_months": 2, **GROUNDS}
    response = ok(operator.http.post(f"/api/admin/loans/{loan_id}/reschedule/", terms))
    return str(response.json["proposal"]["id"])


def test_concurrent_acceptances_apply_a_proposal_once(user_factory: UserFactory, tables: Storage) -> None:
    borrower, operator = user_factory.borrower(), user_factory.operator()
    loan_id = funded_loan(borrower, user_factory.lender("2000.00"))["id"]
    accept = {"proposal_id": propose_holiday(operator, loan_id)}
    path = f"/api/loans/{loan_id}/reschedule/accept/"

    responses = run_concurrently([lambda: borrower.http.post(path, accept)] * 6)

    assert Counter(response.status for response in responses) == {200: 1, 409: 5}
    first = ok(borrower.http.get(f"/api/loans/{loan_id}/schedule/")).json["items"][0]
    assert (first["due_date"], first["interest"]) == ("2026-04-15", "30.00")
    entries = [item for item in tables.items("audit") if item["action"]["S"] == "ACCEPT_RESCHEDULE"]
    assert len(entries) == 1


def test_acceptance_and_payment_both_have_their_effect(user_factory: UserFactory, tables: Storage) -> None:
    borrower, operator = user_factory.borrower("2000.00"), user_factory.operator()
    loan_id = funded_loan(borrower, user_factory.lender("2000.00"))["id"]
    accept = {"proposal_id": propose_holiday(operator, loan_id)}

    accepted, paid = run_concurrently(
        [
            partial(borrower.http.post, f"/api/loans/{loan_id}/reschedule/accept/", accept),
            partial(borrower.http.post, f"/api/loans/{loan_id}/pay/", {}),
        ]
    )

    schedule = ok(borrower.http.get(f"/api/loans/{loan_id}/schedule/")).json
    assert (accepted.status, paid.status) == (200, 200)
    assert schedule["items"][-1]["due_date"] == "2026-09-15"
    assert sum(row["status"] == "PAID" for row in schedule["items"]) == 1
    assert_ledger_balances(tables)


def test_newer_reschedule_and_acceptance_exclude_each_other(user_factory: UserFactory) -> None:
    borrower, operator = user_factory.borrower(), user_factory.operator()
    loan_id = funded_loan(borrower, user_factory.lender("2000.00"))["id"]
    accept = {"proposal_id": propose_holiday(operator, loan_id)}
    cheaper = {"annual_interest_rate": "6.00", **GROUNDS}

    accepted, rescheduled = run_concurrently(
        [
            partial(borrower.http.post, f"/api/loans/{loan_id}/reschedule/accept/", accept),
            partial(operator.http.post, f"/api/admin/loans/{loan_id}/reschedule/", cheaper),
        ]
    )

    first = ok(borrower.http.get(f"/api/loans/{loan_id}/schedule/")).json["items"][0]
    assert rescheduled.status == 200
    assert (accepted.status, first["due_date"], first["interest"]) in [
        (200, "2026-04-15", "15.00"),  # three months at 6 %
        (409, "2026-02-15", "5.00"),
    ]
