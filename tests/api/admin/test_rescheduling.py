"""Operators reschedule running loans."""

from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok, pay
from tests.http_client import Response
from tests.problems import problem, wrong_fields
from tests.stored_state import assert_ledger_balances


@pytest.fixture
def operator(user_factory: UserFactory) -> User:
    """An operator whose token outlives a loan."""
    return user_factory.operator()


def reschedule(operator: User, loan_id: str, **terms: Any) -> Any:
    return ok(request_reschedule(operator, loan_id, **terms)).json


def request_reschedule(operator: User, loan_id: str, **terms: Any) -> Response:
    body = {"reason": "loss of income", "ground": "distressed", **terms}
    return operator.http.post(f"/api/admin/loans/{loan_id}/reschedule/", body)


def accepted(operator: User, borrower: User, loan_id: str, **terms: Any) -> Any:
    """Reschedule a loan with the borrower's consent."""
    proposal = reschedule(operator, loan_id, **terms)["proposal"]
    return ok(accept(borrower, loan_id, proposal["id"])).json


def accept(borrower: User, loan_id: str, proposal_id: str, **options: Any) -> Response:
    return borrower.http.post(f"/api/loans/{loan_id}/reschedule/accept/", {"proposal_id": proposal_id}, **options)


def total_principal(schedule: Any) -> Money:
    return Money.total(Money.of(row["principal"]) for row in schedule["items"])


def test_dry_run_changes_nothing(user_factory: UserFactory, operator: User) -> None:
    lender, borrower = user_factory.lender("2000.00"), user_factory.borrower()
    loan = funded_loan(borrower, lender)

    path = f"/api/admin/loans/{loan['id']}/reschedule/"
    plan = ok(operator.http.post(path, {"remaining_terms": 12, "dry_run": True})).json

    assert (plan["applied"], plan["requires_acceptance"]) == (False, True)
    assert len(plan["before"]["items"]) == 6
    assert len(plan["after"]["items"]) == 12
    assert len(ok(borrower.http.get(f"/api/loans/{loan['id']}/schedule/")).json["items"]) == 6
    entries = ok(operator.http.get("/api/admin/audit/")).json["items"]
    assert [entry["action"] for entry in entries] == ["VIEW_DATA"]


def test_new_terms_apply_from_the_next_instalment(
    user_factory: UserFactory, operator: User, storage: Storage, clock: FixedClock
) -> None:
    lender, borrower = user_factory.lender("2000.00"), user_factory.borrower("2000.00")
    loan = funded_loan(borrower, lender)
    pay(borrower, loan["id"])
    clock.advance(days=40)

    changed = reschedule(operator, loan["id"], remaining_terms=10, annual_interest_rate="6.00")

    after = changed["after"]["items"]
    assert changed["applied"] is True
    assert len(after) == 11
    assert after[0] == changed["before"]["items"][0]
    assert total_principal(changed["after"]) == Money.of("1000.00")
    assert {row["amount"] for row in after[1:-1]} == {changed["loan"]["monthly_payment"]}
    assert changed["loan"]["annual_interest_rate"] == "6.00"
    [entry] = ok(operator.http.get("/api/admin/audit/")).json["items"]
    assert entry["action"] == "RESCHEDULE_LOAN"
    assert entry["details"]["reason"] == "loss of income"
    assert entry["details"]["ground"] == "distressed"
    [stored] = [item for item in storage.items("loans") if item["sk"]["S"] == "LOAN"]
    assert (stored["ground"]["S"], stored["rescheduled_on"]["S"]) == ("distressed", "2026-02-24")

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

    changed = accepted(operator, borrower, loan["id"], holiday_months=2)

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


