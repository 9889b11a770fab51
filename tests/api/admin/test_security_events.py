"""Failed sign-ins, refused money requests and operators' views are audit entries."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Limit, Settings
from local.tables import create_tables
from tests.engines import Storage
from tests.factories import PASSWORD, User, UserFactory, funded_loan, ok, open_loan


def entries(operator: User, action: str) -> list[Any]:
    """The audit entries of one action, oldest first."""
    items = ok(operator.http.get("/api/admin/audit/?limit=100")).json["items"]
    return [entry for entry in reversed(items) if entry["action"] == action]


# Refusals of money calls.


def test_refused_withdrawal_is_an_audit_entry(user_factory: UserFactory, operator: User) -> None:
    john = user_factory.borrower("10.00")

    refused = john.http.post("/api/wallets/withdraw/", {"amount": "50.00"})

    [entry] = entries(operator, "REQUEST_REFUSED")
    assert refused.code == "insufficient_funds"
    assert entry["actor_id"] == john.id
    assert entry["subject"] == f"user:{john.id}"
    assert entry["request_id"] == refused.headers["x-request-id"]
    assert entry["details"].keys() == {"route", "code", "network"}
    assert entry["details"]["route"] == "POST /api/wallets/withdraw"
    assert entry["details"]["code"] == "insufficient_funds"
    assert "127.0.0.1" not in str(entry)


def test_refused_loan_request_names_its_loan(user_factory: UserFactory, operator: User) -> None:
    borrower, lender = user_factory.borrower(), user_factory.lender()
    loan = open_loan(borrower)

    refused = lender.http.post(f"/api/loans/{loan['id']}/pay/")

    [entry] = entries(operator, "REQUEST_REFUSED")
    assert refused.status == 403
    assert (entry["actor_id"], entry["subject"]) == (lender.id, f"loan:{loan['id']}")


def test_refusal_stores_no_text_of_the_path(user_factory: UserFactory, operator: User) -> None:
    lender = user_factory.lender()

    refused = lender.http.post(f"/api/loans/{'x' * 2000}/cancel/")

    found = entries(operator, "REQUEST_REFUSED")
    assert refused.status in (403, 404)
    assert "xxx" not in str(found)


def test_requests_that_are_invalid_or_find_nothing_leave_no_entry(user_factory: UserFactory, operator: User) -> None:
    lender = user_factory.lender("10.00")

    statuses = [
        lender.http.post("/api/wallets/withdraw/", {"amount": "x"}).status,
        lender.http.post(f"/api/loans/{'7' * 26}/fund/").status,
        lender.http.get(f"/api/loans/{'7' * 26}/").status,
    ]

    assert statuses == [422, 404, 404]
    assert entries(operator, "REQUEST_REFUSED") == []


def test_refused_request_changes_only_the_audit_log(user_factory: UserFactory, tables: Storage) -> None:
    lender = user_factory.lender("10.00")
    names = ("wallets", "ledger", "loans", "operations")
    before = {name: tables.items(name) for name in names}

    assert lender.http.post("/api/wallets/withdraw/", {"amount": "50.00"}, key="k").status == 409

    assert {name: tables.items(name) for name in names} == before
    assert len(tables.items("audit")) == 1


class TestWithRateLimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, throttle_rate=Limit(1, 60))

    def test_throttled_money_requests_leave_a_bounded_number_of_entries(
        self, user_factory: UserFactory, operator: User
    ) -> None:
        john = user_factory.borrower()

        statuses = [john.http.post("/api/wallets/deposit/", {"amount": "1.00"}).status for _ in range(30)]

        found = entries(operator, "REQUEST_REFUSED")
        assert statuses.count(429) == 29
        assert {entry["details"]["code"] for entry in found} == {"too_many_requests"}
        assert 1 <= len(found) <= 10


# Failed sign-ins.


def test_failed_sign_in_stores_pseudonyms_only(
    user_factory: UserFactory, operator: User, tables: Storage, clock: FixedClock
) -> None:
    user_factory.registered(Role.LENDER, name="marta_k")

    failed = []
    for name in ("Marta_K", "marta_k", "stranger"):
        clock.advance(seconds=1)
        failed.append(user_factory.http.post("/api/users/login/", {"username": name, "password": "not-the-password"}))

    first, second, third = entries(operator, "SIGN_IN_FAILED")
    assert [response.status for response in failed] == [401, 401, 401]
    assert (first["actor_id"], first["actor_username"]) == (None, None)
    assert first["request_id"] == failed[0].headers["x-request-id"]
    assert first["subject"] == second["subject"] != third["subject"]
    assert first["details"].keys() == {"network"}
    stored = str(tables.items("audit")).lower()
    assert [text for text in ("marta", "stranger", "not-the-password", "127.0.0.1") if text in stored] == []


def test_successful_sign_in_leaves_no_entry(user_factory: UserFactory, operator: User) -> None:
    user_factory.registered(Role.LENDER, name="marta_k")

    ok(user_factory.http.post("/api/users/login/", {"username": "marta_k", "password": PASSWORD}))

    assert entries(operator, "SIGN_IN_FAILED") == []


# Operators' views.


def test_views_of_a_loan_by_operators_are_audit_entries(user_factory: UserFactory, operator: User) -> None:
    borrower, lender = user_factory.borrower("500.00"), user_factory.lender("5000.00")
    loan = funded_loan(borrower, lender)
    paths = [
        f"/api/admin/loans/{loan['id']}/",
        f"/api/loans/{loan['id']}/",
        f"/api/loans/{loan['id']}/schedule/",
        f"/api/loans/{loan['id']}/payments/",
        f"/api/loans/{loan['id']}/offers/",
        f"/api/admin/ledger/accounts/loan%3A{loan['id']}/",
    ]

    for path in paths:
        ok(operator.http.get(path))
        ok(operator.http.get(path))  # cached responses count too

    found = entries(operator, "VIEW_DATA")
    assert {entry["subject"] for entry in found} == {f"loan:{loan['id']}"}
    assert {entry["actor_id"] for entry in found} == {operator.id}
    assert len(found) == 2 * len(paths)
    assert len({entry["details"]["route"] for entry in found}) == len(paths)


def test_dry_run_of_a_reschedule_is_a_view_of_the_loan(user_factory: UserFactory, operator: User) -> None:
    loan = funded_loan(user_factory.borrower(), user_factory.lender("5000.00"))
    path = f"/api/admin/loans/{loan['id']}/reschedule/"

    ok(operator.http.post(path, {"remaining_terms": 12, "dry_run": True}))

    [entry] = entries(operator, "VIEW_DATA")
    assert (entry["subject"], entry["details"]["route"]) == (
        f"loan:{loan['id']}",
        "POST /api/admin/loans/{id}/reschedule",
    )


def test_unchanged_access_still_shows_the_account_and_is_a_view(user_factory: UserFactory, operator: User) -> None:
    other = user_factory.registered(Role.ADMIN, name="carl")

    shown = ok(operator.http.patch(f"/api/admin/users/{other.id}/", {"disabled": False}))

    [entry] = entries(operator, "VIEW_DATA")
    assert shown.json["id"] == other.id
    assert (entry["subject"], entry["actor_id"]) == (f"user:{other.id}", operator.id)


def test_views_of_a_person_by_operators_are_audit_entries(
    user_factory: UserFactory, operator: User, clock: FixedClock
) -> None:
    john = user_factory.registered(Role.BORROWER, name="john_d")

    ok(operator.http.get("/api/admin/users/?q=john_d"))
    clock.advance(seconds=1)
    ok(operator.http.get(f"/api/admin/ledger/accounts/wallet%3A{john.id}/"))

    searched, wallet = entries(operator, "VIEW_DATA")

    assert (searched["subject"], searched["details"]["shown"]) == ("users", john.id)
    assert wallet["subject"] == f"user:{john.id}"


def test_lists_of_loans_name_the_loans_shown(user_factory: UserFactory, operator: User, clock: FixedClock) -> None:
    borrower = user_factory.borrower()
    first = open_loan(borrower)
    clock.advance(seconds=1)
    second = open_loan(borrower)

    ok(operator.http.get("/api/admin/loans/"))

    [entry] = entries(operator, "VIEW_DATA")
    assert (entry["subject"], entry["details"]["shown"]) == ("loans", f"{second['id']} {first['id']}")


def test_views_by_parties_leave_no_entry(user_factory: UserFactory, operator: User) -> None:
    borrower, lender = user_factory.borrower("500.00"), user_factory.lender("5000.00")
    loan = funded_loan(borrower, lender)

    for user in (borrower, lender):
        ok(user.http.get(f"/api/loans/{loan['id']}/"))
        ok(user.http.get(f"/api/loans/{loan['id']}/schedule/"))

    assert entries(operator, "VIEW_DATA") == []


# Retention.


def test_security_events_are_kept_for_the_retention_period(
    user_factory: UserFactory, tables: Storage, container: Container, clock: FixedClock
) -> None:
    user_factory.lender().http.post("/api/wallets/withdraw/", {"amount": "50.00"})

    [item] = tables.items("audit")

    kept = int(item["expires_at"]["N"]) - int(clock().timestamp())
    assert kept == container.settings.audit_retention.days * 86_400 >= 365 * 86_400


def test_operator_actions_never_expire(user_factory: UserFactory, operator: User, tables: Storage) -> None:
    john = user_factory.registered(Role.BORROWER)

    ok(operator.http.post(f"/api/admin/users/{john.id}/freeze/", {"reason": "Card was stolen"}))

    [item] = tables.items("audit")
    assert "expires_at" not in item


# Outages.


@contextmanager
def missing_audit_table(tables: Storage) -> Iterator[None]:
    tables.client.delete_table(TableName=f"{tables.prefix}audit")
    try:
        yield
    finally:
        create_tables(tables.client, tables.prefix)


def test_refusal_is_returned_even_if_it_cannot_be_recorded(user_factory: UserFactory, tables: Storage) -> None:
    lender = user_factory.lender("10.00")

    with missing_audit_table(tables):
        refused = lender.http.post("/api/wallets/withdraw/", {"amount": "50.00"})
        failed = user_factory.http.post("/api/users/login/", {"username": "marta_k", "password": "not-the-password"})

    assert (refused.status, refused.code) == (409, "insufficient_funds")
    assert (failed.status, failed.code) == (401, "wrong_login")


def test_data_is_not_shown_to_operators_if_the_view_cannot_be_recorded(
    user_factory: UserFactory, operator: User, tables: Storage
) -> None:
    loan = open_loan(user_factory.borrower())

    with missing_audit_table(tables):
        response = operator.http.get(f"/api/admin/loans/{loan['id']}/")

    assert response.status >= 500
    assert loan["id"].encode() not in response.body.replace(b"/api/admin/loans/" + loan["id"].encode(), b"")
