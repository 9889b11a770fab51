"""Auto-invest rules over HTTP: creation, placement, update, deletion and rejected terms."""

from typing import Any

import pytest

from chalicelib.shared.money import Money
from tests.factories import User, UserFactory, accept_offer, ok, open_loan, pay
from tests.paging import all_of
from tests.streams import Background

RULES = "/api/loans/auto-invest/"
BODY = {"amount_per_loan": "100.00", "min_rate": "8.00", "max_term": 12, "max_exposure": "1000.00"}


def a_rule(lender: User, **changes: Any) -> Any:
    return ok(lender.http.post(RULES, {**BODY, **changes})).json


def rules(lender: User) -> list[Any]:
    return list(ok(lender.http.get(RULES)).json["items"])


def wallet(person: User) -> tuple[str, str]:
    found = ok(person.http.get("/api/wallets/")).json
    return found["available"], found["held"]


def test_new_rule_has_no_exposure(user_factory: UserFactory) -> None:
    lender = user_factory.lender()

    response = lender.http.post(RULES, BODY)

    assert response.status == 201
    rule = response.json
    assert {name: rule[name] for name in BODY} == BODY
    assert (rule["max_share"], rule["active"], rule["waiting_for"]) == ("100.00", True, None)
    assert [rule[name] for name in ("exposure", "held", "invested", "fees")] == ["0.00"] * 4
    assert (rule["min_loan_amount"], rule["max_per_borrower"]) == ("100.00", "100.00")
    assert [rule["placed_count"], rule["skipped_count"], rule["effects"]] == [0, 0, []]
    assert rules(lender) == [rule]


def test_placement_is_shown_in_rule_and_wallet(user_factory: UserFactory, background: Background) -> None:
    lender, borrower = user_factory.lender("500.00"), user_factory.borrower()
    a_rule(lender)
    loan = open_loan(borrower)
    background.settle()

    [rule] = rules(lender)

    assert wallet(lender) == ("399.62", "100.38")
    assert (rule["exposure"], rule["held"], rule["invested"], rule["placed_count"]) == ("100.38", "100.38", "0.00", 1)
    [effect] = rule["effects"]
    assert (effect["loan_id"], effect["outcome"], effect["reason"]) == (loan["id"], "PLACED", None)
    assert effect["amount"] == "100.00"
    [offer] = ok(lender.http.get("/api/loans/my-offers/")).json["items"]
    assert (offer["amount"], offer["annual_interest_rate"]) == ("100.00", "8.00")  # the rule's own rate


def test_rules_invest_without_the_lender(user_factory: UserFactory, background: Background) -> None:
    lender, borrower = user_factory.lender("500.00"), user_factory.borrower("400.00")
    a_rule(lender, amount_per_loan="400.00")
    loan = open_loan(borrower, amount="400.00", months=12)
    background.settle()
    [offer] = ok(borrower.http.get(f"/api/loans/{loan['id']}/offers/")).json["items"]

    accept_offer(borrower, loan["id"], offer["id"])
    background.settle()

    assert ok(borrower.http.get(f"/api/loans/{loan['id']}/")).json["status"] == "FUNDED"
    assert wallet(lender) == ("96.25", "0.00")
    [rule] = rules(lender)
    assert (rule["invested"], rule["fees"], rule["exposure"]) == ("400.00", "3.75", "403.75")
    paid = Money.of(pay(borrower, loan["id"])["payment"]["principal"])
    [rule] = rules(lender)
    assert rule["invested"] == str(Money.of("400.00") - paid)
    assert rule["exposure"] == str(Money.of("403.75") - paid)