@pytest.mark.parametrize(
    ("missing", "fields"),
    [({"reason": None}, ["reason"]), ({"reason": ""}, ["reason"]), ({"reason": "x" * 501}, ["reason"]),
     ({"ground": None}, ["ground"]), ({"ground": "kindness"}, ["ground"]),
     ({"reason": None, "ground": None}, ["reason", "ground"])],
)  # fmt: skip
def test_reschedule_needs_reason_and_ground(
    user_factory: UserFactory, operator: User, missing: Any, fields: list[str]
) -> None:
    loan = funded_loan(user_factory.borrower(), user_factory.lender("2000.00"))

    response = request_reschedule(operator, loan["id"], remaining_terms=3, **missing)

    assert wrong_fields(response) == fields
    assert ok(operator.http.get("/api/admin/audit/")).json["items"] == []


def test_dearer_terms_need_the_borrowers_consent(user_factory: UserFactory, operator: User) -> None:
    borrower = user_factory.borrower()
    loan = funded_loan(borrower, user_factory.lender("2000.00"))

    response = request_reschedule(operator, loan["id"], remaining_terms=12)

    assert response.status == 202
    assert set(response.json) == {"proposal"}
    proposal = response.json["proposal"]
    assert proposal["before"]["total_interest"] == "35.28"
    assert proposal["after"]["total_interest"] == "66.19"
    assert (proposal["before"]["term_months"], proposal["after"]["term_months"]) == (6, 12)
    assert (proposal["reason"], proposal["ground"]) == ("loss of income", "distressed")
    assert proposal["expires_on"] == "2026-01-29"
    assert len(schedule_of(borrower, loan["id"])) == 6
    [entry] = ok(operator.http.get("/api/admin/audit/")).json["items"]
    assert entry["action"] == "PROPOSE_RESCHEDULE"
    assert entry["details"]["reason"] == "loss of income"
    assert entry["details"]["ground"] == "distressed"

    applied = ok(accept(borrower, loan["id"], proposal["id"])).json

    assert applied["applied"] is True
    assert applied["loan"]["total_interest"] == "66.19"
    assert len(schedule_of(borrower, loan["id"])) == 12
    entries = {entry["action"]: entry for entry in ok(operator.http.get("/api/admin/audit/")).json["items"]}
    assert entries["ACCEPT_RESCHEDULE"]["actor_id"] == borrower.id
    assert entries["ACCEPT_RESCHEDULE"]["details"]["ground"] == "distressed"


def test_only_borrower_and_operators_see_a_proposal(user_factory: UserFactory, operator: User) -> None:
    borrower, lender = user_factory.borrower(), user_factory.lender("2000.00")
    loan = funded_loan(borrower, lender)

    proposal = reschedule(operator, loan["id"], holiday_months=1)["proposal"]

    assert shown_proposal(borrower, loan["id"]) == proposal
    assert shown_proposal(lender, loan["id"]) is None
    assert ok(operator.http.get(f"/api/admin/loans/{loan['id']}/")).json["reschedule_proposal"] == proposal

    ok(accept(borrower, loan["id"], proposal["id"]))

    assert shown_proposal(borrower, loan["id"]) is None


def test_proposal_is_accepted_once(user_factory: UserFactory, operator: User) -> None:
    borrower = user_factory.borrower()
    loan = funded_loan(borrower, user_factory.lender("2000.00"))
    proposal = reschedule(operator, loan["id"], holiday_months=1)["proposal"]

    first = accept(borrower, loan["id"], proposal["id"], key="one")
    repeated = accept(borrower, loan["id"], proposal["id"], key="one")
    second = accept(borrower, loan["id"], proposal["id"], key="two")

    assert ok(first).json["after"] == ok(repeated).json["after"]
    assert repeated.headers["idempotent-replayed"] == "true"
    problem(second, 409, "proposal_not_open")
    assert schedule_of(borrower, loan["id"])[0]["due_date"] == "2026-03-15"


def test_proposed_reschedule_replays_its_proposal(user_factory: UserFactory, operator: User) -> None:
    borrower = user_factory.borrower()
    loan = funded_loan(borrower, user_factory.lender("2000.00"))
    body = {"holiday_months": 1, "reason": "a flood", "ground": "contractual"}
    path = f"/api/admin/loans/{loan['id']}/reschedule/"

    first, repeated = (operator.http.post(path, body, key="one") for _ in range(2))

    assert (first.status, first.json) == (202, repeated.json)
    assert repeated.status == 202
    assert repeated.headers["idempotent-replayed"] == "true"


