"""Payouts and their payment files over HTTP."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from chalicelib.container import Container
from chalicelib.shared.settings import Settings
from chalicelib.transfers.account_cipher import account_cipher
from chalicelib.transfers.domain.bank_account import BankDetails
from tests.bank_files import IBAN, OTHER_IBAN
from tests.engines import Storage
from tests.factories import UNKNOWN_ID, User, UserFactory, ok, requested_withdrawal
from tests.http_client import Response
from tests.problems import problem

PAYOUTS = "/api/admin/bank/payouts/"
XML = {"Accept": "application/xml"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, bank_iban=IBAN, bank_account_name="Platform")


@pytest.fixture
def requested(container: Container, user_factory: UserFactory) -> str:
    """A requested withdrawal of 12.34."""
    owner, cipher = user_factory.lender("100.00"), account_cipher(container.settings)
    details = BankDetails("Ann Smith", iban=OTHER_IBAN).to_text()
    return requested_withdrawal(owner.id, "12.34", destination=cipher.encrypt(owner.id, details))


def pay_out(operator: User, key: str | None = None) -> Response:
    return operator.http.post(PAYOUTS, {}, key=key)


def payment_file(operator: User, payout: Any) -> Response:
    return operator.http.get(f"{PAYOUTS}{payout['id']}/", headers=XML)


def test_payout_lists_its_withdrawals(operator: User, requested: str, container: Container) -> None:
    response = pay_out(operator)

    assert response.status == 201
    payout = response.json
    assert {name: value for name, value in payout.items() if name != "id"} == {
        "created_at": "2026-01-15T09:30:00.000Z",
        "count": 1,
        "total": "12.34",
        "currency": container.settings.currency,
        "transfers": [requested],
        "skipped": [],
        "has_more": False,
    }
    assert ok(operator.http.get(f"{PAYOUTS}{payout['id']}/")).json == payout
    assert ok(operator.http.get(PAYOUTS)).json == {"items": [payout], "next_cursor": None}


@pytest.mark.usefixtures("requested")
def test_repeated_request_has_one_effect(operator: User) -> None:
    first = ok(pay_out(operator, "key"))

    again = ok(pay_out(operator, "key"))

    assert again.headers["idempotent-replayed"] == "true"
    assert again.json == first.json
    problem(pay_out(operator, "another key"), 409, "nothing_to_pay_out")


@pytest.mark.usefixtures("requested")
def test_payment_file_is_xml_that_is_not_cached(operator: User) -> None:
    payout = ok(pay_out(operator)).json

    response = ok(payment_file(operator, payout))

    assert response.headers["content-type"] == "application/xml; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-disposition"] == f'attachment; filename="payout-{payout["id"]}.xml"'
    texts = {found.text for found in fromstring(response.body).iter()}
    assert {payout["id"], "12.34", OTHER_IBAN, IBAN, "Ann Smith"} <= texts


def test_account_numbers_are_in_the_payment_file_alone(
    operator: User, requested: str, tables: Storage, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        payout = ok(pay_out(operator)).json
        ok(payment_file(operator, payout))
        shown = [ok(operator.http.get(path)).body.decode() for path in (PAYOUTS, "/api/admin/audit/")]

    stored = str([tables.items(name) for name in ("transfers", "audit", "operations", "users")])
    assert requested in stored
    for text in (stored, caplog.text, *capfd.readouterr(), *shown, str(payout)):
        assert OTHER_IBAN not in text
        assert "Ann Smith" not in text


@pytest.mark.usefixtures("requested")
def test_views_of_a_payout_are_audited(operator: User) -> None:
    payout = ok(pay_out(operator)).json
    ok(payment_file(operator, payout))

    entries = ok(operator.http.get("/api/admin/audit/")).json["items"]

    assert {(entry["action"], entry["subject"]) for entry in entries} == {
        ("VIEW_DATA", f"payout:{payout['id']}"),
        ("CREATE_PAYOUT", f"payout:{payout['id']}"),
    }


@pytest.mark.usefixtures("requested")
def test_users_cannot_see_payouts(operator: User, user_factory: UserFactory) -> None:
    payout = ok(pay_out(operator)).json
    user = user_factory.lender()

    for response in (
        user.http.get(PAYOUTS),
        pay_out(user),
        user.http.get(f"{PAYOUTS}{payout['id']}/"),
        payment_file(user, payout),
    ):
        problem(response, 403, "forbidden")


@pytest.mark.parametrize("payout_id", [UNKNOWN_ID, "x", "..%2F"])
def test_unknown_payouts_are_not_found(operator: User, payout_id: str) -> None:
    response = operator.http.get(f"{PAYOUTS}{payout_id}/", headers=XML)

    assert response.status == 404


def test_payout_takes_no_fields(operator: User) -> None:
    problem(operator.http.post(PAYOUTS, {"transfers": [UNKNOWN_ID]}), 422, "invalid_request")


def test_nothing_to_pay_out_is_a_conflict(operator: User) -> None:
    problem(pay_out(operator), 409, "nothing_to_pay_out")
