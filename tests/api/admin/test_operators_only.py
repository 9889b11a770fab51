"""Who may call what operators call."""

from __future__ import annotations

from chalicelib.api.auth import AccessLevel
from chalicelib.api.routing import REGISTRY
from chalicelib.shared.actor import Role
from chalicelib.shared.ids import first_id_of
from tests.conftest import START
from tests.factories import User, UserFactory
from tests.http_client import HttpClient

CALLS = [
    ("GET", "/api/admin/users"),
    ("POST", "/api/admin/users/{id}/freeze"),
    ("POST", "/api/admin/users/{id}/unfreeze"),
    ("GET", "/api/admin/loans"),
    ("GET", "/api/admin/loans/{id}"),
    ("GET", "/api/admin/ledger/trial-balance"),
    ("GET", "/api/admin/ledger/accounts/{id}"),
    ("GET", "/api/admin/audit"),
]


def filled(path: str) -> str:
    return path.replace("{id}", first_id_of(START))


def test_every_declared_operators_call_is_for_operators(http: HttpClient) -> None:
    declared = {(each.method, each.path): each.access for each in REGISTRY if each.path.startswith("/api/admin/")}

    assert set(CALLS) <= set(declared)
    assert set(declared.values()) == {AccessLevel.OPERATOR}


def test_a_stranger_is_asked_to_sign_in(http: HttpClient) -> None:
    for method, path in CALLS:
        answer = http.send(method, filled(path))
        assert (answer.status, answer.code) == (401, "not_authenticated"), path
        assert answer.headers["www-authenticate"] == "Bearer"


def test_borrowers_and_lenders_are_turned_away_whatever_they_send(user_factory: UserFactory) -> None:
    for person in (user_factory.registered(Role.BORROWER), user_factory.registered(Role.LENDER)):
        for method, path in CALLS:
            answer = person.http.send(method, filled(path), {"reason": ""} if method == "POST" else None)
            assert (answer.status, answer.code) == (403, "forbidden"), path


def test_paths_are_answered_with_and_without_a_trailing_slash(operator: User) -> None:
    for method, path in CALLS:
        plain, slashed = (
            operator.http.send(method, filled(path) + slash, {} if method == "POST" else None) for slash in ("", "/")
        )
        assert plain.status == slashed.status, path
        assert plain.status in (200, 404, 422), path
