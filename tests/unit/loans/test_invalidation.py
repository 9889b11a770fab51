"""Cached responses and lists that a change in the loans table affects."""

from typing import Any

import pytest

from chalicelib.loans.repository.invalidation import affected_lists, metrics_for, namespaces_of

Item = dict[str, dict[str, Any]]


def an_item(sort: str, *, partition: str = "LOAN#1", **attributes: str) -> Item:
    texts = {name: {"S": value} for name, value in attributes.items()}
    return {"pk": {"S": partition}, "sk": {"S": sort}, "version": {"N": "2"}, **texts}


OPEN_STATUSES = ("REQUESTED", "PENDING_FUNDING", "CANCELLED")
INVESTORS = {"L": [{"L": [{"S": lender}, {"N": "1"}]} for lender in ("sarah", "eve")]}


@pytest.mark.parametrize(
    ("item", "namespaces"),
    [
        *((an_item("LOAN", borrower_id="john", status=status), {"loan:1", "loans-of:john", "available"})
          for status in OPEN_STATUSES),
        *((an_item("LOAN", borrower_id="john", status=status), {"loan:1", "loans-of:john"})
          for status in ("FUNDED", "COMPLETED", "DEFAULTED")),
        (an_item("OFFER#sarah"), {"loan:1", "loans-of:sarah"}),
        ({**an_item("SCHEDULE"), "investors": INVESTORS}, {"loan:1", "loans-of:sarah", "loans-of:eve"}),
        (an_item("PAYMENT#1"), {"loan:1"}),
        (an_item("RULE#1", partition="USER#sarah"), set()),
    ],
)  # fmt: skip
def test_change_invalidates_responses_that_show_it(item: Item, namespaces: set[str]) -> None:
    assert set(namespaces_of(item)) == namespaces


def test_loan_changes_lists_of_its_parties() -> None:
    assert list(affected_lists(an_item("LOAN", borrower_id="john"))) == [("loans-of:john", "1")]
    assert list(affected_lists(an_item("OFFER#sarah", lender_id="sarah", funded_at="x"))) == [("loans-of:sarah", "1")]
    assert list(affected_lists(an_item("OFFER#sarah", lender_id="sarah"))) == []
    assert list(affected_lists(an_item("RULE#1", partition="USER#sarah"))) == []


def test_first_version_counts_as_requested_loan() -> None:
    first = {**an_item("LOAN", borrower_id="john"), "version": {"N": "1"}}

    assert list(metrics_for(first)) == [("LoansRequested", 1)]
    assert list(metrics_for(an_item("LOAN", borrower_id="john"))) == []
    assert list(metrics_for(an_item("OFFER#sarah", lender_id="sarah"))) == []
