"""Only operators may call operator routes."""

from __future__ import annotations

from chalicelib.api.auth import AccessLevel
from chalicelib.api.routing import REGISTRY
from chalicelib.shared.actor import Role
from chalicelib.shared.ids import first_id_of
from tests.conftest import START
from tests.factories import User, UserFactory
from tests.http_client import HttpClient

ROUTES = [
    ("GET", "/api/admin/users"),
    ("POST", "/api/admin/users/{id}/freeze"),
    ("POST", "/api/admin/users/{id}/unfreeze"),
    ("GET", "/api/admin/loans"),
    ("GET", "/api/admin/loans/{id}"),
    ("GET", "/api/admin/ledger/trial-balance"),
    ("GET", "/api/admin/ledger/accounts/{id}"),
    ("GET", "/api/admin/audit"),
]


def with_id(path: str) -> str:
    return path.replace("{id}", first_id_of(START))


def test_all_admin_routes_declare_operator_access(http: HttpClient) -> None:
    declared = {(each.method, each.path): each.access for each in REGISTRY if each.path.startswith("/api/admin/")}

    assert set(ROUTES) <= set(declared)
    assert set(declared.values()) == {AccessLevel.OPERATOR}


def test_admin_routes_reject_borrowers_and_lenders(user_factory: UserFactory) -> None:
    for user in (user_factory.registered(Role.BORROWER), user_factory.registered(Role.LENDER)):
        for method, path in ROUTES:
            response = user.http.send(method, with_id(path), {"reason": ""} if method == "POST" else None)
            assert (response.status, response.code) == (403, "forbidden"), path


def test_trailing_slash_is_optional(operator: User) -> None:
    for method, path in ROUTES:
        plain, slashed = (
            operator.http.send(method, with_id(path) + slash, {} if method == "POST" else None) for slash in ("", "/")
        )
        assert plain.status == slashed.status, path
        assert plain.status in (200, 404, 422), path