def test_newer_reschedule_replaces_a_proposal(user_factory: UserFactory, operator: User) -> None:
    borrower = user_factory.borrower()
    loan = funded_loan(borrower, user_factory.lender("2000.00"))
    old = reschedule(operator, loan["id"], holiday_months=1)["proposal"]
    new = reschedule(operator, loan["id"], holiday_months=2)["proposal"]

    problem(accept(borrower, loan["id"], old["id"]), 409, "proposal_not_open")
    assert shown_proposal(borrower, loan["id"]) == new
    reschedule(operator, loan["id"], remaining_terms=3)

    problem(accept(borrower, loan["id"], new["id"]), 409, "proposal_not_open")
    assert len(schedule_of(borrower, loan["id"])) == 3


def test_proposal_lapses_after_14_days(user_factory: UserFactory, operator: User, clock: FixedClock) -> None:
    borrower = user_factory.borrower()
    loan = funded_loan(borrower, user_factory.lender("2000.00"))
    proposal = reschedule(operator, loan["id"], holiday_months=1)["proposal"]

    clock.advance(days=14)
    assert shown_proposal(borrower, loan["id"]) == proposal
    clock.advance(days=1)

    assert shown_proposal(borrower, loan["id"]) is None
    problem(accept(borrower, loan["id"], proposal["id"]), 409, "proposal_lapsed")


def test_dearer_proposal_is_refused_at_acceptance(user_factory: UserFactory, operator: User, clock: FixedClock) -> None:
    borrower = user_factory.borrower("2000.00")
    loan = funded_loan(borrower, user_factory.lender("2000.00"))
    proposal = reschedule(operator, loan["id"], remaining_terms=12, annual_interest_rate="11.00")["proposal"]
    clock.advance(days=10)  # at the old rate

    refused = problem(accept(borrower, loan["id"], proposal["id"]), 409, "proposal_too_expensive")

    assert Money.of(refused["total_interest"]) > Money.of(proposal["after"]["total_interest"])
    assert len(schedule_of(borrower, loan["id"])) == 6


def test_acceptance_is_previewed_without_a_change(user_factory: UserFactory, operator: User) -> None:
    borrower, lender = user_factory.borrower("500.00"), user_factory.lender("5000.00")
    loan = funded_loan(borrower, lender)
    proposal = ok(request_reschedule(operator, loan["id"], holiday_months=2)).json["proposal"]
    body = {"proposal_id": proposal["id"], "dry_run": True}
    before = schedule_of(borrower, loan["id"])

    preview = ok(borrower.http.post(f"/api/loans/{loan['id']}/reschedule/accept/", body)).json

    assert preview["applied"] is False
    assert preview["before"]["items"] == before == schedule_of(borrower, loan["id"])
    assert preview["after"]["total_interest"] == proposal["after"]["total_interest"]
    assert shown_proposal(borrower, loan["id"])["id"] == proposal["id"]
    refused = lender.http.post(f"/api/loans/{loan['id']}/reschedule/accept/", body)
    problem(refused, 403, "role_required")


def test_only_the_borrower_accepts_a_proposal(user_factory: UserFactory, operator: User) -> None:
    lender, other = user_factory.lender("2000.00"), user_factory.borrower()
    loan = funded_loan(user_factory.borrower(), lender)
    proposal = reschedule(operator, loan["id"], holiday_months=1)["proposal"]

    problem(accept(lender, loan["id"], proposal["id"]), 403, "role_required")
    problem(accept(operator, loan["id"], proposal["id"]), 403, "role_required")
    problem(accept(other, loan["id"], proposal["id"]), 404, "loan_not_found")


def schedule_of(user: User, loan_id: str) -> Any:
    return ok(user.http.get(f"/api/loans/{loan_id}/schedule/")).json["items"]


def shown_proposal(user: User, loan_id: str) -> Any:
    return ok(user.http.get(f"/api/loans/{loan_id}/")).json["reschedule_proposal"]