def test_manual_offer_takes_precedence_over_a_rule(user_factory: UserFactory, background: Background) -> None:
    lender, borrower = user_factory.lender("500.00"), user_factory.borrower()
    a_rule(lender)
    loan = open_loan(borrower)
    background.settle()

    response = lender.http.post(f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "9.00", "amount": "300.00"})

    assert response.status == 201
    background.settle()
    [offer] = ok(lender.http.get(f"/api/loans/{loan['id']}/offers/")).json["items"]
    assert (offer["id"], offer["annual_interest_rate"]) == (response.json["id"], "9.00")
    assert wallet(lender) == ("500.00", "0.00")
    [rule] = rules(lender)
    assert rule["skipped_count"] == 1
    assert (rule["effects"][0]["outcome"], rule["effects"][0]["reason"]) == ("SKIPPED", "manual_offer")


def test_stopped_rule_releases_reservations_until_resumed(user_factory: UserFactory, background: Background) -> None:
    lender, borrower = user_factory.lender("500.00"), user_factory.borrower()
    rule = a_rule(lender)
    open_loan(borrower)
    background.settle()

    stopped = ok(lender.http.patch(f"{RULES}{rule['id']}/", {"active": False})).json

    assert (stopped["active"], stopped["exposure"], stopped["effects"][0]["reason"]) == (False, "0.00", "stopped")
    assert wallet(lender) == ("500.00", "0.00")
    background.settle()
    assert wallet(lender) == ("500.00", "0.00")
    ok(lender.http.patch(f"{RULES}{rule['id']}/", {"active": True}))
    background.settle()
    assert wallet(lender) == ("399.62", "100.38")


def test_rule_update_keeps_other_terms(user_factory: UserFactory) -> None:
    lender = user_factory.lender()
    rule = a_rule(lender, max_share="25.00")

    change = {"min_rate": "0.00", "max_term": 24, "min_loan_amount": "500.00", "max_per_borrower": "150.00"}
    changed = ok(lender.http.patch(f"{RULES}{rule['id']}/", change)).json

    assert changed == {**rule, **change}


def test_deleting_a_rule_releases_its_reservations(user_factory: UserFactory, background: Background) -> None:
    lender, borrower = user_factory.lender("500.00"), user_factory.borrower()
    rule = a_rule(lender)
    open_loan(borrower)
    background.settle()

    assert lender.http.delete(f"{RULES}{rule['id']}/").status == 204

    assert rules(lender) == []
    assert wallet(lender) == ("500.00", "0.00")
    assert lender.http.delete(f"{RULES}{rule['id']}/").code == "rule_not_found"
    assert lender.http.patch(f"{RULES}{rule['id']}/", {"active": True}).code == "rule_not_found"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_per_loan": "0.00"}, "amount_per_loan"),
        ({"amount_per_loan": "1000000.01"}, "amount_per_loan"),
        ({"min_rate": "50.01"}, "min_rate"),
        ({"max_term": 0}, "max_term"),
        ({"max_share": "0.00"}, "max_share"),
        ({"max_share": "100.01"}, "max_share"),
        ({"max_exposure": "-1.00"}, "max_exposure"),
        ({"max_per_borrower": "0.00"}, "max_per_borrower"),
        ({"min_loan_amount": "1000000.01"}, "min_loan_amount"),
        ({"active": "yes"}, "active"),
        ({"max_exposrue": "1.00"}, "max_exposrue"),
    ],
)
def test_a_wrong_field_is_named(user_factory: UserFactory, change: dict[str, Any], field: str) -> None:
    lender = user_factory.lender()
    rule = a_rule(lender)

    for response in (lender.http.post(RULES, {**BODY, **change}), lender.http.patch(f"{RULES}{rule['id']}/", change)):
        assert response.status == 422
        assert [error["field"] for error in response.json["errors"]] == [field]


def test_rules_are_listed_for_their_lender(user_factory: UserFactory) -> None:
    a_rule(user_factory.lender())

    assert rules(user_factory.lender()) == []


def test_lender_has_up_to_twenty_rules(user_factory: UserFactory) -> None:
    lender = user_factory.lender()
    made = [a_rule(lender)["id"] for _ in range(20)]

    rejected = lender.http.post(RULES, BODY)

    assert (rejected.status, rejected.code) == (409, "too_many_rules")
    assert sorted(rule["id"] for rule in all_of(lender, RULES, limit=15)) == sorted(made)
