"""Cached responses and lists that a change in the loans table affects."""

from typing import Any

import pytest

from chalicelib.loans.repository.invalidation import affected_lists, metrics_for, namespaces_of

Item = dict[str, dict[str, Any]]


def an_item(sort: str, *, partition: str = "LOAN#1", **attributes: str) -> Item:
    texts = {name: {"S": value} for name, value in attributes.items()}
    return {"pk": {"S": partition}, "sk": {"S": sort}, "version": {"N": "2"}, **texts}


@pytest.mark.parametrize(
    ("status", "is_listed"),
    [
        ("REQUESTED", True),
        ("PENDING_FUNDING", True),
        ("CANCELLED", True),
        ("FUNDED", False),
        ("COMPLETED", False),
        ("DEFAULTED", False),
    ],
)
def test_open_list_is_invalidated_only_by_open_loans(status: str, is_listed: bool) -> None:
    found = set(namespaces_of(an_item("LOAN", borrower_id="john", status=status)))

    assert found == {"loan:1", "loans-of:john"} | ({"available"} if is_listed else set())


def test_offer_key_invalidates_its_lender() -> None:
    assert set(namespaces_of(an_item("OFFER#sarah"))) == {"loan:1", "loans-of:sarah"}


def test_schedule_invalidates_its_investors() -> None:
    investors = {"L": [{"L": [{"S": lender}, {"N": "1"}]} for lender in ("sarah", "eve")]}

    found = set(namespaces_of({**an_item("SCHEDULE"), "investors": investors}))

    assert found == {"loan:1", "loans-of:sarah", "loans-of:eve"}


def test_payment_invalidates_its_loan() -> None:
    assert set(namespaces_of(an_item("PAYMENT#1"))) == {"loan:1"}


def test_rule_invalidates_no_cached_response() -> None:
    assert list(namespaces_of(an_item("RULE#1", partition="USER#sarah"))) == []
    assert list(affected_lists(an_item("RULE#1", partition="USER#sarah"))) == []


def test_loan_changes_lists_of_its_parties() -> None:
    assert list(affected_lists(an_item("LOAN", borrower_id="john"))) == [("loans-of:john", "1")]
    assert list(affected_lists(an_item("OFFER#sarah", lender_id="sarah", funded_at="x"))) == [("loans-of:sarah", "1")]
    assert list(affected_lists(an_item("OFFER#sarah", lender_id="sarah"))) == []


def test_first_version_counts_as_requested_loan() -> None:
    first = {**an_item("LOAN", borrower_id="john"), "version": {"N": "1"}}

    assert list(metrics_for(first)) == [("LoansRequested", 1)]
    assert list(metrics_for(an_item("LOAN", borrower_id="john"))) == []
    assert list(metrics_for(an_item("OFFER#sarah", lender_id="sarah"))) == []
